//! From what a request asks for to what it is answered.

use std::collections::BTreeMap;

use dapr_secrets_api::{Answer, ApiError, Call, Kind, Metadata, Route, Token, describe};
use serde_json::json;

/// What this gateway is, and asks of callers. From its environment.
#[derive(Default)]
pub struct Settings {
    /// `DAPR_API_TOKEN`: what callers must send as `dapr-api-token`.
    pub token: Option<Token>,
    /// `DAPR_SECRET_STORE`: the one store name that there is. Without it every name means the
    /// store.
    pub store: Option<String>,
    /// `APP_ID`: the application that health checks may name. Without it every name is right.
    pub app_id: Option<String>,
}

impl Settings {
    /// Reads the variables; an empty one counts as not set.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        Self {
            token: set(Token::VARIABLE).map(Token::new),
            store: set("DAPR_SECRET_STORE"),
            app_id: set("APP_ID"),
        }
    }
}

/// The store behind the gateway: `dapr:secretstores/store`.
pub trait Store {
    /// The optional abilities.
    fn features(&self) -> Vec<String>;
    /// The data of one secret: keys and values.
    fn get(&self, name: &str, metadata: &Metadata) -> Result<Vec<(String, String)>, Failure>;
    /// All secrets.
    fn bulk_get(&self, metadata: &Metadata) -> Result<Vec<Secret>, Failure>;
}

/// One secret of many. It has no `Debug`: values are in it.
pub struct Secret {
    /// The name by which it can be asked for again.
    pub name: String,
    /// What the application receives: key and value.
    pub data: Vec<(String, String)>,
}

/// Why a store gave nothing.
#[derive(Debug)]
pub struct Failure {
    /// Who can mend it.
    pub kind: Kind,
    /// What happened and what to do next.
    pub message: String,
    /// The backend's own code.
    pub code: Option<String>,
    /// The backend's id of the request.
    pub request_id: Option<String>,
}

impl Failure {
    /// One line for people: kind, message, code and RequestId.
    pub fn describe(&self) -> String {
        let said = format!("{}: {}", self.kind, self.message);
        describe(&said, self.code.as_deref(), self.request_id.as_deref())
    }
}

/// The Secrets API of one store.
pub struct Gateway<S> {
    settings: Settings,
    store: S,
}

impl<S: Store> Gateway<S> {
    /// Answers from `store`.
    pub fn new(settings: Settings, store: S) -> Self {
        Self { settings, store }
    }

    /// What a request asks for, from its method, its path with query, and its header
    /// [`Token::HEADER`].
    ///
    /// # Errors
    /// The answer for one that asks for nothing that there is, or may not ask.
    pub fn route(&self, method: &str, target: &str, given: Option<&[u8]>) -> Result<Route, Answer> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Route::of(method, path, query, self.settings.token.as_ref(), given)
    }

    /// The answer to `route`, with the body that came with it if [`Route::wants_body`].
    pub fn answer(&self, route: Route, body: &[u8]) -> Answer {
        let answered = route.call(body).and_then(|call| self.result(call));
        answered.unwrap_or_else(Answer::from)
    }

    fn result(&self, call: Call) -> Result<Answer, ApiError> {
        match call {
            Call::Health { app_id } => {
                if let (Some(asked), Some(own)) = (app_id, &self.settings.app_id)
                    && asked != *own
                {
                    return Err(ApiError::other_app());
                }
                Ok(Answer::empty())
            }
            Call::OutboundHealth => Ok(Answer::empty()),
            Call::Get {
                store,
                key,
                metadata,
            } => {
                self.check_name(&store)?;
                let data = self
                    .store
                    .get(&key, &metadata)
                    .map_err(|why| ApiError::get(&store, &key, why.kind, &why.describe()))?;
                Ok(Answer::secret(pairs(&data)))
            }
            Call::Bulk { store, metadata } => {
                self.check_name(&store)?;
                let secrets = self
                    .store
                    .bulk_get(&metadata)
                    .map_err(|why| ApiError::bulk(&store, why.kind, &why.describe()))?;
                let named = secrets
                    .iter()
                    .map(|secret| (secret.name.as_str(), pairs(&secret.data)));
                Ok(Answer::secrets(named))
            }
            Call::Metadata => Ok(self.metadata()),
            // An instance lives for one request: nowhere to remember it, and nothing to end.
            Call::SetMetadata { .. } | Call::Shutdown => Err(ApiError::no_such_path()),
        }
    }

    fn check_name(&self, store: &str) -> Result<(), ApiError> {
        match &self.settings.store {
            Some(own) if own != store => Err(ApiError::unknown_store(store)),
            _ => Ok(()),
        }
    }

    /// SDKs ask for it to see whether the server is there.
    fn metadata(&self) -> Answer {
        let Settings { store, app_id, .. } = &self.settings;
        let component = json!({
            "name": store.as_deref().unwrap_or("secretstore"),
            "type": "secretstores.wasm",
            "version": "v1",
            "capabilities": self.store.features(),
        });
        let version = env!("CARGO_PKG_VERSION");
        let extended = BTreeMap::from([("daprRuntimeVersion".to_owned(), version.to_owned())]);
        let app_id = app_id.as_deref().unwrap_or_default();
        Answer::metadata(app_id, version, &[component], &extended)
    }
}

fn pairs(data: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    data.iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Two;

    fn data(value: &str) -> Vec<(String, String)> {
        vec![("key".to_owned(), value.to_owned())]
    }

    impl Store for Two {
        fn features(&self) -> Vec<String> {
            vec!["MULTIPLE_KEY_VALUES_PER_SECRET".to_owned()]
        }

        fn get(&self, name: &str, metadata: &Metadata) -> Result<Vec<(String, String)>, Failure> {
            match name {
                "one" => Ok(data(metadata.first().map_or("1", |(_, value)| value))),
                _ => Err(Failure {
                    kind: Kind::NotFound,
                    message: "check the name".to_owned(),
                    code: Some("NoSuch".to_owned()),
                    request_id: Some("r-1".to_owned()),
                }),
            }
        }

        fn bulk_get(&self, metadata: &Metadata) -> Result<Vec<Secret>, Failure> {
            if !metadata.is_empty() {
                return self.get("none", metadata).map(|_| Vec::new());
            }
            let secret = |name: &str, value| Secret {
                name: name.to_owned(),
                data: data(value),
            };
            Ok(vec![secret("one", "1"), secret("two", "2")])
        }
    }

    fn gateway(variables: &[(&str, &str)]) -> Gateway<Two> {
        let variable = |name: &str| {
            let mut found = variables.iter().filter(|(it, _)| *it == name);
            found.next().map(|(_, value)| (*value).to_owned())
        };
        Gateway::new(Settings::from_environment(variable), Two)
    }

    fn ask(gateway: &Gateway<Two>, target: &str, token: Option<&str>) -> (u16, String) {
        let route = gateway.route("GET", target, token.map(str::as_bytes));
        let answer = route.map_or_else(|answer| answer, |route| gateway.answer(route, b""));
        (answer.status, answer.body.to_string())
    }

    #[test]
    fn it_reads_one_secret_or_all() {
        let gateway = gateway(&[]);
        let one = ask(&gateway, "/v1.0/secrets/any/one", None);
        assert_eq!(one, (200, "{\"key\":\"1\"}\n".to_owned()));
        let version = ask(
            &gateway,
            "/v1.0/secrets/any/one?metadata.version_id=v2",
            None,
        );
        assert_eq!(version, (200, "{\"key\":\"v2\"}\n".to_owned()));
        let all = ask(&gateway, "/v1.0/secrets/any/bulk", None);
        let expected = "{\"one\":{\"key\":\"1\"},\"two\":{\"key\":\"2\"}}\n";
        assert_eq!(all, (200, expected.to_owned()));
    }

    #[test]
    fn a_failure_is_daprs_error_with_code_and_request_id() {
        let gateway = gateway(&[]);
        let (status, body) = ask(&gateway, "/v1.0/secrets/any/none", None);
        let why = "not-found: check the name; code NoSuch; RequestId r-1";
        assert!(
            status == 500 && body.contains("ERR_SECRET_GET") && body.contains(why),
            "{body}"
        );
        let (status, body) = ask(&gateway, "/v1.0/secrets/any/bulk?metadata.x=1", None);
        assert!(status == 500 && body.contains(why), "{body}");
    }

    #[test]
    fn a_named_store_has_no_other_name() {
        let gateway = gateway(&[("DAPR_SECRET_STORE", "tencent")]);
        assert_eq!(ask(&gateway, "/v1.0/secrets/tencent/one", None).0, 200);
        for path in ["/v1.0/secrets/other/one", "/v1.0/secrets/other/bulk"] {
            let (status, body) = ask(&gateway, path, None);
            assert_eq!(status, 401);
            assert!(body.contains("ERR_SECRET_STORE_NOT_FOUND"), "{body}");
        }
    }

    #[test]
    fn a_token_is_asked_for_where_one_is_set() {
        let gateway = gateway(&[("DAPR_API_TOKEN", "t")]);
        assert_eq!(ask(&gateway, "/v1.0/secrets/s/one", None).0, 401);
        assert_eq!(ask(&gateway, "/v1.0/secrets/s/one", Some("x")).0, 401);
        assert_eq!(ask(&gateway, "/v1.0/secrets/s/one", Some("t")).0, 200);
        assert_eq!(ask(&gateway, "/v1.0/healthz", None).0, 204);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let gateway = gateway(&[("DAPR_API_TOKEN", ""), ("DAPR_SECRET_STORE", "")]);
        assert_eq!(ask(&gateway, "/v1.0/secrets/s/one", None).0, 200);
    }

    #[test]
    fn what_sdks_ask_first_is_answered() {
        let gateway = gateway(&[("APP_ID", "shop")]);
        assert_eq!(ask(&gateway, "/v1.0/healthz/outbound", None).0, 204);
        assert_eq!(ask(&gateway, "/v1.0/healthz?appid=shop", None).0, 204);
        assert_eq!(ask(&gateway, "/v1.0/healthz?appid=other", None).0, 500);
        let (status, body) = ask(&gateway, "/v1.0/metadata", None);
        assert!(
            status == 200 && body.contains("MULTIPLE_KEY_VALUES_PER_SECRET"),
            "{body}"
        );
        assert_eq!(ask(&gateway, "/v1.0/state/s", None).0, 404);
    }
}

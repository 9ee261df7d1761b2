//! What a request asks for.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::{
    Metadata,
    answer::Answer,
    error::ApiError,
    path::{metadata, parameter, segments, unescape},
    token::Token,
};

/// A request whose line was read: what it asks for, and what its body is for.
#[derive(Debug, PartialEq, Eq)]
pub struct Route(Wants);

/// A call, and what becomes of the body that comes with it.
#[derive(Debug, PartialEq, Eq)]
enum Wants {
    /// It is not looked at.
    Nothing(Call),
    /// A JSON object or nothing, on which daprd insists for secrets. What stands in the path and
    /// the query counts.
    Object(Call),
    /// The value to remember under `key`.
    Value { key: String },
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Call {
    /// Whether the server, and the application named here, is well.
    Health {
        /// The application that the caller means.
        app_id: Option<String>,
    },
    /// Whether stores can be called.
    OutboundHealth,
    /// One secret.
    Get {
        /// The store's name.
        store: String,
        /// The secret's name.
        key: String,
        /// The parameters of this request.
        metadata: Metadata,
    },
    /// All secrets of a store.
    Bulk {
        /// The store's name.
        store: String,
        /// The parameters of this request.
        metadata: Metadata,
    },
    /// What is served.
    Metadata,
    /// To remember a value under a key of the metadata.
    SetMetadata {
        /// The key.
        key: String,
        /// The value: the body.
        value: String,
    },
    /// To end the server.
    Shutdown,
}

impl Route {
    /// Reads a request: its method, and its path and query as they were sent. With `token`, all
    /// but health checks must bring it as `given`, the value of [`Token::HEADER`].
    /// [`Route::call`] is the next step.
    ///
    /// # Errors
    /// The answer for a request that asks for nothing that there is, or may not ask.
    pub fn of(
        method: &str,
        path: &str,
        query: &str,
        token: Option<&Token>,
        given: Option<&[u8]>,
    ) -> Result<Self, Answer> {
        let segments = segments(path);
        if method == "GET"
            && let ["v1.0", "healthz", rest @ ..] = segments.as_slice()
        {
            match rest {
                [] => {
                    let app_id = parameter(query, "appid");
                    return Ok(Self(Wants::Nothing(Call::Health { app_id })));
                }
                ["outbound"] => return Ok(Self(Wants::Nothing(Call::OutboundHealth))),
                _ => {}
            }
        }
        if token.is_some_and(|token| !token.is(given)) {
            return Err(Answer::unauthorized());
        }
        let plain = |segment| unescape(segment).ok_or_else(Answer::not_unescaped);
        match (method, segments.as_slice()) {
            ("GET", ["v1.0", "secrets", store, key]) => {
                let (store, metadata) = (plain(store)?, metadata(query));
                // Only as it stands: with an escape in it, it is a secret's name.
                let call = if *key == "bulk" {
                    Call::Bulk { store, metadata }
                } else {
                    Call::Get {
                        store,
                        key: plain(key)?,
                        metadata,
                    }
                };
                Ok(Self(Wants::Object(call)))
            }
            ("GET", ["v1.0", "metadata"]) => Ok(Self(Wants::Nothing(Call::Metadata))),
            ("POST", ["v1.0", "shutdown"]) => Ok(Self(Wants::Nothing(Call::Shutdown))),
            ("PUT", ["v1.0", "metadata", key]) => Ok(Self(Wants::Value { key: plain(key)? })),
            _ => Err(ApiError::no_such_path().into()),
        }
    }

    /// Whether the body has to be read, up to [`MAX_BODY`](crate::MAX_BODY) bytes or what the
    /// operator says.
    pub fn wants_body(&self) -> bool {
        !matches!(self.0, Wants::Nothing(_))
    }

    /// The call, once its body is there: nothing where none was wanted.
    ///
    /// # Errors
    /// [`ApiError::malformed`] if the body is not what it should be.
    pub fn call(self, body: &[u8]) -> Result<Call, ApiError> {
        match self.0 {
            Wants::Nothing(call) => Ok(call),
            Wants::Object(call) => {
                if !body.is_empty() {
                    serde_json::from_slice::<Object>(body)
                        .map_err(|_| ApiError::malformed("it is not a JSON object"))?;
                }
                Ok(call)
            }
            Wants::Value { key } => {
                let value = str::from_utf8(body)
                    .map_err(|_| ApiError::malformed("the value is not UTF-8"))?
                    .to_owned();
                Ok(Call::SetMetadata { key, value })
            }
        }
    }
}

/// A JSON object of which nothing is kept.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(method: &str, path: &str, query: &str) -> Result<Call, u16> {
        let route = Route::of(method, path, query, None, None).map_err(|answer| answer.status)?;
        route.call(b"").map_err(|error| error.http)
    }

    #[test]
    fn the_paths_of_the_secrets_api_are_known() {
        let (store, metadata) = ("s".to_owned(), vec![("version_id".into(), "v1".into())]);
        let get = Call::Get {
            store: store.clone(),
            key: "a/b".to_owned(),
            metadata: metadata.clone(),
        };
        let query = "metadata.version_id=v1";
        assert_eq!(open("GET", "/v1.0/secrets/s/a%2Fb", query), Ok(get));
        let bulk = Call::Bulk { store, metadata };
        assert_eq!(open("GET", "/v1.0/secrets/s/bulk", query), Ok(bulk));
        assert_eq!(open("GET", "/v1.0/metadata", ""), Ok(Call::Metadata));
        let key = "a b".to_owned();
        let value = String::new();
        let set = Call::SetMetadata { key, value };
        assert_eq!(open("PUT", "/v1.0/metadata/a%20b", ""), Ok(set));
        assert_eq!(open("POST", "/v1.0/shutdown", ""), Ok(Call::Shutdown));
        let app_id = Some("me".to_owned());
        let health = Call::Health { app_id };
        assert_eq!(open("GET", "/v1.0/healthz", "appid=me"), Ok(health));
        assert_eq!(
            open("GET", "/v1.0/healthz/outbound", ""),
            Ok(Call::OutboundHealth)
        );
    }

    #[test]
    fn an_escaped_bulk_is_a_secrets_name() {
        for path in ["/v1.0/secrets/s/b%75lk", "/v1.0/secrets/s/%62ulk/"] {
            let call = open("GET", path, "");
            assert!(matches!(call, Ok(Call::Get { key, .. }) if key == "bulk"));
        }
        let call = open("GET", "/v1.0//secrets/%73/./bulk/", "");
        assert!(matches!(call, Ok(Call::Bulk { store, .. }) if store == "s"));
    }

    #[test]
    fn what_is_not_known_or_not_escaped_is_refused() {
        for (method, path) in [
            ("GET", "/v1.0/shutdown"),
            ("GET", "/v1.0/s%65crets/s/k"),
            ("POST", "/v1.0/secrets/s/k"),
            ("HEAD", "/v1.0/secrets/s/k"),
            ("GET", "/v1.0/secrets/s"),
            ("GET", "/v1.0/secrets/s/k/more"),
            ("GET", "/v1.0/healthz/other"),
            ("GET", "/"),
            ("GET", ""),
        ] {
            assert_eq!(open(method, path, ""), Err(404), "{method} {path}");
        }
        assert_eq!(open("GET", "/v1.0/secrets/s/100%", ""), Err(400));
    }

    #[test]
    fn all_but_health_needs_the_token() {
        let token = Token::new("t".to_owned());
        let ask = |path, given: Option<&str>| {
            let given = given.map(str::as_bytes);
            Route::of("GET", path, "", Some(&token), given).map_err(|answer| answer.status)
        };
        assert!(ask("/v1.0/healthz", None).is_ok());
        assert!(ask("/v1.0/healthz/outbound", None).is_ok());
        for path in ["/v1.0/secrets/s/k", "/v1.0/metadata", "/other"] {
            assert_eq!(ask(path, None), Err(401));
            assert_eq!(ask(path, Some("x")), Err(401));
        }
        assert!(ask("/v1.0/secrets/s/k", Some("t")).is_ok());
    }

    #[test]
    fn a_body_is_a_json_object_or_nothing() {
        let with = |method, path, body: &[u8]| {
            let route = Route::of(method, path, "", None, None).ok().unwrap();
            route.call(body).map_err(|error| error.http)
        };
        let get = |body: &str| with("GET", "/v1.0/secrets/s/k", body.as_bytes());
        assert!(get("").is_ok() && get("{\"a\":1}").is_ok());
        assert!(get("{\"a\":{\"b\":[1,\"\\u0041\",null]},\"c\":{}} ").is_ok());
        for wrong in ["[]", "x", "{", "{} {}", "{\"a\":[}", "{1:2}"] {
            assert_eq!(get(wrong), Err(400));
        }
        let set = |body| with("PUT", "/v1.0/metadata/k", body);
        let (key, value) = ("k".to_owned(), "[]".to_owned());
        assert_eq!(set(b"[]"), Ok(Call::SetMetadata { key, value }));
        assert_eq!(set(b"\xff"), Err(400));
    }

    #[test]
    fn a_body_is_read_only_where_it_counts() {
        for (method, path, wanted) in [
            ("GET", "/v1.0/secrets/s/k", true),
            ("GET", "/v1.0/secrets/s/bulk", true),
            ("PUT", "/v1.0/metadata/k", true),
            ("GET", "/v1.0/metadata", false),
            ("GET", "/v1.0/healthz", false),
        ] {
            let route = Route::of(method, path, "", None, None).ok().unwrap();
            assert_eq!(route.wants_body(), wanted, "{method} {path}");
        }
    }
}

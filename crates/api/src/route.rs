//! What a request asks for.

use serde_json::{Map, Value};

use crate::{
    Metadata,
    answer::Answer,
    error::ApiError,
    path::{metadata, parameter, segments, unescape},
    token::Token,
};

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Route {
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
    /// To remember the body under a key of the metadata.
    SetMetadata {
        /// The key.
        key: String,
    },
}

impl Route {
    /// Reads a request: its method, and its path and query as they were sent. With `token`, all
    /// but health checks must bring it as `given`, the value of [`Token::HEADER`].
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
                    return Ok(Self::Health { app_id });
                }
                ["outbound"] => return Ok(Self::OutboundHealth),
                _ => {}
            }
        }
        if token.is_some_and(|token| !token.is(given)) {
            return Err(Answer::unauthorized());
        }
        let plain = |segment| unescape(segment).ok_or_else(Answer::not_unescaped);
        match (method, segments.as_slice()) {
            ("GET", ["v1.0", "secrets", store, key]) => {
                let (store, key) = (plain(store)?, plain(key)?);
                let metadata = metadata(query);
                Ok(if key == "bulk" {
                    Self::Bulk { store, metadata }
                } else {
                    Self::Get {
                        store,
                        key,
                        metadata,
                    }
                })
            }
            ("GET", ["v1.0", "metadata"]) => Ok(Self::Metadata),
            ("PUT", ["v1.0", "metadata", key]) => Ok(Self::SetMetadata { key: plain(key)? }),
            _ => Err(ApiError::no_such_path().into()),
        }
    }

    /// Whether the body counts. Nothing needs to be read for the others.
    pub fn has_body(&self) -> bool {
        matches!(
            self,
            Self::Get { .. } | Self::Bulk { .. } | Self::SetMetadata { .. }
        )
    }

    /// Checks the body of a request for secrets: daprd reads it too, and what stands in the path
    /// and the query wins.
    ///
    /// # Errors
    /// If there is one that is no JSON object.
    pub fn check_body(body: &[u8]) -> Result<(), ApiError> {
        if body.is_empty() {
            return Ok(());
        }
        let parsed = serde_json::from_slice::<Map<String, Value>>(body);
        parsed
            .map(drop)
            .map_err(|_| ApiError::malformed("it is not a JSON object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(method: &str, path: &str, query: &str) -> Result<Route, u16> {
        Route::of(method, path, query, None, None).map_err(|answer| answer.status)
    }

    #[test]
    fn the_paths_of_the_secrets_api_are_known() {
        let (store, metadata) = ("s".to_owned(), vec![("version_id".into(), "v1".into())]);
        let get = Route::Get {
            store: store.clone(),
            key: "a/b".to_owned(),
            metadata: metadata.clone(),
        };
        let query = "metadata.version_id=v1";
        assert_eq!(open("GET", "/v1.0/secrets/s/a%2Fb", query), Ok(get));
        let bulk = Route::Bulk { store, metadata };
        assert_eq!(open("GET", "/v1.0/secrets/s/bulk", query), Ok(bulk));
        assert_eq!(open("GET", "/v1.0/metadata", ""), Ok(Route::Metadata));
        let key = "a b".to_owned();
        let set = Route::SetMetadata { key };
        assert_eq!(open("PUT", "/v1.0/metadata/a%20b", ""), Ok(set));
        let app_id = Some("me".to_owned());
        let health = Route::Health { app_id };
        assert_eq!(open("GET", "/v1.0/healthz", "appid=me"), Ok(health));
        assert_eq!(
            open("GET", "/v1.0/healthz/outbound", ""),
            Ok(Route::OutboundHealth)
        );
    }

    #[test]
    fn what_is_not_known_or_not_escaped_is_refused() {
        for (method, path) in [
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
        assert_eq!(Route::check_body(b""), Ok(()));
        assert_eq!(Route::check_body(b"{\"a\":1}"), Ok(()));
        for wrong in ["[]", "x", "{"] {
            assert_eq!(Route::check_body(wrong.as_bytes()).unwrap_err().http, 400);
        }
    }
}

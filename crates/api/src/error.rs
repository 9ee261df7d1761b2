//! Dapr's errors of its Secrets API.

use crate::kind::{Kind, code};

/// An error as Dapr answers it, over HTTP and gRPC
/// (<https://github.com/dapr/dapr/blob/v1.16.0/pkg/messages/predefined.go>).
#[derive(Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The status over HTTP.
    pub http: u16,
    /// The code over gRPC (<https://grpc.io/docs/guides/status-codes/>).
    pub grpc: u8,
    /// Dapr's `errorCode`.
    pub code: &'static str,
    /// What happened, for people.
    pub message: String,
    /// Why a store failed: what Dapr does not tell.
    pub kind: Option<Kind>,
}

impl ApiError {
    fn new(http: u16, grpc: u8, code: &'static str, message: String) -> Self {
        Self {
            http,
            grpc,
            code,
            message,
            kind: None,
        }
    }

    /// There is no store at all.
    pub fn no_stores() -> Self {
        Self::new(
            500,
            code::FAILED_PRECONDITION,
            "ERR_SECRET_STORES_NOT_CONFIGURED",
            "secret store is not configured".to_owned(),
        )
    }

    /// There is no store of this name.
    pub fn unknown_store(store: &str) -> Self {
        Self::new(
            401,
            code::INVALID_ARGUMENT,
            "ERR_SECRET_STORE_NOT_FOUND",
            format!("failed finding secret store with key {store}"),
        )
    }

    /// Scopes do not let this secret be read.
    pub fn denied(store: &str, key: &str) -> Self {
        Self::new(
            403,
            code::PERMISSION_DENIED,
            "ERR_PERMISSION_DENIED",
            format!("access denied by policy to get {key:?} from {store:?}"),
        )
    }

    /// A store did not give one secret; `why` as of [`describe`].
    pub fn get(store: &str, key: &str, kind: Kind, why: &str) -> Self {
        Self::failed(&format!("secret with key {key}"), store, kind, why)
    }

    /// A store did not give its secrets; `why` as of [`describe`].
    pub fn bulk(store: &str, kind: Kind, why: &str) -> Self {
        Self::failed("secrets", store, kind, why)
    }

    fn failed(what: &str, store: &str, kind: Kind, why: &str) -> Self {
        let message = format!("failed getting {what} from secret store {store}: {why}");
        let (status, error_code) = kind.http();
        let mut error = Self::new(status, code::INTERNAL, error_code, message);
        error.kind = Some(kind);
        error
    }

    /// A body that cannot be used.
    pub fn malformed(why: &str) -> Self {
        Self::new(
            400,
            code::INVALID_ARGUMENT,
            "ERR_MALFORMED_REQUEST",
            format!("failed deserializing HTTP body: {why}"),
        )
    }

    /// A request for a name that anybody may have made to mean this machine. daprd does not look at
    /// it.
    pub fn unknown_host(name: &str) -> Self {
        Self::new(
            403,
            code::PERMISSION_DENIED,
            "ERR_PERMISSION_DENIED",
            format!(
                "the request is for the host {name:?}, which is no name of this server: use its \
                 address or localhost; if the name is yours, start the server with --allowed-host \
                 and the name"
            ),
        )
    }

    /// More metadata than is kept; `why` says what there is no room for. daprd keeps all.
    pub fn metadata_full(why: &str) -> Self {
        Self::new(
            413,
            code::RESOURCE_EXHAUSTED,
            "ERR_MALFORMED_REQUEST",
            format!("the metadata is full: {why}"),
        )
    }

    /// What daprd says of every path that it does not know.
    pub fn no_such_path() -> Self {
        Self::new(
            404,
            code::NOT_FOUND,
            "ERR_DIRECT_INVOKE",
            "failed getting app id either from the URL path or the header dapr-app-id".to_owned(),
        )
    }

    /// A health check for another application.
    pub fn other_app() -> Self {
        Self::new(
            500,
            code::INTERNAL,
            "ERR_HEALTH_APPID_NOT_MATCH",
            "dapr app-id does not match".to_owned(),
        )
    }

    /// A health check while the server starts or ends.
    pub fn not_ready() -> Self {
        Self::new(
            500,
            code::INTERNAL,
            "ERR_HEALTH_NOT_READY",
            "dapr is not ready".to_owned(),
        )
    }

    /// A check of what applications call, while the server starts or ends.
    pub fn outbound_not_ready() -> Self {
        Self::new(
            500,
            code::INTERNAL,
            "ERR_OUTBOUND_HEALTH_NOT_READY",
            "dapr outbound is not ready".to_owned(),
        )
    }
}

/// A store's error on one line for people: what happened, what to do next, and the backend's code
/// and RequestId where it gave them and `said` does not have them already.
pub fn describe(said: &str, code: Option<&str>, request_id: Option<&str>) -> String {
    let mut text = said.to_owned();
    for (name, value) in [("code", code), ("RequestId", request_id)] {
        if let Some(value) = value
            && !said.contains(value)
        {
            text.push_str(&format!("; {name} {value}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_request_id_are_said_once() {
        let said = "not-found: no secret db (ResourceNotFound): check the name";
        assert_eq!(
            describe(said, Some("ResourceNotFound"), Some("r-1")),
            format!("{said}; RequestId r-1")
        );
        assert_eq!(describe("timeout: x", None, None), "timeout: x");
    }
}

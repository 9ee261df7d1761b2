//! Dapr's errors of its Secrets API, over HTTP and gRPC.

use http::StatusCode;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{
    codes,
    types::{CallError, ErrorKind},
};

/// An error as Dapr answers it
/// (<https://github.com/dapr/dapr/blob/v1.16.0/pkg/messages/predefined.go>).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) http: StatusCode,
    pub(super) grpc: Code,
    /// Dapr's `errorCode`.
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Why a store failed: what Dapr does not tell.
    pub(super) kind: Option<ErrorKind>,
}

impl ApiError {
    fn new(http: StatusCode, grpc: Code, code: &'static str, message: String) -> Self {
        Self {
            http,
            grpc,
            code,
            message,
            kind: None,
        }
    }

    pub(super) fn no_stores() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::FailedPrecondition,
            "ERR_SECRET_STORES_NOT_CONFIGURED",
            "secret store is not configured".to_owned(),
        )
    }

    pub(super) fn unknown_store(store: &str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Code::InvalidArgument,
            "ERR_SECRET_STORE_NOT_FOUND",
            format!("failed finding secret store with key {store}"),
        )
    }

    pub(super) fn denied(store: &str, key: &str) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            Code::PermissionDenied,
            "ERR_PERMISSION_DENIED",
            format!("access denied by policy to get {key:?} from {store:?}"),
        )
    }

    pub(super) fn get(store: &str, key: &str, why: &CallError) -> Self {
        let what = format!("secret with key {key}");
        Self::failed(&what, store, &why.describe(), why.kind())
    }

    pub(super) fn bulk(store: &str, why: &CallError) -> Self {
        Self::failed("secrets", store, &why.describe(), why.kind())
    }

    /// An answer that gRPC clients would drop.
    pub(super) fn too_long(store: &str, why: &str) -> Self {
        Self::failed("secrets", store, why, ErrorKind::InvalidRequest)
    }

    fn failed(what: &str, store: &str, why: &str, kind: ErrorKind) -> Self {
        let message = format!("failed getting {what} from secret store {store}: {why}");
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "ERR_SECRET_GET",
            message,
        );
        error.kind = Some(kind);
        error
    }

    pub(super) fn malformed(why: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            Code::InvalidArgument,
            "ERR_MALFORMED_REQUEST",
            format!("failed deserializing HTTP body: {why}"),
        )
    }

    /// What daprd says of every path that it does not know.
    pub(super) fn no_such_path() -> Self {
        let why = "failed getting app id either from the URL path or the header dapr-app-id";
        Self::new(
            StatusCode::NOT_FOUND,
            Code::NotFound,
            "ERR_DIRECT_INVOKE",
            why.to_owned(),
        )
    }

    pub(super) fn other_app() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "ERR_HEALTH_APPID_NOT_MATCH",
            "dapr app-id does not match".to_owned(),
        )
    }

    pub(super) fn not_ready() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "ERR_HEALTH_NOT_READY",
            "dapr is not ready".to_owned(),
        )
    }

    pub(super) fn outbound_not_ready() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "ERR_OUTBOUND_HEALTH_NOT_READY",
            "dapr outbound is not ready".to_owned(),
        )
    }

    /// As gRPC; `google.rpc.ErrorInfo` has the kind, or else Dapr's code, as its reason.
    pub(super) fn status(&self) -> Status {
        let details = self.kind.map_or_else(
            || ErrorDetails::with_error_info(self.code, codes::DOMAIN, []),
            codes::details,
        );
        Status::with_error_details(self.grpc, self.message.clone(), details)
    }
}

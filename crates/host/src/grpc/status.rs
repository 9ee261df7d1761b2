//! What callers over HTTP and gRPC are told of an error: one table for all fronts.

use dapr_secrets_api::describe;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::types::{CallError, ErrorKind};

/// The `domain` of `google.rpc.ErrorInfo`, as Dapr's own.
pub(crate) const DOMAIN: &str = "dapr.io";

impl CallError {
    /// What happened, in the contract's terms: the store's own kind, or the nearest to what the
    /// host saw.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Store(error) => error.kind,
            Self::TimedOut(_) => ErrorKind::Timeout,
            Self::NoInstance(_) => ErrorKind::Unavailable,
            Self::Trap(_) | Self::Lost => ErrorKind::Internal,
        }
    }

    /// One line for people: what happened, what to do next, and the backend's code and RequestId
    /// where it gave them.
    pub fn describe(&self) -> String {
        let said = self.to_string();
        match self {
            Self::Store(error) => {
                describe(&said, error.code.as_deref(), error.request_id.as_deref())
            }
            _ => said,
        }
    }

    /// The gRPC status for it, with the kind in `google.rpc.ErrorInfo`.
    pub(crate) fn status(&self) -> Status {
        let kind = self.kind();
        Status::with_error_details(grpc_code(kind), self.describe(), details(kind.name()))
    }
}

/// `google.rpc.ErrorInfo` with the kind as the reason, such as `NOT_FOUND`.
pub(crate) fn details(kind: &str) -> ErrorDetails {
    let reason = kind.to_ascii_uppercase().replace('-', "_");
    ErrorDetails::with_error_info(reason, DOMAIN, [])
}

/// The gRPC code of each kind.
fn grpc_code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::InvalidConfig => Code::FailedPrecondition,
        ErrorKind::InvalidRequest => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Throttled => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Timeout => Code::DeadlineExceeded,
        ErrorKind::Internal => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::types::StoreError;

    #[test]
    fn a_status_has_the_code_of_its_kind_and_says_code_and_request_id_once() {
        let error = CallError::Store(StoreError {
            kind: ErrorKind::NotFound,
            message: "no secret db (ResourceNotFound): check the name".to_owned(),
            code: Some("ResourceNotFound".to_owned()),
            request_id: Some("r-1".to_owned()),
            retryable: false,
        });
        let status = error.status();
        assert_eq!(status.code(), Code::NotFound);
        let said = "not-found: no secret db (ResourceNotFound): check the name; RequestId r-1";
        assert_eq!(status.message(), said);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "NOT_FOUND");
    }

    #[test]
    fn what_the_host_saw_has_a_kind_too() {
        for (error, code) in [
            (CallError::TimedOut(Duration::ZERO), Code::DeadlineExceeded),
            (CallError::Trap("unreachable".to_owned()), Code::Internal),
            (CallError::NoInstance(String::new()), Code::Unavailable),
        ] {
            assert_eq!(error.status().code(), code);
        }
    }

    #[test]
    fn the_contracts_page_has_the_same_table() {
        let page = include_str!("../../../wit/README.md");
        for kind in [
            ErrorKind::InvalidConfig,
            ErrorKind::InvalidRequest,
            ErrorKind::NotFound,
            ErrorKind::PermissionDenied,
            ErrorKind::Unauthenticated,
            ErrorKind::Throttled,
            ErrorKind::Unavailable,
            ErrorKind::Timeout,
            ErrorKind::Internal,
        ] {
            let details = details(kind.name());
            let reason = &details.error_info().unwrap().reason;
            let row = format!("| `{kind}` | {:?} | {reason} |", grpc_code(kind));
            assert!(page.contains(&row), "{row}");
        }
    }
}

//! From the error kinds to what callers over gRPC are told: codes and `google.rpc.ErrorInfo`.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::contract::{CallError, Kind};

/// The `domain` of `google.rpc.ErrorInfo`, as Dapr's own.
pub(crate) const DOMAIN: &str = "dapr.io";

/// The status for `why`, with the kind in `google.rpc.ErrorInfo`.
pub(crate) fn status(why: &CallError) -> Status {
    let kind = why.kind();
    Status::with_error_details(code(kind), why.describe(), details(kind))
}

/// The gRPC code of `kind`.
pub(crate) fn code(kind: Kind) -> Code {
    Code::from_i32(kind.grpc().into())
}

/// `google.rpc.ErrorInfo` with the kind as the reason, such as `NOT_FOUND`.
pub(crate) fn details(kind: Kind) -> ErrorDetails {
    let reason = kind.name().to_ascii_uppercase().replace('-', "_");
    ErrorDetails::with_error_info(reason, DOMAIN, [])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::contract::StoreError;

    #[test]
    fn a_status_has_the_code_of_its_kind_and_says_code_and_request_id_once() {
        let error = CallError::Store(StoreError {
            kind: Kind::NotFound,
            message: "no secret db (ResourceNotFound): check the name".to_owned(),
            code: Some("ResourceNotFound".to_owned()),
            request_id: Some("r-1".to_owned()),
            retryable: false,
        });
        let status = status(&error);
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
            (CallError::NoInstance, Code::ResourceExhausted),
        ] {
            assert_eq!(status(&error).code(), code);
        }
    }

    #[test]
    fn the_contracts_page_has_the_same_table() {
        let page = include_str!("../../../../wit/README.md");
        for kind in Kind::ALL {
            let details = details(kind);
            let reason = &details.error_info().unwrap().reason;
            let row = format!("| `{kind}` | {:?} | {reason} |", code(kind));
            assert!(page.contains(&row), "{row}");
        }
    }
}

//! SSM's error codes: the one table of what they mean.

use crate::error::ErrorKind;

/// What an error code of SSM's means: who can mend it, whether a retry may help, what to do.
pub(crate) struct Meaning {
    pub(crate) kind: ErrorKind,
    pub(crate) retryable: bool,
    pub(crate) advice: &'static str,
}

/// The meaning of `code`, which matches its own row and, failing that, the row of its first part.
///
/// Codes: <https://www.tencentcloud.com/document/product/1078/38658> and the lists of the
/// official SDKs.
pub(crate) fn meaning(code: &str) -> Meaning {
    use ErrorKind::*;
    let (kind, retryable, advice) = match code {
        "ResourceUnavailable.ResourceDisabled" => (NotFound, false, "enable the secret in SSM"),
        "ResourceUnavailable.ResourcePendingDeleted" => (
            NotFound,
            false,
            "the secret is about to be deleted; restore it in SSM",
        ),
        "ResourceUnavailable.ResourceUninitialized" => (
            Unavailable,
            true,
            "the secret is still being created; try again later",
        ),
        "FailedOperation.AccessKmsError" | "UnauthorizedOperation.AccessKmsError" => (
            PermissionDenied,
            false,
            "let SSM use the KMS key of this secret, and check that the key is enabled",
        ),
        "AuthFailure.UnauthorizedOperation" => (PermissionDenied, false, CAM_ADVICE),
        "AuthFailure.SignatureExpire" => (
            Unauthenticated,
            false,
            "the clock here and SSM's are more than five minutes apart; set the clock (NTP)",
        ),
        "AuthFailure.TokenFailure" => (
            Unauthenticated,
            false,
            "the temporary credentials are wrong or have expired; supply new ones",
        ),
        "AuthFailure.SecretIdNotFound" | "AuthFailure.InvalidSecretId" => (
            Unauthenticated,
            false,
            "check secretId: it is unknown, disabled or deleted",
        ),
        "AuthFailure.SignatureFailure" => (
            Unauthenticated,
            false,
            "check secretKey: it does not belong to secretId, or the runtime changes or leaves out the \
             Host header, which is signed (wasmtime 48.0.0 does)",
        ),
        "UnsupportedRegion" => (InvalidConfig, false, "check region: SSM does not serve it"),
        "IpInBlacklist" | "IpNotInWhitelist" => {
            (PermissionDenied, false, "the account refuses this address")
        }
        "InvalidAction" | "NoSuchVersion" | "NoSuchProduct" | "ActionOffline" => (
            InvalidConfig,
            false,
            "check endpoint: what answers is not SSM",
        ),
        _ => match code.split('.').next().unwrap_or_default() {
            "ResourceNotFound" => (
                NotFound,
                false,
                "check the name, the version and the region",
            ),
            "ResourceUnavailable" => (
                Unavailable,
                false,
                "check in the console that SSM is switched on and paid for",
            ),
            "UnauthorizedOperation" => (PermissionDenied, false, CAM_ADVICE),
            "OperationDenied" => (
                PermissionDenied,
                false,
                "check in the console that SSM has its service role",
            ),
            "AuthFailure" => (
                Unauthenticated,
                false,
                "check secretId, secretKey and token",
            ),
            "InvalidParameterValue"
            | "InvalidParameter"
            | "MissingParameter"
            | "UnknownParameter" => (InvalidRequest, false, "check the name and the version"),
            "RequestLimitExceeded" => (Throttled, true, "call less often, or try again later"),
            "InternalError" | "FailedOperation" | "ServiceUnavailable" => {
                (Unavailable, true, "try again later")
            }
            _ => (Internal, false, "look the code up in SSM's documentation"),
        },
    };
    Meaning {
        kind,
        retryable,
        advice,
    }
}

const CAM_ADVICE: &str = "allow the action for this secret in the CAM policy of the key";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_reference_says() {
        use ErrorKind::*;
        for (code, kind, retryable) in [
            ("ResourceNotFound", NotFound, false),
            ("ResourceNotFound.SecretNotExist", NotFound, false),
            ("ResourceUnavailable.ResourceDisabled", NotFound, false),
            (
                "ResourceUnavailable.ResourcePendingDeleted",
                NotFound,
                false,
            ),
            (
                "ResourceUnavailable.ResourceUninitialized",
                Unavailable,
                true,
            ),
            ("ResourceUnavailable.NotPurchased", Unavailable, false),
            ("ResourceUnavailable", Unavailable, false),
            ("UnauthorizedOperation", PermissionDenied, false),
            ("AuthFailure.UnauthorizedOperation", PermissionDenied, false),
            (
                "UnauthorizedOperation.AccessKmsError",
                PermissionDenied,
                false,
            ),
            ("FailedOperation.AccessKmsError", PermissionDenied, false),
            ("OperationDenied.RoleNotExist", PermissionDenied, false),
            ("InvalidParameterValue", InvalidRequest, false),
            ("MissingParameter", InvalidRequest, false),
            ("FailedOperation", Unavailable, true),
            ("InternalError", Unavailable, true),
            ("ServiceUnavailable", Unavailable, true),
            ("RequestLimitExceeded", Throttled, true),
            ("RequestLimitExceeded.UinLimitExceeded", Throttled, true),
            ("LimitExceeded", Internal, false),
            ("AuthFailure", Unauthenticated, false),
            ("AuthFailure.SignatureExpire", Unauthenticated, false),
            ("AuthFailure.SecretIdNotFound", Unauthenticated, false),
            ("AuthFailure.MFAFailure", Unauthenticated, false),
            ("UnsupportedRegion", InvalidConfig, false),
            ("InvalidAction", InvalidConfig, false),
            ("IpNotInWhitelist", PermissionDenied, false),
            ("SomethingNew.Entirely", Internal, false),
            ("", Internal, false),
        ] {
            let meaning = meaning(code);
            assert_eq!(
                (meaning.kind, meaning.retryable),
                (kind, retryable),
                "{code}"
            );
            assert!(!meaning.advice.is_empty());
        }
    }
}

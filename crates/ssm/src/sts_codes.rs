//! STS's error codes: <https://www.tencentcloud.com/document/product/1150/49443>.

use crate::{
    codes::{self, Meaning},
    error::ErrorKind,
};

const TRUST: &str = "let whoever the keys belong to assume the role (sts:AssumeRole in its CAM policy), and \
     let the role trust it";

/// What an error code of STS's means. What it shares with all services, [`codes::meaning`] knows.
pub(crate) fn meaning(code: &str) -> Meaning {
    use ErrorKind::*;
    let (kind, advice) = match code {
        "InvalidParameter.WebIdentityTokenError" => (
            Unauthenticated,
            "check webIdentityToken: it has expired, or is not for this provider and role",
        ),
        "InvalidParameter.OverTimeError" => (
            InvalidConfig,
            "check sessionDuration: it is longer than the role allows",
        ),
        "AuthFailure.AccessKeyIllegal" => (Unauthenticated, "check the keys that assume the role"),
        _ => match code.split('.').next().unwrap_or_default() {
            "ResourceNotFound" => (InvalidConfig, "check roleArn: there is no such role"),
            "InvalidParameter"
            | "InvalidParameterValue"
            | "MissingParameter"
            | "UnknownParameter" => (
                InvalidConfig,
                "check roleArn, roleSessionName, externalId, sessionDuration and providerId",
            ),
            "UnauthorizedOperation" => (PermissionDenied, TRUST),
            "AuthFailure" if code == "AuthFailure.UnauthorizedOperation" => {
                (PermissionDenied, TRUST)
            }
            _ => return codes::meaning(code),
        },
    };
    Meaning {
        kind,
        retryable: false,
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_sts_mean_what_the_reference_says() {
        use ErrorKind::*;
        for (code, kind, retryable) in [
            ("AuthFailure.UnauthorizedOperation", PermissionDenied, false),
            ("UnauthorizedOperation", PermissionDenied, false),
            ("AuthFailure.AccessKeyIllegal", Unauthenticated, false),
            ("AuthFailure.SecretIdNotFound", Unauthenticated, false),
            ("AuthFailure.SignatureExpire", Unauthenticated, false),
            ("AuthFailure.TokenFailure", Unauthenticated, false),
            (
                "InvalidParameter.WebIdentityTokenError",
                Unauthenticated,
                false,
            ),
            ("InvalidParameter.OverTimeError", InvalidConfig, false),
            ("InvalidParameter.ParamError", InvalidConfig, false),
            ("ResourceNotFound.RoleNotFound", InvalidConfig, false),
            ("ResourceNotFound", InvalidConfig, false),
            ("UnsupportedRegion", InvalidConfig, false),
            ("RequestLimitExceeded", Throttled, true),
            ("InternalError.DbError", Unavailable, true),
            ("InternalError", Unavailable, true),
            ("SomethingNew", Internal, false),
        ] {
            let meaning = meaning(code);
            assert_eq!(
                (meaning.kind, meaning.retryable),
                (kind, retryable),
                "{code}"
            );
        }
    }
}

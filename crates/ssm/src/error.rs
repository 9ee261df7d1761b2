//! What can go wrong, who can mend it, and what to do next.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// Why an operation gave no result: one pointer to its [`Details`], because every call returns
/// one and moving the details themselves costs code at each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

/// What an [`Error`] says.
///
/// `message` is one line for people. It never holds a value, a key, a token or a signature: text
/// from the server is shortened and cleaned of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// Who can mend it.
    pub kind: ErrorKind,
    /// What happened and what to do next.
    pub message: String,
    /// SSM's error code, if it gave one.
    pub code: Option<String>,
    /// SSM's `RequestId`, if it gave one.
    pub request_id: Option<String>,
    /// Whether the same call may succeed later with nothing changed.
    pub retryable: bool,
}

/// The kinds of [`Error`]; those of `dapr:secretstores`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The configuration is missing or wrong. User action: mend the named property.
    InvalidConfig,
    /// The caller asked for something impossible. User action: change the request.
    InvalidRequest,
    /// No such secret or version, or it is disabled. User action: check name, version, region.
    NotFound,
    /// The key may not do this. User action: extend the CAM policy.
    PermissionDenied,
    /// The key was refused. User action: change the key, or mend the clock.
    Unauthenticated,
    /// SSM asks to slow down. User action: call later or less often.
    Throttled,
    /// SSM could not be reached or is out of order. User action: check network and service.
    Unavailable,
    /// The deadline passed. User action: call again, or raise `timeout`.
    Timeout,
    /// An answer that cannot be accepted, or our own fault. User action: report it.
    Internal,
}

impl Error {
    /// An error that is not worth repeating, without code and request id.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            message: message.into(),
            code: None,
            request_id: None,
            retryable: false,
        }))
    }

    /// `InvalidConfig`: `message` names the property and the way out.
    pub fn invalid_config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidConfig, message)
    }

    /// `InvalidRequest`: `message` names the field and the way out.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// What it says, to be taken apart.
    pub fn into_details(self) -> Details {
        *self.0
    }

    pub(crate) fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.request_id = request_id.filter(|id| !id.is_empty());
        self
    }

    pub(crate) fn with_code(mut self, code: Option<String>) -> Self {
        self.code = code.filter(|code| !code.is_empty());
        self
    }

    pub(crate) fn has_code(&self, prefix: &str) -> bool {
        self.code.as_deref().is_some_and(|code| {
            let rest = code.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Error {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What a code of SSM's means: who can mend it, whether a retry may help, what to do.
///
/// Codes: <https://www.tencentcloud.com/document/product/1078/38658> and the lists of the
/// official SDKs. A code matches its own row and, failing that, the row of its first part.
pub(crate) struct Meaning {
    pub(crate) kind: ErrorKind,
    pub(crate) retryable: bool,
    pub(crate) advice: &'static str,
}

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
            "check secretKey: it does not belong to secretId",
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

/// The longest text of the server's that goes into a message, in characters.
const MAX_QUOTE: usize = 300;

/// Text from the server, fit for an error message: one line, shortened, without `secrets`.
pub(crate) fn quote(text: &str, secrets: &[&str]) -> String {
    let mut line = String::new();
    let mut rest = text;
    let mut length = 0;
    while let Some(next) = rest.chars().next()
        && length < MAX_QUOTE
    {
        let mut secrets = secrets.iter().filter(|secret| !secret.is_empty());
        if let Some(after) = secrets.find_map(|secret| rest.strip_prefix(secret)) {
            line.push_str("[removed]");
            rest = after;
        } else {
            line.push(if next.is_control() { ' ' } else { next });
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
        length += 1;
    }
    while line.ends_with([' ', '.']) {
        line.pop();
    }
    line
}

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

    #[test]
    fn a_code_matches_by_its_first_part_only_at_a_dot() {
        let with =
            |code: &str| Error::new(ErrorKind::NotFound, "").with_code(Some(code.to_owned()));
        assert!(with("ResourceNotFound").has_code("ResourceNotFound"));
        assert!(with("ResourceNotFound.SecretNotExist").has_code("ResourceNotFound"));
        assert!(!with("ResourceNotFoundAtAll").has_code("ResourceNotFound"));
        assert!(!Error::new(ErrorKind::NotFound, "").has_code("ResourceNotFound"));
    }

    #[test]
    fn quoted_text_is_one_short_line_without_secrets() {
        assert_eq!(
            quote("key=hunter2\r\ntoken=abc.\n", &["hunter2", "", "abc"]),
            "key=[removed]  token=[removed]"
        );
        let long = "é".repeat(1000);
        assert_eq!(quote(&long, &[]).chars().count(), MAX_QUOTE);
    }
}

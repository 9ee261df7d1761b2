//! The error of every operation: what went wrong, who can mend it, and what to do next.

use alloc::{boxed::Box, string::String};
use core::{
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
    /// Whether it came about on the way to the keys, before anything was asked of SSM. It then says
    /// nothing about a secret, and `code` and `request_id` are those of STS.
    pub about_keys: bool,
}

/// Who can mend an [`Error`], and how: the kinds of `dapr:secretstores`.
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
            about_keys: false,
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

    /// The details, to be taken apart.
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

    pub(crate) fn about_keys(mut self) -> Self {
        self.about_keys = true;
        self
    }

    /// Whether SSM, or whoever was asked last, gave the code `prefix` or one below it.
    pub(crate) fn has_code(&self, prefix: &str) -> bool {
        let code = self.code.as_deref().filter(|_| !self.about_keys);
        code.is_some_and(|code| {
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

impl core::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_matches_by_its_first_part_only_at_a_dot() {
        let with =
            |code: &str| Error::new(ErrorKind::NotFound, "").with_code(Some(code.to_owned()));
        assert!(with("ResourceNotFound").has_code("ResourceNotFound"));
        assert!(with("ResourceNotFound.SecretNotExist").has_code("ResourceNotFound"));
        assert!(!with("ResourceNotFoundAtAll").has_code("ResourceNotFound"));
        assert!(!Error::new(ErrorKind::NotFound, "").has_code("ResourceNotFound"));
    }
}

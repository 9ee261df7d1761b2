//! What a store gives: the contract's records, with secrets kept out of `Debug`.

use std::{fmt, time::Duration};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::bindings::exports::dapr::secretstores::store as wit;

/// Pairs of name and value, as Dapr's `map<string, string>`.
pub type Metadata = Vec<(String, String)>;

/// One secret as it was read. Values are wiped when dropped and left out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The name by which it can be asked for again.
    pub name: String,
    /// What the application receives: key and value.
    pub data: Vec<(String, Zeroizing<String>)>,
    /// The version that was read, in the backend's own notation.
    pub version_id: String,
    /// The backend's id of the request that read it.
    pub request_id: String,
}

impl Secret {
    /// The value of the entry `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        let mut entries = self.data.iter();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.data.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("keys", &keys)
            .field("version_id", &self.version_id)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl From<wit::Secret> for Secret {
    fn from(secret: wit::Secret) -> Self {
        let wiped = |(key, value)| (key, Zeroizing::new(value));
        Self {
            name: secret.name,
            data: secret.data.into_iter().map(wiped).collect(),
            version_id: secret.version_id,
            request_id: secret.request_id,
        }
    }
}

/// Who can mend an error; the contract's `error-kind`. Displays as written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "documented in wit/secretstores.wit")]
pub enum ErrorKind {
    InvalidConfig,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    Unauthenticated,
    Throttled,
    Unavailable,
    Timeout,
    Internal,
}

impl ErrorKind {
    /// As written in the contract, such as `not-found`.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidConfig => "invalid-config",
            Self::InvalidRequest => "invalid-request",
            Self::NotFound => "not-found",
            Self::PermissionDenied => "permission-denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An error that the store itself returned; the contract's `error`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}: {message}")]
pub struct StoreError {
    /// Who can mend it.
    pub kind: ErrorKind,
    /// One line for people: what happened and what to do next.
    pub message: String,
    /// The backend's own code.
    pub code: Option<String>,
    /// The backend's id of the failed request.
    pub request_id: Option<String>,
    /// Whether the same call may succeed later with nothing changed.
    pub retryable: bool,
}

impl From<wit::Error> for StoreError {
    fn from(error: wit::Error) -> Self {
        Self {
            kind: match error.kind {
                wit::ErrorKind::InvalidConfig => ErrorKind::InvalidConfig,
                wit::ErrorKind::InvalidRequest => ErrorKind::InvalidRequest,
                wit::ErrorKind::NotFound => ErrorKind::NotFound,
                wit::ErrorKind::PermissionDenied => ErrorKind::PermissionDenied,
                wit::ErrorKind::Unauthenticated => ErrorKind::Unauthenticated,
                wit::ErrorKind::Throttled => ErrorKind::Throttled,
                wit::ErrorKind::Unavailable => ErrorKind::Unavailable,
                wit::ErrorKind::Timeout => ErrorKind::Timeout,
                wit::ErrorKind::Internal => ErrorKind::Internal,
            },
            message: error.message,
            code: error.code,
            request_id: error.request_id,
            retryable: error.retryable,
        }
    }
}

/// Why a call of a store gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The store answered with an error.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The component trapped, which none should: a fault in it, or a limit of the host's. The
    /// instance is lost.
    #[error("the component trapped: {0}; report this, and make a new instance")]
    Trap(String),
    /// The call did not end within [`crate::RuntimeConfig::call_timeout`]. The instance is lost.
    #[error("the component did not answer within {0:?}; make a new instance")]
    TimedOut(Duration),
    /// An earlier call trapped, timed out or was given up half-way.
    #[error("this instance was lost in an earlier call; make a new one")]
    Lost,
    /// All instances that the host allows are in use.
    #[error("no free instance: {0}; raise max_instances or try again later")]
    NoInstance(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_keys_and_no_values() {
        let secret = Secret {
            name: "db".into(),
            data: vec![("db".into(), Zeroizing::new("hunter2".into()))],
            version_id: "v1".into(),
            request_id: "r".into(),
        };
        let text = format!("{secret:?}");
        assert!(text.contains("\"db\"") && text.contains("v1"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(secret.value("db"), Some("hunter2"));
        assert_eq!(secret.value("other"), None);
    }
}

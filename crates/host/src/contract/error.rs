//! Why a call of a store gave no result.

use std::time::Duration;

use dapr_secrets_api::{Kind, describe};
use thiserror::Error;

use super::bindings::exports::dapr::secretstores::store as wit;

/// An error that the store itself returned; the contract's `error`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}: {message}")]
pub struct StoreError {
    /// Who can mend it.
    pub kind: Kind,
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
            kind: kind(error.kind),
            message: error.message,
            code: error.code,
            request_id: error.request_id,
            retryable: error.retryable,
        }
    }
}

/// The generated enum becomes ours in this one place.
fn kind(kind: wit::ErrorKind) -> Kind {
    match kind {
        wit::ErrorKind::InvalidConfig => Kind::InvalidConfig,
        wit::ErrorKind::InvalidRequest => Kind::InvalidRequest,
        wit::ErrorKind::NotFound => Kind::NotFound,
        wit::ErrorKind::PermissionDenied => Kind::PermissionDenied,
        wit::ErrorKind::Unauthenticated => Kind::Unauthenticated,
        wit::ErrorKind::Throttled => Kind::Throttled,
        wit::ErrorKind::Unavailable => Kind::Unavailable,
        wit::ErrorKind::Timeout => Kind::Timeout,
        wit::ErrorKind::Internal => Kind::Internal,
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

impl CallError {
    /// What happened, in the contract's terms: the store's own kind, or the nearest to what the
    /// host saw.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind,
            Self::TimedOut(_) => Kind::Timeout,
            Self::NoInstance(_) => Kind::Unavailable,
            Self::Trap(_) | Self::Lost => Kind::Internal,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_host_saw_has_a_kind_too() {
        for (error, kind) in [
            (CallError::TimedOut(Duration::ZERO), Kind::Timeout),
            (CallError::Trap("unreachable".to_owned()), Kind::Internal),
            (CallError::NoInstance(String::new()), Kind::Unavailable),
        ] {
            assert_eq!(error.kind(), kind);
        }
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_that_the_contract_lists_in_this_order() {
        let contract = include_str!("../../../../wit/secretstores.wit");
        let (_, list) = contract.split_once("enum error-kind {").unwrap();
        let (list, _) = list.split_once('}').unwrap();
        let listed: Vec<&str> = list
            .lines()
            .map(|line| line.trim().trim_end_matches(','))
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .collect();
        assert_eq!(Kind::ALL.map(Kind::name).to_vec(), listed);
    }
}

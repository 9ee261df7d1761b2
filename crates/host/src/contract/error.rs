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
    /// instance is lost; the next call gets another.
    #[error("the component trapped: {0}; report it to whoever made the component")]
    Trap(String),
    /// The call did not end within its time: [`crate::RuntimeConfig::call_timeout`], or for a store
    /// its property `timeout` and a grace. The instance is lost; the next call gets another.
    #[error("the component did not answer within {0:?}; try again, or set its property timeout")]
    TimedOut(Duration),
    /// An earlier call trapped, timed out or was given up half-way.
    #[error("this instance was lost in an earlier call")]
    Lost,
    /// All instances that [`crate::RuntimeConfig::max_instances`] allows are in use.
    #[error("as many calls run in all stores as this host allows at once; try again later")]
    NoInstance,
    /// The memory that [`crate::RuntimeConfig::max_total_memory`] allows is in use.
    #[error(
        "the memory that this host allows all components together is in use; try again later, or \
         allow more (--max-memory)"
    )]
    NoMemory,
    /// The call waited for its turn, and gave up.
    #[error("{0}; try again later, or let the store work on more calls at once (--max-instances)")]
    Busy(Waited),
    /// The store was throttled, and the call waited for its turn, and gave up.
    #[error(
        "the store is asked more slowly, because its backend throttled it; {0}; try again later"
    )]
    Paced(Waited),
}

/// Why a call got no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Waited {
    /// For this long.
    #[error("the call waited {0:?} for its turn: the store works on as many as it may")]
    For(Duration),
    /// Behind this many others, which is the most.
    #[error("{0} calls of this store wait for their turn already")]
    Behind(usize),
}

impl CallError {
    /// What happened, in the contract's terms: the store's own kind, or the nearest to what the
    /// host saw.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind,
            Self::TimedOut(_) => Kind::Timeout,
            Self::NoInstance | Self::NoMemory | Self::Busy(_) | Self::Paced(_) => Kind::Throttled,
            Self::Trap(_) | Self::Lost => Kind::Internal,
        }
    }

    /// Whether the same call may succeed later with nothing changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.retryable,
            Self::TimedOut(_)
            | Self::NoInstance
            | Self::NoMemory
            | Self::Busy(_)
            | Self::Paced(_) => true,
            Self::Trap(_) | Self::Lost => false,
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
            (CallError::NoInstance, Kind::Throttled),
            (CallError::NoMemory, Kind::Throttled),
            (CallError::Busy(Waited::Behind(1)), Kind::Throttled),
            (CallError::Paced(Waited::Behind(1)), Kind::Throttled),
        ] {
            assert_eq!(error.kind(), kind);
            let retryable = matches!(kind, Kind::Throttled | Kind::Timeout);
            assert_eq!(error.is_retryable(), retryable);
        }
    }

    #[test]
    fn no_advice_is_given_that_its_reader_cannot_follow() {
        for error in [
            CallError::TimedOut(Duration::from_secs(35)),
            CallError::Trap("unreachable".to_owned()),
            CallError::Lost,
            CallError::NoInstance,
            CallError::NoMemory,
            CallError::Busy(Waited::For(Duration::from_secs(120))),
            CallError::Paced(Waited::For(Duration::from_secs(30))),
        ] {
            let said = error.describe();
            for internal in ["new instance", "new one", "max_instances", "pool"] {
                assert!(!said.contains(internal), "{said}");
            }
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

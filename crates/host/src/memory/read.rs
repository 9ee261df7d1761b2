//! What a read gave, shared by all who asked for it.

use std::sync::Arc;

use crate::contract::{CallError, Secret, Secrets};

/// What a read gave: one secret, or those of a bulk read. Cheap to clone; the values are wiped when
/// the last clone goes.
#[derive(Clone)]
pub(super) struct Read(Secrets);

impl Read {
    pub(super) fn one(secret: Secret) -> Self {
        Self::shared(Arc::new(secret))
    }

    pub(super) fn shared(secret: Arc<Secret>) -> Self {
        Self([secret].into_iter().collect())
    }

    pub(super) fn all(secrets: Secrets) -> Self {
        Self(secrets)
    }

    /// What is kept of it: its memory is then bounded by who keeps it.
    pub(super) fn to_keep(&self) -> Self {
        Self(self.0.holding_nothing())
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.0
    }

    /// The secret of a single read, copied only if others have it too.
    pub(super) fn into_one(self) -> Result<Secret, CallError> {
        let secret = self.0.first().cloned().ok_or(CallError::Lost)?;
        drop(self);
        Ok(Arc::unwrap_or_clone(secret))
    }

    /// The secrets of a bulk read.
    pub(super) fn into_all(self) -> Secrets {
        self.0
    }

    /// What it takes in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

//! What a read gave, shared by all who asked for it.

use std::sync::Arc;

use crate::contract::{CallError, Secret};

/// What a read gave: one secret, or those of a bulk read. Cheap to clone; the values are wiped when
/// the last clone goes.
#[derive(Clone)]
pub(super) struct Read(Arc<Vec<Arc<Secret>>>);

impl Read {
    pub(super) fn one(secret: Secret) -> Self {
        Self::shared(Arc::new(secret))
    }

    pub(super) fn shared(secret: Arc<Secret>) -> Self {
        Self(Arc::new(vec![secret]))
    }

    pub(super) fn all(secrets: Vec<Secret>) -> Self {
        Self(Arc::new(secrets.into_iter().map(Arc::new).collect()))
    }

    pub(super) fn secrets(&self) -> &[Arc<Secret>] {
        &self.0
    }

    /// The secret of a single read, copied only if others have it too.
    pub(super) fn into_one(self) -> Result<Secret, CallError> {
        let mut secrets = Arc::unwrap_or_clone(self.0).into_iter();
        secrets
            .next()
            .map(Arc::unwrap_or_clone)
            .ok_or(CallError::Lost)
    }

    /// The secrets of a bulk read, copied only if others have them too.
    pub(super) fn into_all(self) -> Vec<Secret> {
        let secrets = Arc::unwrap_or_clone(self.0).into_iter();
        secrets.map(Arc::unwrap_or_clone).collect()
    }

    /// What it takes in memory, in bytes, but for the records themselves.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|secret| bytes(secret)).sum()
    }
}

fn bytes(secret: &Secret) -> usize {
    let entries = secret.data.iter();
    let data: usize = entries.map(|(key, value)| key.len() + value.len()).sum();
    size_of::<Secret>()
        + secret.name.len()
        + secret.version_id.len()
        + secret.request_id.len()
        + data
}

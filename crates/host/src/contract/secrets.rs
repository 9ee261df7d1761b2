//! The secrets of one read, shared by all who asked for it.

use std::{any::Any, fmt, ops::Deref, sync::Arc};

use super::Secret;

/// The secrets that one read gave. Cheap to clone: clones share them, and the values are wiped when the
/// last one goes.
#[derive(Clone, Default)]
pub struct Secrets {
    list: Arc<Vec<Arc<Secret>>>,
    /// What is kept for as long as they are in memory.
    _held: Option<Arc<dyn Any + Send + Sync>>,
}

impl Secrets {
    /// Of `secrets`, in this order.
    pub fn new(secrets: Vec<Secret>) -> Self {
        secrets.into_iter().map(Arc::new).collect()
    }

    /// Keeps `what` until the last clone goes.
    #[must_use]
    pub(crate) fn holding(self, what: impl Any + Send + Sync) -> Self {
        let held: Arc<dyn Any + Send + Sync> = Arc::new(what);
        Self {
            _held: Some(held),
            ..self
        }
    }

    /// The same secrets, which nothing is kept for.
    #[must_use]
    pub(crate) fn holding_nothing(&self) -> Self {
        Self {
            list: Arc::clone(&self.list),
            _held: None,
        }
    }

    /// Those of them that `keeps` says.
    #[must_use]
    pub(crate) fn filtered(self, keeps: impl Fn(&Secret) -> bool) -> Self {
        if self.iter().all(|secret| keeps(secret)) {
            return self;
        }
        let kept = self.iter().filter(|secret| keeps(secret));
        let list = Arc::new(kept.cloned().collect());
        Self { list, ..self }
    }

    /// What they take in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.iter().map(|secret| bytes(secret)).sum()
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

impl Deref for Secrets {
    type Target = [Arc<Secret>];

    fn deref(&self) -> &Self::Target {
        &self.list
    }
}

impl FromIterator<Arc<Secret>> for Secrets {
    fn from_iter<I: IntoIterator<Item = Arc<Secret>>>(secrets: I) -> Self {
        Self {
            list: Arc::new(secrets.into_iter().collect()),
            _held: None,
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str) -> Secret {
        Secret::of(name, "hunter2")
    }

    #[test]
    fn what_is_held_goes_with_the_last_clone() {
        let held = Arc::new(());
        let secrets = Secrets::new(vec![secret("a"), secret("b")]).holding(Arc::clone(&held));
        let kept = secrets.holding_nothing();
        let some = secrets.clone().filtered(|secret| secret.name == "b");
        drop(secrets);
        assert_eq!(Arc::strong_count(&held), 2);
        drop(some);
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(kept.len(), 2);
    }

    #[test]
    fn debug_shows_no_values() {
        let text = format!("{:?}", Secrets::new(vec![secret("a")]));
        assert!(
            text.contains("\"a\"") && !text.contains("hunter2"),
            "{text}"
        );
    }
}

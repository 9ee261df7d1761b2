//! The instances of a store that wait for a call.

use std::sync::Arc;

use super::{engine::Engine, idle::Shelf, instance::SecretStore};

/// The instances of one store that wait for a call. They are dropped with it.
pub(crate) struct Waiting {
    engine: Arc<Engine>,
    shelf: Arc<Shelf<SecretStore>>,
}

impl Waiting {
    pub(super) fn new(engine: &Arc<Engine>) -> Self {
        Self {
            engine: Arc::clone(engine),
            shelf: engine.idle.shelf(),
        }
    }

    /// The one that was used last.
    pub(crate) fn take(&self) -> Option<SecretStore> {
        self.shelf.take()
    }

    /// Keeps `instance`, which was just used.
    pub(crate) fn put(&self, instance: SecretStore) {
        self.shelf.put(instance);
        self.engine.freed.notify_one();
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.shelf.count()
    }
}

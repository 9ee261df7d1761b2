//! A compiled component.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};
use wasmtime::component::Component as Compiled;

use super::{
    engine::Engine,
    instance::SecretStore,
    room::Room,
    state::{InstanceOptions, State},
    waiting::Waiting,
};
use crate::{
    contract::{CallError, bindings::SecretStorePre},
    outbound::Outbound,
};

/// One compiled component with its imports resolved. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    engine: Arc<Engine>,
    compiled: Compiled,
    store: SecretStorePre<State>,
}

impl Component {
    pub(super) fn new(
        engine: Arc<Engine>,
        compiled: Compiled,
        store: SecretStorePre<State>,
    ) -> Self {
        Self {
            engine,
            compiled,
            store,
        }
    }

    /// Makes an instance, not yet initialised.
    ///
    /// # Errors
    /// [`CallError::NoInstance`] if all that [`crate::RuntimeConfig::max_instances`] allows are in
    /// use, [`CallError::NoMemory`] if there is no memory left for it, [`CallError::Trap`] if the
    /// component fails while it starts. Idle instances of a [`Pool`](crate::stores::Pool) are given
    /// back first.
    pub async fn instantiate(
        &self,
        outbound: &Outbound,
        options: &InstanceOptions,
    ) -> Result<SecretStore, CallError> {
        self.instantiate_in(outbound, options, None).await
    }

    /// As [`Self::instantiate`], of memory that was set aside for it.
    pub(crate) async fn instantiate_in(
        &self,
        outbound: &Outbound,
        options: &InstanceOptions,
        ahead: Option<Room>,
    ) -> Result<SecretStore, CallError> {
        SecretStore::new(&self.engine, &self.store, outbound, options, ahead).await
    }

    /// Sets `bytes` of memory aside, if there are as many when idle instances have been given back.
    pub(crate) fn set_aside(&self, bytes: usize) -> Option<Room> {
        Room::set_aside(&self.engine, bytes)
    }

    /// As [`Self::set_aside`], of what nobody has.
    pub(crate) fn set_aside_of_what_is_left(&self, bytes: usize) -> Option<Room> {
        Room::of_what_is_left(&self.engine, bytes)
    }

    /// For the one call of all stores that waits for much memory.
    pub(crate) fn large(&self) -> &Semaphore {
        &self.engine.large
    }

    /// A place for initialised instances of one store.
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting::new(&self.engine)
    }

    /// Told of every instance of the runtime that is given back or put away.
    pub(crate) fn freed(&self) -> &Notify {
        &self.engine.freed
    }

    /// The interfaces that it imports, with their versions, sorted.
    pub fn imports(&self) -> Vec<String> {
        let kind = self.compiled.component_type();
        sorted(kind.imports(&self.engine.wasmtime).map(|(name, _)| name))
    }

    /// The interfaces that it exports, with their versions, sorted.
    pub fn exports(&self) -> Vec<String> {
        let kind = self.compiled.component_type();
        sorted(kind.exports(&self.engine.wasmtime).map(|(name, _)| name))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

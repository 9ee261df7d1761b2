//! A compiled component.

use std::sync::Arc;

use wasmtime::component::Component as Compiled;

use crate::{
    bindings::SecretStorePre,
    outbound::Outbound,
    runtime::Inner,
    store::{InstanceOptions, SecretStore, State},
    types::CallError,
};

/// One compiled component with its imports resolved. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    runtime: Arc<Inner>,
    compiled: Compiled,
    store: SecretStorePre<State>,
}

impl Component {
    pub(crate) fn new(
        runtime: Arc<Inner>,
        compiled: Compiled,
        store: SecretStorePre<State>,
    ) -> Self {
        Self {
            runtime,
            compiled,
            store,
        }
    }

    /// Makes an instance, not yet initialised.
    ///
    /// # Errors
    /// [`CallError::NoInstance`] if all that [`crate::RuntimeConfig::max_instances`] allows are in
    /// use, [`CallError::Trap`] if the component fails while it starts.
    pub async fn instantiate(
        &self,
        outbound: &Outbound,
        options: &InstanceOptions,
    ) -> Result<SecretStore, CallError> {
        SecretStore::new(&self.runtime, &self.store, outbound, options).await
    }

    /// The interfaces that it imports, with their versions, sorted.
    pub fn imports(&self) -> Vec<String> {
        let kind = self.compiled.component_type();
        let imports = kind.imports(&self.runtime.engine);
        sorted(imports.map(|(name, _)| name.to_owned()).collect())
    }

    /// The interfaces that it exports, with their versions, sorted.
    pub fn exports(&self) -> Vec<String> {
        let kind = self.compiled.component_type();
        let exports = kind.exports(&self.runtime.engine);
        sorted(exports.map(|(name, _)| name.to_owned()).collect())
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

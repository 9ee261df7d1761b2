//! The entrance: from bytes to a component that can be instantiated.

use std::sync::Arc;

use thiserror::Error;
use wasmtime::component::{Component as Compiled, Linker};

use super::{
    component::Component,
    engine::{Engine, RuntimeConfig, Usage},
    http,
    state::State,
};
use crate::contract::bindings::SecretStorePre;

/// One engine with what components may import. Make one for a process and share it; cheap to clone.
#[derive(Clone)]
pub struct Runtime {
    engine: Arc<Engine>,
    linker: Arc<Linker<State>>,
}

/// Why there is no runtime or no component.
#[derive(Debug, Error)]
#[error("{what}: {why}")]
pub struct LoadError {
    what: &'static str,
    why: String,
}

impl LoadError {
    fn new(what: &'static str, why: impl std::fmt::Display) -> Self {
        // Alternate form: wasmtime's errors tell their causes in it.
        let why = format!("{why:#}");
        Self { what, why }
    }
}

impl Runtime {
    /// Starts an engine.
    ///
    /// # Errors
    /// If this machine cannot run compiled WebAssembly.
    pub fn new(config: &RuntimeConfig) -> Result<Self, LoadError> {
        let failed = |why| LoadError::new("cannot start wasmtime", why);
        let engine = Engine::start(config).map_err(failed)?;
        let linker = linker(&engine).map_err(failed)?;
        Ok(Self {
            engine: Arc::new(engine),
            linker: Arc::new(linker),
        })
    }

    /// Compiles a component: its binary, or its text form. Takes a second or two; do it once.
    ///
    /// # Errors
    /// If it is not a component, does not export `dapr:secretstores/store@0.1.0`, or imports what
    /// this host does not offer. The message names it.
    pub fn load(&self, component: &[u8]) -> Result<Component, LoadError> {
        let compiled = match self.engine.cache() {
            Some(cache) => cache.compiled(&self.engine.wasmtime, component),
            None => Compiled::new(&self.engine.wasmtime, component),
        };
        let compiled =
            compiled.map_err(|why| LoadError::new("not a component that wasmtime can run", why))?;
        self.link(compiled)
    }

    /// Takes what wasmtime compiled when this library was built.
    #[expect(unsafe_code, reason = "wasmtime cannot check machine code")]
    pub(super) fn load_compiled(&self, code: &'static [u8]) -> Result<Component, LoadError> {
        // SAFETY: the only caller passes what this library's own build compiled.
        let compiled = unsafe { Compiled::deserialize(&self.engine.wasmtime, code) };
        let refused = |why| LoadError::new("compiled for another engine", why);
        self.link(compiled.map_err(refused)?)
    }

    /// What its instances did so far.
    pub fn usage(&self) -> Usage {
        self.engine.usage()
    }

    fn link(&self, compiled: Compiled) -> Result<Component, LoadError> {
        let instance = self.linker.instantiate_pre(&compiled).map_err(|why| {
            LoadError::new("the component needs what this host does not offer", why)
        })?;
        let store = SecretStorePre::new(instance).map_err(|why| {
            LoadError::new(
                "the component is not a secret store (dapr:secretstores@0.1.0)",
                why,
            )
        })?;
        Ok(Component::new(Arc::clone(&self.engine), compiled, store))
    }
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(&engine.wasmtime);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    http::add_to_linker(&mut linker)?;
    Ok(linker)
}

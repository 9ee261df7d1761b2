//! The engine: how components are compiled, and what an instance may use.

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component as Compiled, Linker},
};

use crate::{bindings::SecretStorePre, component::Component, store::State, ticker::Ticker};

/// Limits for all components of a [`Runtime`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// How many instances may live at once.
    pub max_instances: u32,
    /// The memory that one instance may use, in bytes.
    pub max_memory: usize,
    /// After this long a call is given up and its instance is lost. It is the host's safeguard
    /// against a faulty component; longer than any deadline that a store keeps by itself.
    pub call_timeout: Duration,
}

impl Default for RuntimeConfig {
    /// 100 instances of at most 64 MiB; calls of at most 11 minutes.
    fn default() -> Self {
        Self {
            max_instances: 100,
            max_memory: 64 << 20,
            call_timeout: Duration::from_secs(660),
        }
    }
}

/// One engine with what components may import. Make one for a process and share it.
#[derive(Clone)]
pub struct Runtime {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    pub(crate) config: RuntimeConfig,
    pub(crate) ticker: Ticker,
    linker: Linker<State>,
}

/// Why there is no runtime or no component.
#[derive(Debug, Error)]
#[error("{what}: {why}")]
pub struct LoadError {
    what: &'static str,
    why: String,
}

impl LoadError {
    pub(crate) fn new(what: &'static str, why: impl std::fmt::Display) -> Self {
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
        let failed = |why: &dyn std::fmt::Display| LoadError::new("cannot start wasmtime", why);
        // The pool reserves address space up front. Where there is too little (a container's
        // limit), instances are allocated one by one.
        let engine = Engine::new(&engine_config(Some(config)))
            .or_else(|_| Engine::new(&engine_config(None)))
            .map_err(|why| failed(&why))?;
        let ticker = Ticker::start(&engine).map_err(|why| failed(&why))?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(|why| failed(&why))?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)
            .map_err(|why| failed(&why))?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                config: config.clone(),
                ticker,
                linker,
            }),
        })
    }

    /// Compiles a component: its binary, or its text form. Takes a second or two; do it once.
    ///
    /// # Errors
    /// If it is not a component, does not export `dapr:secretstores/store@0.1.0`, or imports what
    /// this host does not offer. The message names it.
    pub fn load(&self, component: &[u8]) -> Result<Component, LoadError> {
        let compiled = Compiled::new(&self.inner.engine, component)
            .map_err(|why| LoadError::new("not a component that wasmtime can run", why))?;
        let instance = self.inner.linker.instantiate_pre(&compiled);
        let instance = instance.map_err(|why| {
            LoadError::new("the component needs what this host does not offer", why)
        })?;
        let store = SecretStorePre::new(instance).map_err(|why| {
            LoadError::new(
                "the component is not a secret store (dapr:secretstores@0.1.0)",
                why,
            )
        })?;
        Ok(Component::new(Arc::clone(&self.inner), compiled, store))
    }
}

fn engine_config(pool: Option<&RuntimeConfig>) -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // Stores of this contract are called one call at a time.
    config.concurrency_support(false);
    if let Some(limits) = pool {
        let mut pool = PoolingAllocationConfig::new();
        let count = limits.max_instances;
        // A component holds a few core modules: its own, and wit-component's small shims.
        pool.total_component_instances(count)
            .total_core_instances(count.saturating_mul(8))
            .total_memories(count)
            .total_tables(count.saturating_mul(4))
            .total_stacks(count)
            .max_memory_size(limits.max_memory);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

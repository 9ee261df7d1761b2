//! The engine: how components are compiled, and what an instance may use.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use thiserror::Error;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{Component as Compiled, Linker},
};

use crate::{
    bindings::SecretStorePre, cache, code, component::Component, store::State, ticker::Ticker,
};

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
    /// Where compiled code is kept from one process to the next. A folder that others may write
    /// to, or that belongs to another user, is not used.
    pub cache: Option<PathBuf>,
}

impl Default for RuntimeConfig {
    /// 100 instances of at most 64 MiB; calls of at most 11 minutes.
    fn default() -> Self {
        Self {
            max_instances: 100,
            max_memory: 64 << 20,
            call_timeout: Duration::from_secs(660),
            cache: None,
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
    pub(crate) counters: Counters,
    linker: Linker<State>,
}

/// What instances did, counted where it happens.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) instances: AtomicU64,
    pub(crate) traps: AtomicU64,
}

/// What the instances of a [`Runtime`] did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Instances that live now.
    pub instances: u64,
    /// Calls that trapped.
    pub traps: u64,
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
        let engine = Engine::new(&engine_config(config, true))
            .or_else(|_| Engine::new(&engine_config(config, false)))
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
                counters: Counters::default(),
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
        self.link(compiled)
    }

    /// Takes what wasmtime compiled when this library was built.
    #[expect(unsafe_code, reason = "wasmtime cannot check machine code")]
    pub(crate) fn load_compiled(&self, code: &'static [u8]) -> Result<Component, LoadError> {
        // SAFETY: the only caller passes what this library's own build compiled.
        let compiled = unsafe { Compiled::deserialize(&self.inner.engine, code) };
        let refused = |why| LoadError::new("compiled for another engine", why);
        self.link(compiled.map_err(refused)?)
    }

    /// What its instances did so far.
    pub fn usage(&self) -> Usage {
        let Counters { instances, traps } = &self.inner.counters;
        Usage {
            instances: instances.load(Ordering::Relaxed),
            traps: traps.load(Ordering::Relaxed),
        }
    }

    fn link(&self, compiled: Compiled) -> Result<Component, LoadError> {
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

fn engine_config(limits: &RuntimeConfig, pooled: bool) -> Config {
    let mut config = code::config();
    config.cache(limits.cache.as_deref().and_then(cache::open));
    if pooled {
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

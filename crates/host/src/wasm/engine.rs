//! What all instances of a process share: the engine, the limits, the counters, the ticker.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::{cache, compile, ticker::Ticker};

/// How many instances may live at once where nothing else is said.
const DEFAULT_MAX_INSTANCES: u32 = 100;
/// The memory that one linear memory of an instance may have, in bytes.
const MAX_MEMORY: usize = 64 << 20;
/// How long a call of an instance may take, whatever its store's own deadline is.
const CALL_TIMEOUT: Duration = Duration::from_secs(660);

/// Limits for all components of a [`Runtime`](super::Runtime).
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
            max_instances: DEFAULT_MAX_INSTANCES,
            max_memory: MAX_MEMORY,
            call_timeout: CALL_TIMEOUT,
            cache: None,
        }
    }
}

/// wasmtime's engine with what this host adds to it.
pub(super) struct Engine {
    pub(super) wasmtime: wasmtime::Engine,
    pub(super) limits: RuntimeConfig,
    pub(super) ticker: Ticker,
    pub(super) counters: Counters,
}

impl Engine {
    pub(super) fn start(limits: &RuntimeConfig) -> wasmtime::Result<Self> {
        // The pool reserves address space up front. Where there is too little (a container's
        // limit), instances are allocated one by one.
        let wasmtime = wasmtime::Engine::new(&config(limits, true))
            .or_else(|_| wasmtime::Engine::new(&config(limits, false)))?;
        Ok(Self {
            ticker: Ticker::start(&wasmtime)?,
            wasmtime,
            limits: limits.clone(),
            counters: Counters::default(),
        })
    }
}

/// What instances did, counted where it happens.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) instances: AtomicU64,
    pub(super) traps: AtomicU64,
}

/// What the instances of a [`Runtime`](super::Runtime) did so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// Instances that live now.
    pub instances: u64,
    /// Calls that trapped.
    pub traps: u64,
}

impl Counters {
    pub(super) fn usage(&self) -> Usage {
        Usage {
            instances: self.instances.load(Ordering::Relaxed),
            traps: self.traps.load(Ordering::Relaxed),
        }
    }
}

fn config(limits: &RuntimeConfig, pooled: bool) -> Config {
    let mut config = compile::config();
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

//! What all instances of a process share: the engine, the limits, the counters, the ticker.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, Semaphore};
use wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::{budget::Budget, cache::Cache, compile, early::Early, idle::Idle, ticker::Ticker};

/// How many instances may live at once where nothing else is said.
const DEFAULT_MAX_INSTANCES: u32 = 100;
/// The memory that one instance may have, in bytes.
const MAX_MEMORY: usize = 64 << 20;
/// How many resources one instance may hold at once: requests, bodies, streams, timers.
const MAX_RESOURCES: usize = 10_000;
/// How long an instance is kept that no call needs.
const IDLE_INSTANCE_LIFE: Duration = Duration::from_secs(60);
/// How long a call of an instance may take, whatever its store's own deadline is.
const CALL_TIMEOUT: Duration = Duration::from_secs(660);

/// Limits for all components of a [`Runtime`](super::Runtime).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// How many instances may live at once.
    pub max_instances: u32,
    /// The memory that one instance may use, in bytes: all its linear memories together.
    pub max_memory: usize,
    /// The memory that all instances may use together, in bytes, and what bulk reads of a
    /// [`Pool`](crate::stores::Pool) answered, for as long as it is there. Where a call finds none left,
    /// idle instances are given back; then it ends as [`CallError::NoMemory`](crate::CallError), and a
    /// pool makes it once more when there is twice as much as it asked for.
    pub max_total_memory: usize,
    /// How many resources one instance may hold at once: requests, bodies, streams, timers. It
    /// traps when it asks for more.
    pub max_resources: usize,
    /// How long an instance of a [`Pool`](crate::stores::Pool) is kept that no call needs. The one
    /// that was used last is kept longer.
    pub idle_life: Duration,
    /// After this long a call is given up and its instance is lost. It is the host's safeguard
    /// against a faulty component; longer than any deadline that a store keeps by itself.
    pub call_timeout: Duration,
    /// Where compiled code is kept from one process to the next. A folder that others may write
    /// to, or that belongs to another user, is not used; nor is one below such a folder.
    pub cache: Option<PathBuf>,
}

impl Default for RuntimeConfig {
    /// 100 instances of at most 64 MiB each, together without a limit of their own; 10,000
    /// resources each; idle for 60 s; calls of at most 11 minutes.
    fn default() -> Self {
        Self {
            max_instances: DEFAULT_MAX_INSTANCES,
            max_memory: MAX_MEMORY,
            max_total_memory: usize::MAX,
            max_resources: MAX_RESOURCES,
            idle_life: IDLE_INSTANCE_LIFE,
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
    pub(super) early: Early,
    pub(super) counters: Counters,
    cache: OnceLock<Option<Cache>>,
    pub(super) budget: Budget,
    pub(super) idle: Arc<Idle>,
    /// How many requests of instances are on their way.
    pub(super) exchanges: Arc<AtomicUsize>,
    /// Told of every instance that is given back or put away.
    pub(super) freed: Notify,
    /// For the call that waits for much memory: of several none would get it.
    pub(super) large: Semaphore,
}

impl Engine {
    pub(super) fn start(limits: &RuntimeConfig) -> wasmtime::Result<Self> {
        // The pool reserves address space up front. Where there is too little (a container's
        // limit), instances are allocated one by one.
        let wasmtime = wasmtime::Engine::new(&config(limits, true))
            .or_else(|_| wasmtime::Engine::new(&config(limits, false)))?;
        Ok(Self {
            ticker: Ticker::start(&wasmtime)?,
            early: Early::default(),
            wasmtime,
            limits: limits.clone(),
            counters: Counters::default(),
            cache: OnceLock::new(),
            budget: Budget::new(limits.max_total_memory),
            idle: Idle::start(limits.idle_life)?,
            exchanges: Arc::default(),
            freed: Notify::new(),
            large: Semaphore::new(1),
        })
    }

    /// Where compiled code is kept, opened at the first question: who compiles nothing needs no folder.
    pub(super) fn cache(&self) -> Option<&Cache> {
        self.cache
            .get_or_init(|| self.limits.cache.as_deref().and_then(Cache::open))
            .as_ref()
    }

    /// Takes `bytes` of the budget, and idle instances back until there are as many; whether there
    /// were.
    pub(super) fn reserve(&self, bytes: usize) -> bool {
        loop {
            if self.budget.take(bytes) {
                return true;
            }
            if !self.idle.give_up_longest() {
                return false;
            }
        }
    }

    /// Whether there are `bytes`, counting what idle instances have: they need not go for nothing.
    pub(super) fn may_reserve(&self, bytes: usize) -> bool {
        let used = self.budget.used().saturating_sub(self.idle.bytes());
        used.saturating_add(bytes) <= self.limits.max_total_memory
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            instances: self.counters.instances.load(Ordering::Relaxed),
            idle: self.idle.count() as u64,
            traps: self.counters.traps.load(Ordering::Relaxed),
            memory: self.budget.used() as u64,
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.idle.end();
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
    /// Those of them that wait for a call.
    pub idle: u64,
    /// Calls that trapped.
    pub traps: u64,
    /// The memory of the instances that live now, in bytes.
    pub memory: u64,
}

fn config(limits: &RuntimeConfig, pooled: bool) -> Config {
    let mut config = compile::config();
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

//! One instance of a store, and the calls that it takes.

use std::sync::{Arc, atomic::Ordering};

use wasmtime::{Store, StoreLimits, StoreLimitsBuilder, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView, p2::pipe::MemoryOutputPipe};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    bindings::{SecretStore as Exports, SecretStorePre, exports::dapr::secretstores::store as wit},
    outbound::Outbound,
    runtime::Inner,
    send::Hooks,
    types::{CallError, Metadata, Secret, StoreError},
};

/// How many entries the tables of one instance may have: each is a pointer.
const MAX_TABLE: usize = 100_000;
/// How much an instance may print before further output is refused.
const MAX_OUTPUT: usize = 1 << 20;

/// What one instance gets.
#[derive(Clone, Debug, Default)]
pub struct InstanceOptions {
    /// Its environment, whole: nothing of the host's own is added.
    pub env: Vec<(String, String)>,
    /// Where its standard output and standard error go. `None` discards them.
    pub output: Option<Output>,
}

/// Collects what instances print, up to 1 MiB.
#[derive(Clone, Debug)]
pub struct Output(MemoryOutputPipe);

impl Output {
    /// A collection with nothing in it.
    pub fn new() -> Self {
        Self(MemoryOutputPipe::new(MAX_OUTPUT))
    }

    /// What was printed so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.contents()).into_owned()
    }
}

impl Default for Output {
    fn default() -> Self {
        Self::new()
    }
}

/// One instance of a secret store. One call at a time: make more instances for more.
///
/// A call that is dropped half-way, times out or traps loses the instance: every later call
/// returns [`CallError::Lost`].
pub struct SecretStore {
    runtime: Arc<Inner>,
    store: Store<State>,
    exports: Exports,
    lost: bool,
}

impl SecretStore {
    pub(crate) async fn new(
        runtime: &Arc<Inner>,
        component: &SecretStorePre<State>,
        outbound: &Outbound,
        options: &InstanceOptions,
    ) -> Result<Self, CallError> {
        let state = State::new(outbound, options, runtime.config.max_memory);
        let mut store = Store::new(&runtime.engine, state);
        store.limiter(|state| &mut state.limits);
        store.epoch_deadline_async_yield_and_update(1);
        let _running = runtime.ticker.running();
        let exports = component.instantiate_async(&mut store).await;
        let exports = exports.map_err(|why| {
            if why.is::<wasmtime::PoolConcurrencyLimitError>() {
                CallError::NoInstance(why.to_string())
            } else {
                CallError::Trap(trap_text(&why))
            }
        })?;
        runtime.counters.instances.fetch_add(1, Ordering::Relaxed);
        Ok(Self {
            runtime: Arc::clone(runtime),
            store,
            exports,
            lost: false,
        })
    }

    /// Configures the store with the properties of a Dapr Component. Does no I/O.
    ///
    /// # Errors
    /// [`CallError::Store`] of the kind `invalid-config`; else as every call.
    pub async fn init(&mut self, properties: &Metadata) -> Result<(), CallError> {
        let result = self
            .call(async |store, exports| exports.call_init(store, properties).await)
            .await?;
        Ok(result.map_err(StoreError::from)?)
    }

    /// The optional abilities of the store, in Dapr's notation.
    ///
    /// # Errors
    /// [`CallError::Trap`], [`CallError::TimedOut`] or [`CallError::Lost`].
    pub async fn features(&mut self) -> Result<Vec<String>, CallError> {
        self.call(async |store, exports| exports.call_features(store).await)
            .await
    }

    /// Reads one secret.
    ///
    /// # Errors
    /// [`CallError::Store`] of any kind; else as every call.
    pub async fn get(&mut self, name: &str, metadata: &Metadata) -> Result<Secret, CallError> {
        let result = self
            .call(async |store, exports| exports.call_get(store, name, metadata).await)
            .await?;
        Ok(result.map(Secret::from).map_err(StoreError::from)?)
    }

    /// Reads many secrets, sorted by name.
    ///
    /// # Errors
    /// [`CallError::Store`] of any kind; else as every call.
    pub async fn bulk_get(&mut self, metadata: &Metadata) -> Result<Vec<Secret>, CallError> {
        let result = self
            .call(async |store, exports| exports.call_bulk_get(store, metadata).await)
            .await?;
        let secrets = result.map_err(StoreError::from)?;
        Ok(secrets.into_iter().map(Secret::from).collect())
    }

    /// Asks whether the backend answers and accepts the credentials.
    ///
    /// # Errors
    /// [`CallError::Store`]; else as every call.
    pub async fn ping(&mut self) -> Result<(), CallError> {
        let result = self
            .call(async |store, exports| exports.call_ping(store).await)
            .await?;
        Ok(result.map_err(StoreError::from)?)
    }

    /// Whether it can take another call.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    async fn call<R>(
        &mut self,
        work: impl AsyncFnOnce(&mut Store<State>, &wit::Guest) -> wasmtime::Result<R>,
    ) -> Result<R, CallError> {
        if self.lost {
            return Err(CallError::Lost);
        }
        // Until the call has ended well: a future dropped half-way leaves the instance unusable.
        self.lost = true;
        let limit = self.runtime.config.call_timeout;
        let _running = self.runtime.ticker.running();
        self.store.set_epoch_deadline(1);
        let work = work(&mut self.store, self.exports.dapr_secretstores_store());
        match tokio::time::timeout(limit, work).await {
            Ok(Ok(result)) => {
                self.lost = false;
                Ok(result)
            }
            Ok(Err(why)) => {
                self.runtime.counters.traps.fetch_add(1, Ordering::Relaxed);
                Err(CallError::Trap(trap_text(&why)))
            }
            Err(_) => Err(CallError::TimedOut(limit)),
        }
    }
}

impl Drop for SecretStore {
    fn drop(&mut self) {
        let live = &self.runtime.counters.instances;
        live.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why it trapped, without the backtrace.
fn trap_text(why: &wasmtime::Error) -> String {
    why.root_cause().to_string()
}

/// What wasmtime keeps for one instance.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    table: ResourceTable,
    limits: StoreLimits,
}

impl State {
    fn new(outbound: &Outbound, options: &InstanceOptions, max_memory: usize) -> Self {
        let mut wasi = WasiCtxBuilder::new();
        wasi.envs(&options.env);
        if let Some(Output(pipe)) = &options.output {
            wasi.stdout(pipe.clone()).stderr(pipe.clone());
        }
        Self {
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            hooks: Hooks::new(outbound),
            table: ResourceTable::new(),
            limits: StoreLimitsBuilder::new()
                .memory_size(max_memory)
                .table_elements(MAX_TABLE)
                .build(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.http,
            table: &mut self.table,
            hooks: &mut self.hooks,
        }
    }
}

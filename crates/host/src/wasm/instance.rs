//! One instance of a store, and the calls that it takes.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use wasmtime::Store;

use super::{
    budget::Spent,
    engine::Engine,
    idle::Weighs,
    room::Room,
    state::{InstanceOptions, State},
};
use crate::{
    contract::{
        CallError, Metadata, Secret, StoreError,
        bindings::{
            SecretStore as Exports, SecretStorePre, exports::dapr::secretstores::store as wit,
        },
    },
    outbound::Outbound,
};

/// One instance of a secret store. One call at a time: make more instances for more.
///
/// A call that is dropped half-way, times out or traps loses the instance: every later call
/// returns [`CallError::Lost`].
pub struct SecretStore {
    store: Store<State>,
    exports: Exports,
    lost: bool,
    /// How long a call may take.
    limit: Duration,
    /// Of what it was configured by.
    edition: u64,
    /// Dropped last: others are told when the room is really there.
    live: Live,
}

/// An instance that is counted, and told of when it is gone.
struct Live {
    engine: Arc<Engine>,
}

impl SecretStore {
    pub(super) async fn new(
        engine: &Arc<Engine>,
        component: &SecretStorePre<State>,
        outbound: &Outbound,
        options: &InstanceOptions,
        mut ahead: Option<Room>,
    ) -> Result<Self, CallError> {
        loop {
            let state = State::new(engine, outbound, options, ahead.take());
            let mut store = Store::new(&engine.wasmtime, state);
            store.limiter(|state| &mut state.share);
            store.epoch_deadline_async_yield_and_update(1);
            let _running = engine.ticker.running();
            let exchanges = store.data().exchanges.clone();
            // Boxed: futures around it would nest deeper than rustc follows.
            let made = exchanges.with(Box::pin(component.instantiate_async(&mut store)));
            let why = match made.await {
                Ok(exports) => {
                    return Ok(Self {
                        store,
                        exports,
                        lost: false,
                        limit: engine.limits.call_timeout,
                        edition: 0,
                        live: Live::new(engine),
                    });
                }
                Err(why) => why,
            };
            if !why.is::<wasmtime::PoolConcurrencyLimitError>() {
                return Err(failed(&why));
            }
            ahead = store.into_data().share.into_ahead();
            if !engine.idle.give_up_longest() {
                return Err(CallError::NoInstance);
            }
        }
    }

    /// Gives up calls after `limit`, where it is shorter than [`RuntimeConfig::call_timeout`].
    ///
    /// [`RuntimeConfig::call_timeout`]: crate::RuntimeConfig::call_timeout
    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.limit = self.limit.min(limit);
        self
    }

    /// Notes of which edition that is what it is configured by.
    pub(crate) fn of_edition(mut self, edition: u64) -> Self {
        self.edition = edition;
        self
    }

    /// As [`Self::of_edition`] noted it.
    pub(crate) fn edition(&self) -> u64 {
        self.edition
    }

    /// What is to be set aside before the call is made again that found no memory left, in bytes: twice
    /// what it asked for, as far as an instance may have it. `None` if it asked for more than there is
    /// at all.
    pub(crate) fn needs(&self) -> Option<usize> {
        let limits = &self.live.engine.limits;
        let wanted = self.store.data().share.wanted();
        let most = limits.max_memory.min(limits.max_total_memory);
        (wanted <= most).then(|| wanted.saturating_mul(2).min(most))
    }

    /// Gives back what was set aside for it and not used.
    pub(crate) fn need_no_more(&mut self) {
        self.store.data_mut().share.need_no_more();
    }

    /// Ends it, and keeps as much of the room of its memory as what it has answered takes.
    pub(crate) fn leave(mut self, bytes: usize) -> Room {
        self.store.data_mut().share.leave(bytes)
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
        let engine = &self.live.engine;
        let limit = self.limit;
        engine.early.needed();
        let _running = engine.ticker.running();
        self.store.set_epoch_deadline(1);
        let exchanges = self.store.data().exchanges.clone();
        let call = work(&mut self.store, self.exports.dapr_secretstores_store());
        match tokio::time::timeout(limit, exchanges.with(call)).await {
            Ok(Ok(result)) => {
                self.lost = false;
                Ok(result)
            }
            Ok(Err(why)) => {
                let failed = failed(&why);
                if matches!(failed, CallError::Trap(_)) {
                    engine.counters.traps.fetch_add(1, Ordering::Relaxed);
                }
                Err(failed)
            }
            Err(_) => Err(CallError::TimedOut(limit)),
        }
    }
}

impl Weighs for SecretStore {
    fn bytes(&self) -> usize {
        self.store.data().share.bytes()
    }
}

impl Live {
    fn new(engine: &Arc<Engine>) -> Self {
        engine.counters.instances.fetch_add(1, Ordering::Relaxed);
        let engine = Arc::clone(engine);
        Self { engine }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let live = &self.engine.counters.instances;
        live.fetch_sub(1, Ordering::Relaxed);
        self.engine.freed.notify_one();
    }
}

/// Why it ended, without the backtrace.
fn failed(why: &wasmtime::Error) -> CallError {
    if why.is::<Spent>() {
        CallError::NoMemory
    } else {
        CallError::Trap(why.root_cause().to_string())
    }
}

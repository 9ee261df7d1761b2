//! A store that is a component: as many initialised instances as calls need at once.

use std::{
    ops::{Deref, DerefMut},
    pin::pin,
    sync::OnceLock,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::{OnceCell, SemaphorePermit},
    time::{sleep, timeout},
};

use super::{
    configured::{By, Configured},
    properties::Properties,
    queue::Queue,
    store::Store,
};
use crate::{
    contract::{CallError, Metadata, Secret, Secrets},
    outbound::Outbound,
    wasm::{Component, Room, SecretStore, Waiting},
};

/// What a store's property `timeout` is where it names none (`wit/README.md`).
const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_secs(30);
/// How much longer than the store's own `timeout` the host waits: the store's error says more.
const STORE_TIMEOUT_GRACE: Duration = Duration::from_secs(5);
/// How long a call that found no memory left may wait until others have waited for theirs.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(120);
/// How often a call that has its turn asks again for memory.
const MEMORY_RETRY: Duration = Duration::from_millis(100);

/// How the instances of a [`Pool`] are made.
#[derive(Clone)]
pub struct PoolOptions {
    /// How its requests leave, and what they may reach.
    pub outbound: Outbound,
    /// How many instances there may be at once; further calls wait for one.
    pub max_instances: usize,
}

/// Initialised instances of one component, made on demand and given back when no call needs them.
/// Every call waits for its turn within the limits of the queue, and is then bounded by the property
/// `timeout` (30 s without) and a grace of 5 s. A call that finds no memory left half-way waits until
/// twice as much is free as it asked for, and is made once more. A call that traps or runs out of
/// time costs its instance and nothing else. The instance that was used last takes the next call: what
/// it has learnt (a connection, keys that it was lent) stays in use. When a file's text is replaced
/// that instances are handed, new instances take the calls from then on; of answers that the store's
/// instances share they have those that the old ones got.
pub struct Pool {
    component: Component,
    options: PoolOptions,
    configured: Configured,
    limit: Duration,
    queue: Queue,
    waiting: Waiting,
    features: OnceCell<Vec<String>>,
}

impl Pool {
    /// As a pool whose instances see no environment.
    ///
    /// # Errors
    /// What `init` says of the properties; [`CallError::Trap`] or [`CallError::TimedOut`] if the
    /// component fails.
    pub async fn start(
        component: Component,
        options: PoolOptions,
        properties: Properties,
    ) -> Result<Self, CallError> {
        let configured = Configured {
            by: By::Init(properties),
            variables: Vec::new(),
            handed: Vec::new(),
        };
        Self::start_with(component, options, configured).await
    }

    /// Proves the properties with an instance that is given back at once, so that any number of
    /// stores may start.
    ///
    /// # Errors
    /// What `init` says of the properties; [`CallError::Trap`] or [`CallError::TimedOut`] if the
    /// component fails. An environment is proved by the first call.
    pub(super) async fn start_with(
        component: Component,
        options: PoolOptions,
        configured: Configured,
    ) -> Result<Self, CallError> {
        let pool = Self {
            queue: Queue::new(options.max_instances),
            waiting: component.waiting(),
            limit: limit(configured.properties()),
            component,
            options,
            configured,
            features: OnceCell::new(),
        };
        let mut lease = pool.lease().await?;
        if pool.configured.is_by_init() {
            pool.features.set(lease.features().await?).ok();
        }
        drop(lease.instance.take());
        drop(lease);
        Ok(pool)
    }

    /// How many initialised instances wait for a call.
    pub fn idle(&self) -> usize {
        self.waiting.count()
    }

    async fn lease(&self) -> Result<Lease<'_>, CallError> {
        let lacking = OnceLock::new();
        let instance = async {
            while let Some(instance) = self.waiting.take() {
                if self.configured.is_current(&instance) {
                    return Ok(instance);
                }
            }
            self.new_instance(&lacking, None).await
        };
        self.in_turn(instance, &lacking).await
    }

    /// An instance for the call of `lease`, which found no memory left: with what it `needs` set aside.
    async fn lease_more(&self, lease: Lease<'_>) -> Result<Lease<'_>, CallError> {
        let Some(needs) = lease.needs() else {
            return Err(CallError::NoMemory);
        };
        // What it had is what the others wait for.
        drop(lease);
        let waited = timeout(MEMORY_TIMEOUT, self.component.large().acquire()).await;
        let one_waits = waited.map_err(|_| CallError::NoMemory)?;
        let lacking = OnceLock::from(CallError::NoMemory);
        let instance = async {
            let made = self.new_instance(&lacking, Some(needs)).await;
            drop(one_waits);
            made
        };
        self.in_turn(instance, &lacking).await
    }

    /// The instance that is made when it is a call's turn; what there was none of where it takes too
    /// long.
    async fn in_turn(
        &self,
        instance: impl Future<Output = Result<SecretStore, CallError>>,
        lacking: &OnceLock<CallError>,
    ) -> Result<Lease<'_>, CallError> {
        let (turn, instance) = match self.queue.wait(instance).await {
            // It had its turn, and waited for something else.
            Err(CallError::Busy(why)) => {
                return Err(lacking.get().cloned().unwrap_or(CallError::Busy(why)));
            }
            done => done?,
        };
        Ok(Lease {
            pool: self,
            instance: Some(instance),
            _turn: turn,
        })
    }

    /// Waits until as much memory is there.
    async fn set_aside(&self, bytes: usize) -> Room {
        loop {
            if let Some(ahead) = self.component.set_aside(bytes) {
                return ahead;
            }
            sleep(MEMORY_RETRY).await;
        }
    }

    /// Waits where there is no room for another, until others end; notes what there is none of. With
    /// as much memory set aside as it `needs`, if that is known.
    async fn new_instance(
        &self,
        lacking: &OnceLock<CallError>,
        needs: Option<usize>,
    ) -> Result<SecretStore, CallError> {
        loop {
            let ahead = match needs {
                Some(bytes) => Some(self.set_aside(bytes).await),
                None => None,
            };
            let mut freed = pin!(self.component.freed().notified());
            // From before there was none, so that no end falls in between.
            freed.as_mut().enable();
            // All of it together; a call is bounded by its instance.
            let (component, outbound) = (&self.component, &self.options.outbound);
            let instance = self
                .configured
                .instance(component, outbound, self.limit, ahead);
            let made = timeout(self.limit, instance).await;
            match made.unwrap_or(Err(CallError::TimedOut(self.limit))) {
                Err(why @ CallError::NoInstance) => {
                    lacking.set(why).ok();
                    freed.await;
                }
                // Its own end, half-way through `init`, would be told as room for it.
                Err(why @ CallError::NoMemory) => {
                    lacking.set(why).ok();
                    sleep(MEMORY_RETRY).await;
                }
                made => return made,
            }
        }
    }
}

/// How long the host waits for a store with these properties.
fn limit(properties: &Properties) -> Duration {
    properties
        .get("timeout")
        .and_then(values::duration)
        .unwrap_or(DEFAULT_STORE_TIMEOUT)
        .saturating_add(STORE_TIMEOUT_GRACE)
}

#[async_trait]
impl Store for Pool {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        let ask = || async {
            let mut lease = self.lease().await?;
            lease.features().await
        };
        self.features.get_or_try_init(ask).await.cloned()
    }

    async fn get(&self, name: &str, metadata: &Metadata) -> Result<Secret, CallError> {
        let mut lease = self.lease().await?;
        match lease.get(name, metadata).await {
            Err(CallError::NoMemory) => {}
            done => return done,
        }
        self.lease_more(lease).await?.get(name, metadata).await
    }

    async fn bulk_get(&self, metadata: &Metadata) -> Result<Secrets, CallError> {
        let mut lease = self.lease().await?;
        match lease.bulk_get(metadata).await {
            Err(CallError::NoMemory) => {}
            done => return Ok(lease.answered(done?)),
        }
        let mut lease = self.lease_more(lease).await?;
        let secrets = lease.bulk_get(metadata).await?;
        Ok(lease.answered(secrets))
    }

    async fn ping(&self) -> Result<(), CallError> {
        let mut lease = self.lease().await?;
        lease.ping().await
    }
}

/// An instance for one call. It waits for the next one afterwards, unless it was lost.
struct Lease<'a> {
    pool: &'a Pool,
    instance: Option<SecretStore>,
    _turn: SemaphorePermit<'a>,
}

impl Lease<'_> {
    /// What it has answered, with the memory that this takes: counted for as long as it is there, or
    /// else many large answers would be more than was allowed.
    fn answered(mut self, secrets: Vec<Secret>) -> Secrets {
        let secrets = Secrets::new(secrets);
        let bytes = secrets.bytes();
        let aside = self.pool.component.set_aside_of_what_is_left(bytes);
        // Where there is no more, the instance makes room for its own answer.
        let left = || Some(self.instance.take()?.leave(bytes));
        match aside.or_else(left) {
            Some(room) => secrets.holding(room),
            None => secrets,
        }
    }
}

impl Deref for Lease<'_> {
    type Target = SecretStore;

    #[expect(clippy::expect_used, reason = "only `drop` takes it")]
    fn deref(&self) -> &SecretStore {
        self.instance.as_ref().expect("an instance until dropped")
    }
}

impl DerefMut for Lease<'_> {
    #[expect(clippy::expect_used, reason = "only `drop` takes it")]
    fn deref_mut(&mut self) -> &mut SecretStore {
        self.instance.as_mut().expect("an instance until dropped")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let kept = |it: &SecretStore| !it.is_lost() && self.pool.configured.is_current(it);
        if let Some(mut instance) = self.instance.take().filter(kept) {
            instance.need_no_more();
            self.pool.waiting.put(instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_waits_longer_than_the_store() {
        for (timeout, seconds) in [
            ("2m", 125),
            ("", 35),
            ("soon", 35),
            ("18446744073709549568s2047s", 35),
        ] {
            let pair = ("Timeout".to_owned(), timeout.to_owned());
            let limit = limit(&Properties::new([pair]));
            assert_eq!(limit, Duration::from_secs(seconds), "{timeout}");
        }
    }
}

//! A store that is a component: as many initialised instances as calls need at once.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Properties, Store};
use crate::{
    component::Component,
    duration,
    outbound::Outbound,
    store::{InstanceOptions, SecretStore},
    types::{CallError, Metadata, Secret},
};

/// What a store's `timeout` is where it names none.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How much longer than the store's own `timeout` the host waits: the store's error says more.
const GRACE: Duration = Duration::from_secs(5);

/// How long an instance is kept that no call needs.
const KEPT: Duration = Duration::from_secs(60);

/// How the instances of a [`Pool`] are made.
#[derive(Clone)]
pub struct PoolOptions {
    /// The road to the network.
    pub outbound: Outbound,
    /// What each instance gets.
    pub instance: InstanceOptions,
    /// How many instances there may be at once; further calls wait for one.
    pub max_instances: usize,
}

/// Initialised instances of one component, made on demand. Every call is bounded by the property
/// `timeout` (30 s without) and a grace of 5 s. A call that traps or runs out of time costs its
/// instance and nothing else.
pub struct Pool {
    component: Component,
    options: PoolOptions,
    /// What `init` gets; `None` leaves the instances to their environment.
    properties: Option<Properties>,
    limit: Duration,
    permits: Semaphore,
    /// The longest unused first, with the moment of its last call.
    idle: Mutex<Vec<(Instant, SecretStore)>>,
}

impl Pool {
    /// Makes the first instance, which proves the properties.
    ///
    /// # Errors
    /// What `init` says of `properties`; [`CallError::Trap`] or [`CallError::TimedOut`] if the
    /// component fails. Without properties, the first call tells.
    pub async fn start(
        component: Component,
        options: PoolOptions,
        properties: Option<Properties>,
    ) -> Result<Self, CallError> {
        let given = properties.as_ref().and_then(|given| given.get("timeout"));
        let limit = given.and_then(duration::parse).unwrap_or(TIMEOUT) + GRACE;
        let pool = Self {
            component,
            permits: Semaphore::new(options.max_instances.max(1)),
            options,
            properties,
            limit,
            idle: Mutex::default(),
        };
        pool.bounded(async { pool.lease().await.map(drop) }).await?;
        Ok(pool)
    }

    /// How many initialised instances wait for a call.
    pub fn idle(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<(Instant, SecretStore)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn lease(&self) -> Result<Lease<'_>, CallError> {
        // Never closed; and if it were, the store would be gone with its pool.
        let permit = self.permits.acquire().await.map_err(|_| CallError::Lost)?;
        let waiting = self.waiting().pop();
        let instance = match waiting {
            Some((_, instance)) => instance,
            None => self.instance().await?,
        };
        Ok(Lease {
            pool: self,
            instance: Some(instance),
            _permit: permit,
        })
    }

    async fn instance(&self) -> Result<SecretStore, CallError> {
        let PoolOptions {
            outbound, instance, ..
        } = &self.options;
        let mut instance = self.component.instantiate(outbound, instance).await?;
        if let Some(properties) = &self.properties {
            instance.init(properties.pairs()).await?;
        }
        Ok(instance)
    }

    async fn bounded<T>(
        &self,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let done = tokio::time::timeout(self.limit, work).await;
        done.unwrap_or(Err(CallError::TimedOut(self.limit)))
    }
}

#[async_trait]
impl Store for Pool {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        self.bounded(async { self.lease().await?.features().await })
            .await
    }

    async fn get(&self, name: &str, metadata: &Metadata) -> Result<Secret, CallError> {
        self.bounded(async { self.lease().await?.get(name, metadata).await })
            .await
    }

    async fn bulk_get(&self, metadata: &Metadata) -> Result<Vec<Secret>, CallError> {
        self.bounded(async { self.lease().await?.bulk_get(metadata).await })
            .await
    }

    async fn ping(&self) -> Result<(), CallError> {
        self.bounded(async { self.lease().await?.ping().await })
            .await
    }
}

/// An instance for one call. It goes back to its pool unless it was lost.
struct Lease<'a> {
    pool: &'a Pool,
    instance: Option<SecretStore>,
    _permit: SemaphorePermit<'a>,
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
        let Some(instance) = self.instance.take() else {
            return;
        };
        if !instance.is_lost() {
            let now = Instant::now();
            let mut idle = self.pool.waiting();
            let unused = idle.partition_point(|(since, _)| now.duration_since(*since) > KEPT);
            idle.drain(..unused);
            idle.push((now, instance));
        }
    }
}

//! A store that is a component: as many initialised instances as calls need at once.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{environment::Environment, properties::Properties, store::Store};
use crate::{
    contract::{CallError, Metadata, Secret},
    outbound::Outbound,
    wasm::{Component, InstanceOptions, SecretStore},
};

/// What a store's property `timeout` is where it names none (`wit/README.md`).
const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_secs(30);
/// How much longer than the store's own `timeout` the host waits: the store's error says more.
const STORE_TIMEOUT_GRACE: Duration = Duration::from_secs(5);
/// How long an instance is kept that no call needs.
const IDLE_INSTANCE_LIFE: Duration = Duration::from_secs(60);

/// How the instances of a [`Pool`] are made.
#[derive(Clone)]
pub struct PoolOptions {
    /// How its requests leave, and what they may reach.
    pub outbound: Outbound,
    /// How many instances there may be at once; further calls wait for one.
    pub max_instances: usize,
}

/// What the instances of a [`Pool`] are configured by. It has no `Debug`: keys are in it.
pub enum Configured {
    /// `init` gets these properties; there is no environment.
    By(Properties),
    /// Nobody calls `init`: they see this environment.
    From(Environment),
}

impl Configured {
    /// What the host goes by: `timeout` and `endpoint` mean the same from either source.
    pub fn properties(&self) -> &Properties {
        match self {
            Self::By(properties) => properties,
            Self::From(environment) => &environment.properties,
        }
    }

    fn variables(&self) -> &[(String, String)] {
        match self {
            Self::By(_) => &[],
            Self::From(environment) => &environment.variables,
        }
    }
}

/// Initialised instances of one component, made on demand. Every call is bounded by the property
/// `timeout` (30 s without) and a grace of 5 s. A call that traps or runs out of time costs its
/// instance and nothing else.
pub struct Pool {
    component: Component,
    options: PoolOptions,
    configured: Configured,
    limit: Duration,
    permits: Semaphore,
    /// The longest unused first, with the moment of its last call.
    idle: Mutex<Vec<(Instant, SecretStore)>>,
}

impl Pool {
    /// Makes the first instance, which proves the properties.
    ///
    /// # Errors
    /// What `init` says of the properties; [`CallError::Trap`] or [`CallError::TimedOut`] if the
    /// component fails. An environment is proved by the first call.
    pub async fn start(
        component: Component,
        options: PoolOptions,
        configured: Configured,
    ) -> Result<Self, CallError> {
        let limit = limit(configured.properties());
        let pool = Self {
            component,
            permits: Semaphore::new(options.max_instances.max(1)),
            options,
            configured,
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
        let options = InstanceOptions {
            env: self.configured.variables().to_vec(),
            output: None,
        };
        let outbound = &self.options.outbound;
        let mut instance = self.component.instantiate(outbound, &options).await?;
        if let Configured::By(properties) = &self.configured {
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
            let unused =
                idle.partition_point(|(since, _)| now.duration_since(*since) > IDLE_INSTANCE_LIFE);
            idle.drain(..unused);
            idle.push((now, instance));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_waits_longer_than_the_store_wherever_its_timeout_comes_from() {
        let with = |timeout: &str| Properties::new([("Timeout".to_owned(), timeout.to_owned())]);
        for (timeout, seconds) in [
            ("2m", 125),
            ("", 35),
            ("soon", 35),
            ("18446744073709549568s2047s", 35),
        ] {
            let by = Configured::By(with(timeout));
            let from = Configured::From(Environment {
                variables: Vec::new(),
                properties: with(timeout),
            });
            for configured in [by, from] {
                let limit = limit(configured.properties());
                assert_eq!(limit, Duration::from_secs(seconds), "{timeout}");
            }
        }
    }
}

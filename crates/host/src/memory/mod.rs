//! What this host remembers of a store, whatever the store is: values for a while (`cache`), which
//! reads are under way (`flight`), and how fast it may be asked (`pace`).

mod cache;
mod figures;
mod flight;
mod key;
mod options;
mod pace;
mod read;
mod turn;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{runtime::Handle, time::sleep};

use self::{
    cache::Cache,
    figures::Counters,
    flight::{Flights, Source},
    key::{Asked, Key},
    options::Options,
    pace::{Ended, PACE_WINDOW},
    read::Read,
    turn::Turns,
};
use crate::{
    contract::{CallError, Kind, Metadata, Secret, Secrets},
    stores::{Properties, Store, StoreType, StoreTypes},
};

pub use figures::Figures;
pub(crate) use key::REFRESH_CACHE;

/// How long values whose time has passed may stay in memory, so that they leave it together.
const CACHE_SWEEP: Duration = Duration::from_secs(1);

/// A store, and what is remembered of it: equal reads at the same time are one call, what they gave
/// is kept for as long as the Component's `cacheTTL` says, and where single reads are throttled,
/// they wait for their turn. A bulk read keeps to a pace of its own.
struct Memory {
    remembered: Arc<Remembered>,
    flights: Arc<Flights>,
}

/// What a call needs that goes on without its caller.
struct Remembered {
    /// The name of the Component, empty where there is none.
    name: String,
    store: Arc<dyn Store>,
    cache: Option<Arc<Mutex<Cache>>>,
    turns: Arc<Turns>,
    /// How often a read that was throttled is repeated.
    max_retries: u32,
    counters: Counters,
}

/// Starts the store of the Component `name`, of the type `store_type`, and remembers of it what
/// `properties` say; the store does not see those that say so. `None` if there is no such type.
pub async fn start(
    types: &StoreTypes,
    store_type: &StoreType,
    name: &str,
    properties: &Properties,
    figures: &Figures,
) -> Option<Result<Arc<dyn Store>, CallError>> {
    let options = match Options::of(properties) {
        Ok(options) => options,
        Err(why) => return Some(Err(why)),
    };
    // Boxed, so that the futures of those who start stores nest less deeply.
    let started = Box::pin(types.start(store_type, Options::for_store(properties))).await?;
    Some(started.map(|store| Memory::of(name, store, options, figures)))
}

/// As [`start`], a store that configures itself from its environment.
pub async fn start_from_environment(
    types: &StoreTypes,
    store_type: &StoreType,
    figures: &Figures,
) -> Option<Result<Arc<dyn Store>, CallError>> {
    let options = match Options::of(types.environment(store_type)?) {
        Ok(options) => options,
        Err(why) => return Some(Err(why)),
    };
    let started = Box::pin(types.start_from_environment(store_type)).await?;
    Some(started.map(|store| Memory::of("", store, options, figures)))
}

impl Memory {
    fn of(
        name: &str,
        store: Arc<dyn Store>,
        options: Options,
        figures: &Figures,
    ) -> Arc<dyn Store> {
        let cache = options.keeps().then(|| Cache::new(options));
        let remembered = Arc::new(Remembered {
            name: name.to_owned(),
            store,
            cache: cache.map(Mutex::new).map(Arc::new),
            turns: Arc::new(Turns::new()),
            max_retries: options.max_retries,
            counters: figures.of(name),
        });
        figures.watch(&remembered);
        Arc::new(Self {
            remembered,
            flights: Arc::default(),
        })
    }

    async fn read(&self, name: Option<&str>, metadata: &Metadata) -> Result<Read, CallError> {
        let Asked { key, refresh } = Asked::new(name, metadata);
        let key = Arc::new(key);
        let known = || self.remembered.fresh(&key);
        let work = || Arc::clone(&self.remembered).ask(Arc::clone(&key));
        let (result, source) = self.flights.answer(&key, refresh, known, work).await;
        self.remembered.count(source);
        match &result {
            Ok(_) => {
                let (store, from) = (&self.remembered.name, source.name());
                tracing::debug!(store, from, "answered");
                result
            }
            Err(why) if !refresh && may_pass(why.kind()) => {
                let stale = self.remembered.stale(&key, why);
                stale.map_or(result, Ok)
            }
            Err(_) => result,
        }
    }
}

/// What a call's result says of the pace.
fn how<T>(result: &Result<T, CallError>) -> Ended {
    match result {
        Ok(_) => Ended::Good,
        Err(CallError::Store(why)) => match why.kind {
            Kind::Throttled => Ended::Throttled,
            Kind::NotFound | Kind::PermissionDenied => Ended::Good,
            _ => Ended::Otherwise,
        },
        Err(_) => Ended::Otherwise,
    }
}

/// Whether the same read may succeed when the store is well again.
fn may_pass(kind: Kind) -> bool {
    matches!(kind, Kind::Unavailable | Kind::Timeout | Kind::Throttled)
}

impl Remembered {
    /// Asks the store, and keeps what it gives.
    fn ask(self: Arc<Self>, key: Arc<Key>) -> BoxFuture<'static, Result<Read, CallError>> {
        async move {
            let (read, since) = match &key.name {
                Some(name) => self.get(name, &key.metadata).await?,
                None => {
                    let since = Instant::now();
                    let secrets = self.store.bulk_get(&key.metadata).await;
                    self.count_throttled(&secrets);
                    (Read::all(secrets?), since)
                }
            };
            self.keep(&key, &read, since);
            Ok(read)
        }
        .boxed()
    }

    /// Reads one secret when it is its turn, and again in turn where that was throttled. Says when the
    /// read began.
    async fn get(&self, name: &str, metadata: &Metadata) -> Result<(Read, Instant), CallError> {
        let asked = Instant::now();
        let mut left = self.max_retries;
        loop {
            let waits = Instant::now();
            let turn = self.turns.next(asked).await?;
            let since = turn.started();
            self.counters.waited(since.saturating_duration_since(waits));
            let secret = self.store.get(name, metadata).await;
            self.count_throttled(&secret);
            let how = how(&secret);
            if let Some(rate) = turn.end(how) {
                let store = &self.name;
                tracing::warn!(
                    store,
                    "throttled: it is sent {rate:.1} reads a second for now, and more when they succeed"
                );
            }
            if how != Ended::Throttled || left == 0 {
                return Ok((Read::one(secret?), since));
            }
            left -= 1;
            // Of this second nothing is left.
            sleep(PACE_WINDOW).await;
        }
    }

    fn count_throttled<T>(&self, result: &Result<T, CallError>) {
        if matches!(how(result), Ended::Throttled) {
            self.counters.throttled.inc();
        }
    }

    fn count(&self, source: Source) {
        if matches!(source, Source::Shared) {
            self.counters.shared.inc();
        }
        if self.cache.is_some() {
            let known = matches!(source, Source::Known);
            let counter = if known {
                &self.counters.hits
            } else {
                &self.counters.misses
            };
            counter.inc();
        }
    }

    /// How many reads are kept, and what they take in memory; `None` without a cache.
    fn kept(&self) -> Option<(usize, usize)> {
        let cache = lock(self.cache.as_ref()?);
        Some((cache.entries(), cache.bytes()))
    }

    fn fresh(&self, key: &Key) -> Option<Read> {
        lock(self.cache.as_ref()?).fresh(key, Instant::now())
    }

    /// What may be given in the place of the error `why`.
    fn stale(&self, key: &Key, why: &CallError) -> Option<Read> {
        let now = Instant::now();
        let (read, since) = lock(self.cache.as_ref()?).stale(key, now)?;
        let (store, age) = (&self.name, now.saturating_duration_since(since));
        self.counters.stale(age);
        let why = why.describe();
        tracing::warn!(
            store,
            ?age,
            "a stale value is given (cacheStaleOnError): {why}"
        );
        Some(read)
    }

    fn keep(&self, key: &Arc<Key>, read: &Read, since: Instant) {
        let Some(cache) = &self.cache else {
            return;
        };
        let untended = lock(cache).keep(key, read, since);
        if untended && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tend(Arc::downgrade(cache)));
        }
    }
}

/// Sees to it that values leave `cache` when their time has passed, for as long as there are any.
async fn tend(cache: Weak<Mutex<Cache>>) {
    let sweep = || lock(&*cache.upgrade()?).sweep(Instant::now());
    while let Some(next) = sweep() {
        sleep(next.saturating_duration_since(Instant::now()) + CACHE_SWEEP).await;
    }
}

fn lock(cache: &Mutex<Cache>) -> MutexGuard<'_, Cache> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for Memory {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        self.remembered.store.features().await
    }

    async fn get(&self, name: &str, metadata: &Metadata) -> Result<Secret, CallError> {
        self.read(Some(name), metadata).await?.into_one()
    }

    async fn bulk_get(&self, metadata: &Metadata) -> Result<Secrets, CallError> {
        Ok(self.read(None, metadata).await?.into_all())
    }

    async fn ping(&self) -> Result<(), CallError> {
        self.remembered.store.ping().await
    }
}

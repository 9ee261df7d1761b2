//! Stores that daprd named and this process never initialised: found again in the resources or in
//! the environment.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant},
};

use tokio::{sync::Mutex as AsyncMutex, task::spawn_blocking, time::timeout};

use crate::{
    loader::Loader,
    memory::{self, Figures},
    resources::{self, Loaded},
    stores::{Properties, Store, StoreType, StoreTypes},
};

/// How long counts what was read of the resources, and that a store does not start. Wrong names
/// cost one reading in this time, however many they are.
const FINDER_MEMORY: Duration = Duration::from_secs(5);
/// How long reading the resources may take: a file system may hang, and daprd waits for ever.
const RESOURCES_TIMEOUT: Duration = Duration::from_secs(10);

/// Finds the stores of one type.
pub(super) struct Finder {
    store_type: StoreType,
    types: StoreTypes,
    loader: Option<Loader>,
    figures: Figures,
    resources: AsyncMutex<Option<Reading>>,
    /// What is started at this moment, or failed to a moment ago, by name.
    starts: Mutex<HashMap<String, Arc<Start>>>,
    /// The store that has every name where no resources are.
    from_environment: Start,
}

/// What the folders held a moment ago.
struct Reading {
    at: Instant,
    found: Arc<Result<Loaded, String>>,
}

impl Finder {
    pub(super) fn new(
        store_type: StoreType,
        types: StoreTypes,
        loader: Option<Loader>,
        figures: Figures,
    ) -> Self {
        Self {
            store_type,
            types,
            loader,
            figures,
            resources: AsyncMutex::default(),
            starts: Mutex::default(),
            from_environment: Start::default(),
        }
    }

    /// Whether there are resources to look into.
    pub(super) fn has_resources(&self) -> bool {
        self.loader.is_some()
    }

    /// The store of the Component `name`. The environment counts only where no Component has that
    /// name: whatever its YAML withholds is not given on another way.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn find(&self, name: &str) -> Result<Arc<dyn Store>, String> {
        let mut absent = None;
        if let Some(loader) = &self.loader {
            match &*self.resources(loader).await {
                Err(why) => return Err(why.clone()),
                Ok(loaded) if self.is_there(name, loaded, loader)? => {
                    let start = self.start_of(name);
                    return start.once(self.named(name, loaded, loader)).await;
                }
                Ok(loaded) => absent = Some(no_such_component(name, loaded)),
            }
        }
        let started = self.from_environment.once(async {
            match memory::start_from_environment(&self.types, &self.store_type, &self.figures).await
            {
                Some(started) => started.map_err(|why| why.describe()),
                None => Err(String::new()),
            }
        });
        started.await.map_err(|why| {
            let reasons = absent.into_iter().chain([why]);
            let reasons: Vec<_> = reasons.filter(|why| !why.is_empty()).collect();
            reasons.join("; ")
        })
    }

    /// As [`Self::find`], and not what it found before.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn find_anew(&self, name: &str) -> Result<Arc<dyn Store>, String> {
        self.starts().remove(name);
        self.find(name).await
    }

    /// Starts a store with these properties.
    ///
    /// # Errors
    /// Why it does not start.
    pub(super) async fn start(
        &self,
        name: &str,
        properties: &Properties,
    ) -> Result<Arc<dyn Store>, String> {
        let (types, kind) = (&self.types, &self.store_type);
        let started = memory::start(types, kind, name, properties, &self.figures).await;
        let started = started.ok_or("the type is not served")?;
        started.map_err(|why| why.describe())
    }

    /// Starts a store again from what daprd initialised it with.
    ///
    /// # Errors
    /// Why it does not start.
    pub(super) async fn wake(
        &self,
        name: &str,
        properties: Properties,
    ) -> Result<Arc<dyn Store>, String> {
        let start = self.start_of(name);
        start.once(self.start(name, &properties)).await
    }

    /// Forgets what counts no longer.
    pub(super) fn rest(&self) {
        if let Ok(mut resources) = self.resources.try_lock()
            && resources.as_ref().is_some_and(|it| !is_fresh(it.at))
        {
            *resources = None;
        }
        let used = |start: &Arc<Start>| Arc::strong_count(start) > 1 || start.failed_now();
        self.starts().retain(|_, start| used(start));
    }

    async fn resources(&self, loader: &Loader) -> Arc<Result<Loaded, String>> {
        let mut resources = self.resources.lock().await;
        if let Some(reading) = &*resources
            && is_fresh(reading.at)
        {
            return Arc::clone(&reading.found);
        }
        let (folders, namespace) = (loader.folders.clone(), loader.namespace.clone());
        let app_id = loader.identity.app_id.clone();
        let reading =
            spawn_blocking(move || resources::load(&folders, namespace.as_deref(), &app_id));
        let found = match timeout(RESOURCES_TIMEOUT, reading).await {
            Ok(Ok(loaded)) => loaded.map_err(|why| why.to_string()),
            Ok(Err(why)) => Err(why.to_string()),
            Err(_) => Err(format!(
                "the resources cannot be read: it takes longer than {RESOURCES_TIMEOUT:?}"
            )),
        };
        let found = Arc::new(found);
        *resources = Some(Reading {
            at: Instant::now(),
            found: Arc::clone(&found),
        });
        found
    }

    /// Whether there is a Component `name`; the error says why it is not for this socket.
    fn is_there(&self, name: &str, loaded: &Loaded, loader: &Loader) -> Result<bool, String> {
        // One that is not for this app must be known too: the environment is no way round it.
        let mut components = loaded.components.iter().chain(&loaded.withheld);
        let Some(component) = components.find(|component| component.name == name) else {
            return Ok(false);
        };
        let place = &component.place;
        if component.store_type != self.store_type {
            let (its, ours) = (&component.store_type, &self.store_type);
            return Err(format!(
                "{place}: {name:?} is of the type {its}, and {ours} was asked for"
            ));
        }
        let app = &loader.identity.app_id;
        if component.in_scope(app) {
            return Ok(true);
        }
        Err(if app.is_empty() {
            format!("{place}: {name:?} has scopes: say with --app-id who you are")
        } else {
            format!("{place}: {name:?} has scopes, and the app {app:?} is not in them")
        })
    }

    async fn named(
        &self,
        name: &str,
        loaded: &Loaded,
        loader: &Loader,
    ) -> Result<Arc<dyn Store>, String> {
        let served = loader.start_only(loaded, name).await;
        let served = served.ok_or_else(|| no_such_component(name, loaded))?;
        let served = served.map_err(|problem| problem.to_string())?;
        tracing::info!(
            instance = name,
            kind = %self.store_type,
            "configured again without daprd's Init"
        );
        Ok(Arc::clone(&served.store))
    }

    fn start_of(&self, name: &str) -> Arc<Start> {
        let mut starts = self.starts();
        Arc::clone(starts.entry(name.to_owned()).or_default())
    }

    fn starts(&self) -> MutexGuard<'_, HashMap<String, Arc<Start>>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_such_component(name: &str, loaded: &Loaded) -> String {
    let mut why = format!("no Component {name:?} is in the resources");
    if let Some(first) = loaded.problems.first() {
        let more = match loaded.problems.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more in the log of `dapr-wasm-host check`)"),
        };
        why.push_str(&format!("; not all of them can be read: {first}{more}"));
    }
    why
}

fn is_fresh(at: Instant) -> bool {
    at.elapsed() < FINDER_MEMORY
}

/// A store that is started by whoever calls first; others who call at the same time wait for it.
#[derive(Default)]
struct Start(AsyncMutex<Option<Started>>);

enum Started {
    Store(Weak<dyn Store>),
    Failed(Instant, String),
}

impl Start {
    async fn once(
        &self,
        start: impl Future<Output = Result<Arc<dyn Store>, String>>,
    ) -> Result<Arc<dyn Store>, String> {
        let mut last = self.0.lock().await;
        match &*last {
            Some(Started::Failed(at, why)) if is_fresh(*at) => return Err(why.clone()),
            Some(Started::Store(store)) => {
                if let Some(store) = store.upgrade() {
                    return Ok(store);
                }
            }
            _ => {}
        }
        let started = start.await;
        *last = Some(match &started {
            Ok(store) => Started::Store(Arc::downgrade(store)),
            Err(why) => Started::Failed(Instant::now(), why.clone()),
        });
        started
    }

    fn failed_now(&self) -> bool {
        let Ok(last) = self.0.try_lock() else {
            return true;
        };
        matches!(&*last, Some(Started::Failed(at, _)) if is_fresh(*at))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::stores::LocalEnv;

    #[tokio::test]
    async fn a_start_is_made_once_while_its_store_lives_and_a_failure_is_remembered() {
        let start = Start::default();
        let count = AtomicUsize::new(0);
        let starting = || async {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(Arc::new(LocalEnv::new(&Properties::default())) as Arc<dyn Store>)
        };
        let (first, second) = tokio::join!(start.once(starting()), start.once(starting()));
        assert_eq!(count.load(Ordering::Relaxed), 1);
        drop((first, second));
        let failing = || async { Err("no".to_owned()) };
        assert_eq!(start.once(failing()).await.err().unwrap(), "no");
        assert!(start.failed_now());
        assert_eq!(start.once(starting()).await.err().unwrap(), "no");
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}

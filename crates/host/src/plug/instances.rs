//! The stores of one type by the names that daprd gives them, no more than a bounded number.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::stores::{Properties, Store};

/// How many names of one type are known; for a further one the longest unused goes.
const MAX_STORES: usize = 2_000;
/// How many of them are kept in the place of others though nobody has called them: as many as
/// daprd may be about to call.
const MAX_UNCALLED_STORES: usize = 200;
/// How long a store is kept that nobody calls. daprd never says that it is done with one.
const UNUSED_STORE_LIFE: Duration = Duration::from_secs(3_600);

/// Stores by name.
pub(super) struct Instances {
    known: Mutex<HashMap<String, Instance>>,
    /// Told of every name that goes.
    gone: Box<dyn Fn(&str) + Send + Sync>,
}

/// What a name stands for.
#[derive(Clone)]
pub(super) enum Known {
    /// A store that serves.
    Store(Arc<dyn Store>),
    /// What daprd initialised a store with that nobody has called for long. daprd does not do so
    /// again, so this is kept.
    Resting(Properties),
}

struct Instance {
    known: Known,
    /// What daprd initialised it with, if it was daprd.
    by_init: Option<Properties>,
    used: Instant,
    /// Whether it was called since it was initialised.
    called: bool,
}

impl Instances {
    /// None yet. `gone` is told of every name that goes.
    pub(super) fn new(gone: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            known: Mutex::default(),
            gone: Box::new(gone),
        }
    }

    /// What `name` stands for; it counts as used.
    pub(super) fn call(&self, name: &str) -> Option<Known> {
        let mut all = self.all();
        let instance = all.get_mut(name)?;
        instance.used = Instant::now();
        instance.called = true;
        Some(instance.known.clone())
    }

    /// Takes `store`, initialised by `properties`, in the place of what `name` stood for; whether
    /// there was any. Calls in flight hold the old store until they end.
    pub(super) fn initialise(
        &self,
        name: String,
        store: Arc<dyn Store>,
        properties: Properties,
    ) -> bool {
        let instance = Instance {
            known: Known::Store(store),
            by_init: Some(properties),
            used: Instant::now(),
            called: false,
        };
        let mut all = self.all();
        let again = all.insert(name.clone(), instance).is_some();
        self.bound(&mut all, &name);
        again
    }

    /// Takes `store`, found again without daprd, unless daprd has initialised one meanwhile, which
    /// knows better. Gives the one that serves.
    pub(super) fn found(&self, name: &str, store: Arc<dyn Store>) -> Arc<dyn Store> {
        let mut all = self.all();
        let instance = all.entry(name.to_owned()).or_insert_with(|| Instance {
            known: Known::Store(Arc::clone(&store)),
            by_init: None,
            used: Instant::now(),
            called: true,
        });
        let serving = match &instance.known {
            Known::Store(store) => Arc::clone(store),
            Known::Resting(_) => {
                instance.known = Known::Store(Arc::clone(&store));
                store
            }
        };
        self.bound(&mut all, name);
        serving
    }

    /// All names.
    pub(super) fn names(&self) -> Vec<String> {
        self.all().keys().cloned().collect()
    }

    /// The store that serves under `name`, and what daprd initialised it with, if it was daprd.
    pub(super) fn serving(&self, name: &str) -> Option<(Arc<dyn Store>, Option<Properties>)> {
        let all = self.all();
        let instance = all.get(name)?;
        match &instance.known {
            Known::Store(store) => Some((Arc::clone(store), instance.by_init.clone())),
            Known::Resting(_) => None,
        }
    }

    /// Takes `new` in the place of `old`, unless another has come meanwhile. Calls in flight hold
    /// the old store until they end.
    pub(super) fn renew(&self, name: &str, old: &Arc<dyn Store>, new: Arc<dyn Store>) {
        if let Some(instance) = self.all().get_mut(name)
            && let Known::Store(store) = &mut instance.known
            && Arc::ptr_eq(store, old)
        {
            *store = new;
        }
    }

    /// Says again that `name` is gone if it went while a call of it was made.
    pub(super) fn called(&self, name: &str) {
        if !self.all().contains_key(name) {
            (self.gone)(name);
        }
    }

    /// Gives up the stores that nobody has called for long as of `now`.
    pub(super) fn rest(&self, now: Instant) {
        self.all().retain(|name, instance| {
            if now.saturating_duration_since(instance.used) < UNUSED_STORE_LIFE {
                return true;
            }
            let Some(properties) = &instance.by_init else {
                // It is found again as it was found before.
                (self.gone)(name);
                return false;
            };
            instance.known = Known::Resting(properties.clone());
            true
        });
    }

    /// Makes room for `newest`. Whoever only initialises pushes out none that is called.
    fn bound(&self, all: &mut HashMap<String, Instance>, newest: &str) {
        while all.len() > MAX_STORES {
            let uncalled = all.values().filter(|it| !it.called).count();
            let first = all
                .iter()
                .filter(|(name, _)| *name != newest)
                .filter(|(_, instance)| !instance.called || uncalled <= MAX_UNCALLED_STORES)
                .min_by_key(|(_, instance)| instance.used);
            let Some(name) = first.map(|(name, _)| name.clone()) else {
                return;
            };
            all.remove(&name);
            (self.gone)(&name);
            tracing::warn!(
                instance = name,
                "this type has more than {MAX_STORES} stores: the longest unused is given up"
            );
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Instance>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stores::LocalEnv;

    /// Instances, and the names that went.
    fn instances() -> (Instances, Arc<Mutex<Vec<String>>>) {
        let names = Arc::<Mutex<Vec<String>>>::default();
        let told = Arc::clone(&names);
        let instances = Instances::new(move |name| told.lock().unwrap().push(name.to_owned()));
        (instances, names)
    }

    fn store() -> Arc<dyn Store> {
        Arc::new(LocalEnv::new(&Properties::default()))
    }

    fn properties(text: &str) -> Properties {
        Properties::new([("endpoint".to_owned(), text.to_owned())])
    }

    fn initialise(instances: &Instances, name: &str) -> bool {
        instances.initialise(name.to_owned(), store(), properties(name))
    }

    #[test]
    fn whoever_only_initialises_pushes_out_none_that_is_called() {
        let (instances, gone) = instances();
        for name in ["real", "second"] {
            assert!(!initialise(&instances, name));
            assert!(instances.call(name).is_some());
        }
        assert!(initialise(&instances, "real"), "there was one");
        instances.call("real");
        for number in 0..10_000 {
            initialise(&instances, &number.to_string());
        }
        assert_eq!(instances.all().len(), MAX_STORES);
        assert_eq!(gone.lock().unwrap().len(), 10_000 + 2 - MAX_STORES);
        assert_eq!(gone.lock().unwrap()[0], "0");
        assert!(instances.call("real").is_some() && instances.call("second").is_some());
        assert!(instances.call("9999").is_some() && instances.call("0").is_none());
    }

    #[test]
    fn of_those_that_are_called_the_longest_unused_goes_and_new_ones_stay_until_called() {
        let (instances, _) = instances();
        for number in 0..MAX_STORES {
            let name = number.to_string();
            initialise(&instances, &name);
            instances.call(&name);
        }
        instances.call("0");
        let new = || (0..MAX_UNCALLED_STORES).map(|number| format!("new-{number}"));
        for name in new() {
            initialise(&instances, &name);
        }
        assert!(new().all(|name| instances.call(&name).is_some()));
        assert!(instances.call("0").is_some() && instances.call("1").is_none());
        assert_eq!(instances.all().len(), MAX_STORES);
    }

    #[test]
    fn a_store_that_nobody_calls_goes_and_what_only_daprd_knows_is_kept() {
        let (instances, gone) = instances();
        initialise(&instances, "by-init");
        instances.found("found", store());
        let soon = Instant::now() + UNUSED_STORE_LIFE / 2;
        instances.rest(soon);
        assert!(matches!(instances.call("by-init"), Some(Known::Store(_))));
        let late = Instant::now() + UNUSED_STORE_LIFE * 2;
        instances.rest(late);
        assert!(instances.call("found").is_none());
        assert_eq!(*gone.lock().unwrap(), ["found"]);
        let Some(Known::Resting(kept)) = instances.call("by-init") else {
            panic!("it rests");
        };
        assert!(kept == properties("by-init"));
        instances.found("by-init", store());
        assert!(matches!(instances.call("by-init"), Some(Known::Store(_))));
        instances.rest(late);
        assert!(matches!(instances.call("by-init"), Some(Known::Resting(_))));
    }

    #[test]
    fn an_init_that_came_meanwhile_knows_better() {
        let (instances, gone) = instances();
        let by_init = store();
        instances.initialise("a".to_owned(), Arc::clone(&by_init), properties("a"));
        assert!(Arc::ptr_eq(&instances.found("a", store()), &by_init));
        instances.called("a");
        assert!(gone.lock().unwrap().is_empty());
        instances.called("b");
        assert_eq!(*gone.lock().unwrap(), ["b"]);
    }
}

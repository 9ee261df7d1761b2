//! What is counted of stores that are remembered.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use prometheus::{
    GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use super::Remembered;

/// In seconds.
const WAITS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0];
/// In seconds.
const AGES: [f64; 8] = [1.0, 10.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0];
const LABELS: [&str; 3] = ["app_id", "component", "namespace"];

/// Counts what is remembered of stores, and what that saved them. Cheap to clone; clones count
/// together.
#[derive(Clone)]
pub struct Figures {
    app_id: String,
    namespace: String,
    hits: IntCounterVec,
    misses: IntCounterVec,
    shared: IntCounterVec,
    throttled: IntCounterVec,
    waits: HistogramVec,
    ages: HistogramVec,
    stores: Arc<Mutex<Vec<Weak<Remembered>>>>,
}

/// The counters of one store.
pub(super) struct Counters {
    pub(super) hits: IntCounter,
    pub(super) misses: IntCounter,
    pub(super) shared: IntCounter,
    pub(super) throttled: IntCounter,
    waits: Histogram,
    ages: Histogram,
}

impl Figures {
    /// Counts for the app `app_id` in `namespace`.
    ///
    /// # Errors
    /// Only if the names of metrics are no names.
    pub fn new(app_id: &str, namespace: &str) -> Result<Self, prometheus::Error> {
        let counter = |name, help| IntCounterVec::new(Opts::new(name, help), &LABELS);
        let histogram = |name, help, buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            HistogramVec::new(options, &LABELS)
        };
        Ok(Self {
            app_id: app_id.to_owned(),
            namespace: namespace.to_owned(),
            hits: counter(
                "dapr_wasm_cache_hits_total",
                "Reads that the cache answered (cacheTTL).",
            )?,
            misses: counter(
                "dapr_wasm_cache_misses_total",
                "Reads that a cache did not answer.",
            )?,
            shared: counter(
                "dapr_wasm_shared_reads_total",
                "Reads that shared in an equal one that was under way.",
            )?,
            throttled: counter(
                "dapr_wasm_throttled_total",
                "Calls of a store that ended as throttled.",
            )?,
            waits: histogram(
                "dapr_wasm_wait_seconds",
                "How long calls waited for their turn because their store was throttled.",
                &WAITS,
            )?,
            ages: histogram(
                "dapr_wasm_cache_stale_age_seconds",
                "The age of values that were given because their store could not be asked \
                 (cacheStaleOnError).",
                &AGES,
            )?,
            stores: Arc::default(),
        })
    }

    /// Shows all figures in `registry`.
    ///
    /// # Errors
    /// If it has some of these names already.
    pub(crate) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        for counter in [&self.hits, &self.misses, &self.shared, &self.throttled] {
            registry.register(Box::new(counter.clone()))?;
        }
        for histogram in [&self.waits, &self.ages] {
            registry.register(Box::new(histogram.clone()))?;
        }
        registry.register(Box::new(Now::new(self)?))
    }

    /// Ends the figures of the store `component`, which is gone.
    pub(crate) fn forget(&self, component: &str) {
        let labels = self.labels(component);
        // They fail where nothing was counted.
        for counter in [&self.hits, &self.misses, &self.shared, &self.throttled] {
            let _ = counter.remove_label_values(&labels);
        }
        for histogram in [&self.waits, &self.ages] {
            let _ = histogram.remove_label_values(&labels);
        }
    }

    /// The counters of the store `component`, which go on where one of this name was before.
    pub(super) fn of(&self, component: &str) -> Counters {
        let labels = self.labels(component);
        Counters {
            hits: self.hits.with_label_values(&labels),
            misses: self.misses.with_label_values(&labels),
            shared: self.shared.with_label_values(&labels),
            throttled: self.throttled.with_label_values(&labels),
            waits: self.waits.with_label_values(&labels),
            ages: self.ages.with_label_values(&labels),
        }
    }

    /// Shows what `store` remembers, for as long as it lives.
    pub(super) fn watch(&self, store: &Arc<Remembered>) {
        let mut stores = self.stores();
        stores.retain(|store| store.strong_count() > 0);
        stores.push(Arc::downgrade(store));
    }

    fn labels<'a>(&'a self, component: &'a str) -> [&'a str; 3] {
        [&self.app_id, component, &self.namespace]
    }

    fn stores(&self) -> MutexGuard<'_, Vec<Weak<Remembered>>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counters {
    /// A call waited for its turn.
    pub(super) fn waited(&self, time: Duration) {
        self.waits.observe(time.as_secs_f64());
    }

    /// A value of this age was given.
    pub(super) fn stale(&self, age: Duration) {
        self.ages.observe(age.as_secs_f64());
    }
}

/// What is so at the moment, read when asked for.
struct Now {
    figures: Figures,
    entries: GaugeVec,
    bytes: GaugeVec,
    waiting: GaugeVec,
    rate: GaugeVec,
    at_once: GaugeVec,
}

impl Now {
    fn new(figures: &Figures) -> Result<Self, prometheus::Error> {
        let gauges = |name, help| GaugeVec::new(Opts::new(name, help), &LABELS);
        Ok(Self {
            figures: figures.clone(),
            entries: gauges("dapr_wasm_cache_entries", "Reads whose values are kept.")?,
            bytes: gauges(
                "dapr_wasm_cache_bytes",
                "What the kept values of a store take in memory.",
            )?,
            waiting: gauges(
                "dapr_wasm_calls_waiting",
                "Calls that wait for their turn because their store was throttled.",
            )?,
            rate: gauges(
                "dapr_wasm_rate_limit",
                "How many calls a second a store is sent at most after it was throttled.",
            )?,
            at_once: gauges(
                "dapr_wasm_concurrency_limit",
                "How many calls a store is sent at once at most after it was throttled.",
            )?,
        })
    }

    fn all(&self) -> [&GaugeVec; 5] {
        let Self {
            entries,
            bytes,
            waiting,
            rate,
            at_once,
            ..
        } = self;
        [entries, bytes, waiting, rate, at_once]
    }
}

impl Collector for Now {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // Held, so that two who ask at the same time do not add to each other's.
        let stores = self.figures.stores();
        self.all().into_iter().for_each(GaugeVec::reset);
        for store in stores.iter().filter_map(Weak::upgrade) {
            let labels = self.figures.labels(&store.name);
            let of = |gauges: &GaugeVec| gauges.with_label_values(&labels);
            if let Some((kept, size)) = store.kept() {
                of(&self.entries).add(kept as f64);
                of(&self.bytes).add(size as f64);
            }
            of(&self.waiting).add(store.turns.waiting() as f64);
            if let Some(rate) = store.turns.rate() {
                of(&self.rate).set(rate);
            }
            if let Some(at_once) = store.turns.at_once() {
                of(&self.at_once).set(at_once as f64);
            }
        }
        let families = self.all().into_iter().flat_map(Collector::collect);
        families.collect()
    }
}

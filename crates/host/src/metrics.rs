//! Figures for Prometheus, under Dapr's names where Dapr has one
//! (<https://docs.dapr.io/operations/observability/metrics/metrics-overview/>).

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use crate::{memory::Figures, outbound::Outbound, resources::Identity, wasm::Runtime};

/// What Dapr's exporter uses for latencies, in milliseconds.
const BUCKETS: [f64; 15] = [
    1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 25.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0, 30_000.0,
];
const LABELS: [&str; 5] = ["app_id", "component", "namespace", "operation", "success"];

/// Counts what stores are asked. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    count: IntCounterVec,
    latencies: HistogramVec,
    memory: Figures,
    reload_failures: IntCounter,
    identity: Arc<Identity>,
}

impl Metrics {
    /// Counts calls made for `identity`, and shows what `runtime` and `outbound` count by
    /// themselves.
    ///
    /// # Errors
    /// Only if the names of metrics are no names.
    pub fn new(
        identity: &Identity,
        runtime: &Runtime,
        outbound: &Outbound,
    ) -> Result<Self, prometheus::Error> {
        let count = Opts::new(
            "dapr_component_secret_count",
            "The number of operations performed on the secret component.",
        );
        let latencies = HistogramOpts::new(
            "dapr_component_secret_latencies",
            "The latency of the response from the secret component, in milliseconds.",
        );
        let metrics = Self {
            registry: Registry::new(),
            count: IntCounterVec::new(count, &LABELS)?,
            latencies: HistogramVec::new(latencies.buckets(BUCKETS.to_vec()), &LABELS)?,
            memory: Figures::new(&identity.app_id, &identity.namespace)?,
            reload_failures: IntCounter::new(
                "dapr_wasm_reload_failures_total",
                "Times that resources or a Configuration were read again, and did not serve as they say.",
            )?,
            identity: Arc::new(identity.clone()),
        };
        metrics.memory.register(&metrics.registry)?;
        let failures = metrics.reload_failures.clone();
        metrics.registry.register(Box::new(failures))?;
        let counted = Counted {
            runtime: runtime.clone(),
            outbound: outbound.clone(),
        };
        metrics.registry.register(Box::new(metrics.count.clone()))?;
        metrics
            .registry
            .register(Box::new(metrics.latencies.clone()))?;
        metrics.registry.register(Box::new(counted))?;
        Ok(metrics)
    }

    /// Does `work`, a call of the store `component`, and counts it; `operation` is `get` or
    /// `bulk_get`. Gives how long it took too.
    pub(crate) async fn measured<T, E>(
        &self,
        component: &str,
        operation: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> (Result<T, E>, Duration) {
        let started = Instant::now();
        let result = work.await;
        let took = started.elapsed();
        self.call(component, operation, result.is_ok(), took);
        (result, took)
    }

    fn call(&self, component: &str, operation: &str, success: bool, took: Duration) {
        let Identity {
            app_id, namespace, ..
        } = &*self.identity;
        let success = if success { "true" } else { "false" };
        let labels = [app_id, component, namespace, operation, success];
        self.count.with_label_values(&labels).inc();
        let latency = self.latencies.with_label_values(&labels);
        latency.observe(took.as_secs_f64() * 1_000.0);
    }

    /// What counts what is remembered of stores.
    pub fn memory(&self) -> &Figures {
        &self.memory
    }

    /// A reload failed, all of it or a store.
    pub(crate) fn reload_failed(&self) {
        self.reload_failures.inc();
    }

    /// Ends the figures of the store `component`, which is gone.
    pub(crate) fn forget(&self, component: &str) {
        self.memory.forget(component);
        let Identity {
            app_id, namespace, ..
        } = &*self.identity;
        for operation in ["get", "bulk_get"] {
            for success in ["true", "false"] {
                let labels = [app_id, component, namespace, operation, success];
                // Fails where nothing was counted.
                let _ = self.count.remove_label_values(&labels);
                let _ = self.latencies.remove_label_values(&labels);
            }
        }
    }

    /// All figures in Prometheus' text format.
    pub fn text(&self) -> String {
        let families = self.registry.gather();
        // Fails only on a family without figures, and the registry gives none such.
        TextEncoder::new()
            .encode_to_string(&families)
            .unwrap_or_default()
    }
}

/// What is counted where it happens, read when asked for.
struct Counted {
    runtime: Runtime,
    outbound: Outbound,
}

impl Counted {
    fn families(&self) -> Result<Vec<MetricFamily>, prometheus::Error> {
        let usage = self.runtime.usage();
        let sent = self.outbound.usage();
        let about_instances = Opts::new(
            "dapr_wasm_instances",
            "Instances of components that live now: busy with a call, or idle.",
        );
        let live = IntGaugeVec::new(about_instances, &["state"])?;
        let idle = usage.idle.min(usage.instances);
        for (state, count) in [("busy", usage.instances - idle), ("idle", idle)] {
            let gauge = live.with_label_values(&[state]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let memory = IntGauge::new(
            "dapr_wasm_memory_bytes",
            "The memory of the instances of components that live now.",
        )?;
        memory.set(i64::try_from(usage.memory).unwrap_or(i64::MAX));
        let traps = IntCounter::new(
            "dapr_wasm_traps_total",
            "Calls in which a component trapped.",
        )?;
        traps.inc_by(usage.traps);
        let about_requests = Opts::new(
            "dapr_wasm_outbound_requests_total",
            "HTTP requests of components: answered, failed, or denied by the allow-list.",
        );
        let requests = IntCounterVec::new(about_requests, &["result"])?;
        for (result, count) in [
            ("answered", sent.answered),
            ("failed", sent.failed),
            ("denied", sent.denied),
        ] {
            requests.with_label_values(&[result]).inc_by(count);
        }
        let mut families = live.collect();
        families.extend(memory.collect());
        families.extend(traps.collect());
        families.extend(requests.collect());
        Ok(families)
    }
}

impl Collector for Counted {
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.families().unwrap_or_default()
    }
}

//! A store whose account is limited: the real component, many callers, an emulator that throttles.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use dapr_wasm_host::{
    Kind, Outbound, Runtime, RuntimeConfig,
    memory::{self, Figures},
    stores::{PoolOptions, Properties, Store, StoreType, StoreTypes},
};
use http::Method;
use ssm_emulator::{Config, Emulator, Fault, FaultKind, Rates, Secret};
use test_support::resources::properties;
use tokio::time::sleep;

use crate::support::{Folder, SSM, Served, on, send};

const CALLERS: usize = 64;

/// What was served and sent a second, in parts of what the account is allowed.
struct Shares {
    served: f64,
    sent: f64,
    failed: f64,
}

async fn start(emulator: &Emulator) -> Arc<dyn Store> {
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    let outbound = Outbound::builder().native_roots(false).build().unwrap();
    let store_type: StoreType = SSM.parse().unwrap();
    let types = StoreTypes::new(PoolOptions {
        outbound,
        max_instances: CALLERS,
    })
    .with(store_type.clone(), runtime.tencentcloud_ssm().unwrap());
    let properties = Properties::new(properties(&emulator.url(), &[]));
    let figures = Figures::new("", "").unwrap();
    let started = memory::start(&types, &store_type, "tencent", &properties, &figures).await;
    started.unwrap().unwrap()
}

/// With 64 callers that read one secret each, again and again, under an account's limit of `rate`
/// reads a second; what the first seconds teach does not count.
async fn shares(rate: usize) -> Shares {
    const LEARNING: Duration = Duration::from_secs(5);
    const COUNTED: Duration = Duration::from_secs(10);
    let config = Config {
        rates: Rates::none().with("GetSecretValue", rate),
        secrets: (0..CALLERS)
            .map(|number| Secret::text(&format!("secret-{number}"), "SSM_Current", "value"))
            .collect(),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let store = start(&emulator).await;
    let (served, failed) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let stop = Arc::<AtomicBool>::default();
    let callers = (0..CALLERS).map(|number| {
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        let (served, failed) = (Arc::clone(&served), Arc::clone(&failed));
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                match store.get(&format!("secret-{number}"), &Vec::new()).await {
                    Ok(_) => served.fetch_add(1, Ordering::Relaxed),
                    Err(why) => {
                        assert_eq!(why.kind(), Kind::Throttled, "{why}");
                        failed.fetch_add(1, Ordering::Relaxed)
                    }
                };
            }
        })
    });
    let callers: Vec<_> = callers.collect();
    sleep(LEARNING).await;
    emulator.clear_requests();
    served.store(0, Ordering::Relaxed);
    failed.store(0, Ordering::Relaxed);
    sleep(COUNTED).await;
    let part = |count: usize| count as f64 / (rate as f64 * COUNTED.as_secs_f64());
    let shares = Shares {
        served: part(served.load(Ordering::Relaxed)),
        sent: part(emulator.requests().len()),
        failed: part(failed.load(Ordering::Relaxed)),
    };
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    shares
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_the_account_may_most_is_served_and_little_more_is_sent() {
    for rate in [10, 100, 300] {
        let Shares {
            served,
            sent,
            failed,
        } = shares(rate).await;
        println!("{rate}/s: served {served:.2}, sent {sent:.2}, failed {failed:.3}");
        assert!(served >= 0.8 && sent <= 1.5, "{rate}/s: {served} {sent}");
    }
}

#[tokio::test]
async fn figures_say_what_was_remembered_and_what_was_throttled() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let properties = [
        ("cacheTTL", "1h"),
        ("cacheStaleOnError", "1h"),
        ("maxRetries", "0"),
    ];
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &properties));
    let mut served = Served::start(&folder, &[], &[]);
    for name in ["api-token", "api-token", "payment-service"] {
        served.get(&format!("/v1.0/secrets/tencent/{name}")).await;
    }
    let throttled = FaultKind::Error("RequestLimitExceeded".to_owned());
    emulator.add_fault(Fault::new(throttled));
    served.get("/v1.0/secrets/tencent/orders-mysql").await;
    folder.write("a.yaml", &on(&emulator, "tencent", &[("region", "-")]));
    served.process.wait_for("does not start", 1);
    let labels = r#"{app_id="",component="tencent",namespace=""}"#;
    let text = send(served.metrics, Method::GET, "/metrics", &[], "")
        .await
        .body;
    for line in [
        format!("dapr_wasm_cache_hits_total{labels} 1"),
        format!("dapr_wasm_cache_misses_total{labels} 3"),
        format!("dapr_wasm_cache_entries{labels} 2"),
        format!("dapr_wasm_cache_bytes{labels} "),
        format!("dapr_wasm_shared_reads_total{labels} 0"),
        format!("dapr_wasm_throttled_total{labels} 1"),
        format!("dapr_wasm_calls_waiting{labels} 0"),
        format!("dapr_wasm_rate_limit{labels} "),
        format!("dapr_wasm_concurrency_limit{labels} 1"),
        format!("dapr_wasm_wait_seconds_count{labels} 3"),
        format!("dapr_wasm_cache_stale_age_seconds_count{labels} 0"),
        "dapr_wasm_reload_failures_total 1".to_owned(),
        r#"dapr_wasm_instances{state="busy"} 0"#.to_owned(),
    ] {
        assert!(text.contains(&line), "{line} is not in:\n{text}");
    }
    assert!(!text.contains("api-token"));
}

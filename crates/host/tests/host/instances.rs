//! How many instances there are, how much memory they have, and who waits for one.

use std::time::{Duration, Instant};

use dapr_wasm_host::{
    CallError, Component, Outbound, Runtime, RuntimeConfig,
    stores::{Pool, PoolOptions, Properties, Store},
};
use futures_util::future::join_all;
use http::StatusCode;
use ssm_emulator::{Config, Emulator};
use tokio::task::JoinHandle;

use crate::support::{Folder, Served, component, on};

fn bad(limits: &RuntimeConfig) -> (Runtime, Component) {
    let runtime = Runtime::new(limits).unwrap();
    let wasm = std::fs::read(component_build::package("bad-store").unwrap()).unwrap();
    let component = runtime.load(&wasm).unwrap();
    (runtime, component)
}

async fn pool(component: &Component, max_instances: usize, timeout: &str) -> Pool {
    let outbound = Outbound::builder().native_roots(false).build().unwrap();
    let options = PoolOptions {
        outbound,
        max_instances,
    };
    let properties = Properties::new([("timeout".to_owned(), timeout.to_owned())]);
    Pool::start(component.clone(), options, properties)
        .await
        .unwrap()
}

/// The memory that all instances may have together, in bytes, where a test says so.
const BUDGET: usize = 100 << 20;

/// Fails when they have more.
fn watch(runtime: &Runtime) -> JoinHandle<()> {
    let runtime = runtime.clone();
    tokio::spawn(async move {
        loop {
            let memory = runtime.usage().memory;
            assert!(memory <= BUDGET as u64, "{memory}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}

async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_nobody_used_keeps_no_instance_and_one_that_was_used_keeps_one() {
    let (runtime, component) = bad(&RuntimeConfig {
        idle_life: Duration::from_millis(300),
        ..RuntimeConfig::default()
    });
    let pool = pool(&component, 64, "30s").await;
    assert_eq!(pool.features().await.unwrap(), [""; 0]);
    assert_eq!(
        runtime.usage().instances,
        0,
        "what proves the properties goes"
    );
    let none = Vec::new();
    let calls = join_all((0..64).map(|_| pool.get("hold", &none))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert!(runtime.usage().instances > 1);
    // Nobody calls again.
    wait_until("idle instances go", || runtime.usage().instances == 1).await;
    assert!(runtime.usage().memory < 64 << 20);
    drop(pool);
    wait_until("a store takes its own along", || {
        runtime.usage().memory == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_idle_instance_anywhere_goes_when_there_is_room_for_no_other() {
    let (runtime, component) = bad(&RuntimeConfig {
        max_instances: 3,
        ..RuntimeConfig::default()
    });
    let none = Vec::new();
    let mut pools = Vec::new();
    for _ in 0..10 {
        let pool = pool(&component, 64, "30s").await;
        pool.get("count", &none).await.unwrap();
        pools.push(pool);
    }
    assert_eq!(runtime.usage().instances, 3);
    let idle: Vec<usize> = pools.iter().map(Pool::idle).collect();
    assert_eq!(idle, [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
    // More calls than instances: they wait for each other.
    let calls = pools.iter().map(|pool| pool.get("hold", &none));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_of_all_instances_stays_within_its_budget() {
    let (runtime, component) = bad(&RuntimeConfig {
        max_total_memory: BUDGET,
        ..RuntimeConfig::default()
    });
    let none = Vec::new();
    let pool = pool(&component, 16, "30s").await;
    let watching = watch(&runtime);
    // More than there is memory for at once: those that found none are made again.
    for call in join_all((0..16).map(|_| pool.get("hold", &none))).await {
        call.unwrap();
    }
    // What was given back can be had again, by other stores too.
    let other = self::pool(&component, 16, "30s").await;
    for _ in 0..3 {
        other.get("hold", &none).await.unwrap();
    }
    assert!(!watching.is_finished());
    watching.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_counts_for_as_long_as_it_is_there() {
    const ANSWER: usize = 30 << 20;
    let (runtime, component) = bad(&RuntimeConfig {
        max_total_memory: BUDGET,
        ..RuntimeConfig::default()
    });
    let asked = vec![("bytes".to_owned(), ANSWER.to_string())];
    let pool = pool(&component, 64, "30s").await;
    let watching = watch(&runtime);
    let taking_its_time = async || {
        let secrets = pool.bulk_get(&asked).await.unwrap();
        assert!(runtime.usage().memory >= ANSWER as u64);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let length = secrets[0].value("large").unwrap().len();
        assert_eq!(length, ANSWER);
    };
    join_all((0..20).map(|_| taking_its_time())).await;
    assert!(!watching.is_finished());
    watching.abort();
    let _ = watching.await;
    drop(pool);
    assert_eq!(runtime.usage().memory, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_needs_more_than_there_is_ends_with_what_to_do() {
    let (_runtime, component) = bad(&RuntimeConfig {
        max_total_memory: 20 << 20,
        ..RuntimeConfig::default()
    });
    let pool = pool(&component, 4, "30s").await;
    let why = pool.get("hold", &vec![]).await.unwrap_err();
    assert_eq!(why, CallError::NoMemory);
    assert!(why.is_retryable() && why.describe().contains("--max-memory"));
    pool.get("count", &vec![]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_are_bounded_and_requests_leave_none() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let (_runtime, component) = bad(&RuntimeConfig {
        max_resources: 30,
        ..RuntimeConfig::default()
    });
    let outbound = Outbound::builder().native_roots(false);
    let options = PoolOptions {
        outbound: outbound.allow(&emulator.url()).unwrap().build().unwrap(),
        max_instances: 1,
    };
    let pool = Pool::start(component, options, Properties::default())
        .await
        .unwrap();
    let many = [("url", emulator.url().as_str()), ("times", "200")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    pool.get("reach", &many.to_vec()).await.unwrap();
    assert_eq!(emulator.requests().len(), 200);
    let leak = pool.get("leak", &Vec::new()).await.unwrap_err();
    assert!(matches!(leak, CallError::Trap(_)), "{leak}");
    assert!(pool.get("count", &Vec::new()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_its_turn_does_not_lose_its_own_time() {
    let config = Config {
        latency: Duration::from_millis(500),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let store = on(&emulator, "tencent", &[("timeout", "3s")]);
    let folder = Folder::new().with("a.yaml", &store);
    let served = Served::start(&folder, &["--max-instances=1"], &[]);
    // The last waits for longer than its own time and the host's grace together.
    // Equal reads would be one call.
    let paths =
        (0..12).map(|number| format!("/v1.0/secrets/tencent/api-token?metadata.number={number}"));
    let calls = paths.map(async |path| served.get(&path).await);
    for answer in join_all(calls).await {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_may_be_more_components_than_instances() {
    let wasm = component_build::package("bad-store").unwrap();
    let option = format!("--component=secretstores.bad={}", wasm.display());
    let folder = Folder::new();
    for number in 0..1_100 {
        let name = format!("bad{number}");
        let text = component(&name, "secretstores.bad", &[], "");
        folder.write(&format!("{name}.yaml"), &text);
    }
    let served = Served::start(&folder, &[&option], &[]);
    for number in [0, 500, 1_099] {
        let answer = served
            .get(&format!("/v1.0/secrets/bad{number}/count"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
}

//! A host under load, with a backend that fails and components that misbehave.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use http::StatusCode;
use ssm_emulator::{Config, Emulator, Fault, Rates, Secret};
use tokio::task::JoinSet;

use crate::support::{Folder, Served, component, on};

/// Reads `count` secrets, 64 at once; gives how many failed.
async fn read(served: &Served, count: usize) -> usize {
    let reads = stream::iter(0..count).map(async |number| {
        let name = format!("s{}", number % 100);
        let answer = served.get(&format!("/v1.0/secrets/tencent/{name}")).await;
        if answer.status == StatusCode::OK {
            let expected = format!("{{\"{name}\":\"value-of-{name}\"}}\n");
            assert_eq!(answer.body, expected);
            return 0;
        }
        let kind = answer.header("dapr-error-kind");
        assert!(
            matches!(kind, Some("unavailable" | "throttled")),
            "{answer:?}"
        );
        1
    });
    reads
        .buffer_unordered(64)
        .fold(0, async |sum, failed| sum + failed)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_reads_with_a_failing_backend_mix_up_and_lose_nothing() {
    let secrets = (0..100).map(|number| {
        let name = format!("s{number}");
        Secret::text(&name, "v1", &format!("value-of-{name}"))
    });
    let faults = [
        "reset%4",
        "status=503%4",
        "error=InternalError%4",
        "truncated%4",
    ];
    let config = Config {
        secrets: secrets.collect(),
        rates: Rates::none(),
        faults: faults.map(|fault| Fault::parse(fault).unwrap()).to_vec(),
        ..Config::default()
    };
    let (served, emulator) = Served::on_emulator(config).await;
    let mut failed = read(&served, 5_000).await;
    let half = served.process.memory();
    emulator.clear_requests();
    failed += read(&served, 5_000).await;
    let whole = served.process.memory();
    assert!(failed < 200, "{failed} of 10,000 failed, retries and all");
    assert!(
        whole < half + 8_000,
        "memory grew from {half} kB to {whole} kB"
    );
    let log = served.process.log();
    assert!(!log.contains("trapped"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_backend_delays_no_other_store() {
    let config = Config {
        latency: Duration::from_secs(20),
        ..Config::sample()
    };
    let slow = Emulator::start(config).await.unwrap();
    let fast = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new()
        .with("a.yaml", &on(&slow, "slow", &[]))
        .with("b.yaml", &on(&fast, "fast", &[]));
    let served = Arc::new(Served::start(&folder, &["--max-instances=4"], &[]));
    let mut slow_calls = JoinSet::new();
    for number in 0..12 {
        let served = Arc::clone(&served);
        // Equal reads would be one call.
        let path = format!("/v1.0/secrets/slow/api-token?metadata.number={number}");
        slow_calls.spawn(async move { served.get(&path).await });
    }
    for _ in 0..50 {
        let answer = served.get("/v1.0/secrets/fast/api-token").await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert!(
        slow_calls.try_join_next().is_none(),
        "slow calls are still waiting"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_misbehaves_costs_one_error_each_time() {
    let kinds = [
        ("trap", "internal"),
        ("allocate", "internal"),
        ("loop", "timeout"),
    ];
    misbehaves("bad-store", &kinds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_a_panic_and_a_failed_allocation_of_one_without_the_standard_library() {
    let kinds = [("panic", "internal"), ("allocate", "internal")];
    misbehaves("bare-store", &kinds).await;
}

async fn misbehaves(package: &str, kinds: &[(&str, &str)]) {
    let wasm = component_build::package(package).unwrap();
    let option = format!("--component=secretstores.bad={}", wasm.display());
    let items = [("timeout", "100ms")];
    let folder = Folder::new()
        .with("a.yaml", &component("bad", "secretstores.bad", &items, ""))
        .with(
            "b.yaml",
            &component("env", "secretstores.local.env", &[], ""),
        );
    let env = [("FOO", "bar"), ("HOME", folder.path().to_str().unwrap())];
    let served = Served::start(&folder, &[&option], &env);
    let count = async || {
        let body = served.get("/v1.0/secrets/bad/count").await.body;
        let digits: String = body.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap()
    };
    assert_eq!(
        (count().await, count().await),
        (1, 2),
        "an instance is kept"
    );
    for (name, kind) in kinds {
        let path = format!("/v1.0/secrets/bad/{name}");
        let beside = async {
            for _ in 0..20 {
                let answer = served.get("/v1.0/secrets/env/FOO").await;
                assert_eq!(answer.body, "{\"FOO\":\"bar\"}\n");
            }
        };
        let (answer, ()) = tokio::join!(served.get(&path), beside);
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{name}");
        assert_eq!(answer.header("dapr-error-kind"), Some(*kind), "{answer:?}");
        assert_eq!(count().await, 1, "after {name} comes a new instance");
    }
    assert!(
        folder.file(".cache/dapr-wasm-host").is_dir(),
        "its code is kept"
    );
}

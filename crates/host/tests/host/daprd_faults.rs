//! What a real daprd sees of a host that stops, and of one that is told to reload all the time.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use http::StatusCode;
use rustix::process::Signal;
use ssm_emulator::{Config, Emulator};
use test_support::programs::{self, DAPRDS};
use tokio::time::sleep;

use crate::{
    daprd::{World, wasm},
    support::on,
};

const EXPECTED: &str = r#"{"api-token":"sample-token-4f1c"}"#;

#[tokio::test]
async fn a_daprd_that_starts_while_the_host_stops_does_not_wait_for_it() {
    for program in programs::found(&DAPRDS) {
        starts_while_the_host_stops(program).await;
    }
}

async fn starts_while_the_host_stops(program: PathBuf) {
    let config = Config {
        latency: Duration::from_secs(8),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let world = World::new(program);
    let yaml = wasm(&on(&emulator, "tencent", &[]));
    let ignored = yaml.replace("\nspec:\n", "\nspec:\n  ignoreErrors: true\n");
    assert!(ignored != yaml);
    world.resources.write("a.yaml", &ignored);
    let host = world.plug(&["--dapr-graceful-shutdown-seconds=20"]);
    let first = world.daprd().await;
    let path = "/v1.0/secrets/tencent/api-token";
    let (slow, ()) = tokio::join!(first.get(path), async {
        while emulator.requests().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
        let started = Instant::now();
        host.signal(Signal::TERM);
        // It is ready without a store, and long before the host has ended.
        let second = world.daprd().await;
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "the host was still there"
        );
        let status = second.get(path).await.status;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    });
    assert_eq!(slow.body.trim_end(), EXPECTED);
    let (status, log) = host.end();
    assert!(status.success(), "{log}");
}

#[tokio::test]
async fn a_storm_of_sighup_costs_daprd_no_read() {
    for program in programs::found(&DAPRDS) {
        reads_through_a_storm_of_sighup(program).await;
    }
}

async fn reads_through_a_storm_of_sighup(program: PathBuf) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let world = World::new(program);
    world
        .resources
        .write("a.yaml", &wasm(&on(&emulator, "tencent", &[])));
    let host = world.plug(&[]);
    let daprd = world.daprd().await;
    let reads = stream::iter(0..300).map(|_| {
        host.signal(Signal::HUP);
        daprd.read("tencent/api-token")
    });
    let reads: Vec<_> = reads.buffer_unordered(30).collect().await;
    assert!(reads.iter().all(|read| read == EXPECTED));
}

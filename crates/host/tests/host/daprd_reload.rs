//! The newest daprd loads a Component that was edited again, by itself.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use dapr_wasm_host::grpc::proto::components::secret_store_client::SecretStoreClient;
use http::StatusCode;
use ssm_emulator::{Config, Emulator};
use test_support::programs::DAPRD_NEWEST;
use tokio::time::sleep;

use crate::{
    daprd::{World, wasm},
    plugged::{Client, connect},
    support::{PATIENCE, on},
};

const PATH: &str = "/v1.0/secrets/tencent/api-token";
const EDITS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_component_costs_only_what_daprd_itself_does_between_close_and_init() {
    let Some(program) = DAPRD_NEWEST.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let world = World::new(program);
    let edit = |number: usize| {
        let timeout = format!("{}s", 10 + number);
        let yaml = on(&emulator, "tencent", &[("timeout", &timeout)]);
        world.resources.write("a.yaml", &wasm(&yaml));
    };
    edit(0);
    let host = world.plug(&[]);
    let daprd = world.daprd().await;
    let socket = world.sockets.file("tencentcloud.ssm.wasm.sock");
    let mut beside = Client(SecretStoreClient::new(connect(&socket).await));

    let is_over = AtomicBool::new(false);
    let through_daprd = async {
        let mut reads = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            reads.push(daprd.get(PATH).await);
        }
        reads
    };
    let beside_daprd = async {
        // The host itself answers all along.
        while !is_over.load(Ordering::Relaxed) {
            let value = beside.value("tencent", "api-token").await;
            assert_eq!(value, "sample-token-4f1c");
        }
    };
    let edits = async {
        for number in 1..=EDITS {
            edit(number);
            let started = Instant::now();
            while host.log().matches("again=true").count() < number {
                assert!(started.elapsed() < PATIENCE, "{}", daprd.process.log());
                sleep(Duration::from_millis(5)).await;
            }
            while daprd.get(PATH).await.status != StatusCode::OK {
                assert!(started.elapsed() < PATIENCE, "{}", daprd.process.log());
            }
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (reads, (), ()) = tokio::join!(through_daprd, beside_daprd, edits);

    // Between closing its connection and forgetting the store it cancels calls, mostly one; then it
    // answers by itself until the store is there again.
    let is_fine = |status| status == StatusCode::OK;
    let gaps: Vec<_> = reads
        .chunk_by(|one, next| is_fine(one.status) == is_fine(next.status))
        .filter(|alike| !is_fine(alike[0].status))
        .collect();
    assert!(gaps.len() <= EDITS, "{gaps:?}");
    for gap in gaps {
        let ours = gap
            .iter()
            .filter(|read| !read.body.contains("ERR_SECRET_STORES_NOT_CONFIGURED"));
        let ours: Vec<_> = ours.map(|read| &read.body).collect();
        assert!(ours.iter().all(|body| is_cut_off(body)), "{ours:?}");
    }
    for _ in 0..50 {
        assert_eq!(
            daprd.read("tencent/api-token").await,
            r#"{"api-token":"sample-token-4f1c"}"#
        );
    }
}

/// Whether daprd closed its connection under this call.
fn is_cut_off(body: &str) -> bool {
    body.contains("code = Canceled")
}

//! Dapr's conformance suite for secret stores, through the socket; `tools/daprd` builds it.

use std::{collections::BTreeMap, path::PathBuf, process::Command};

use ssm_emulator::{Config, Emulator, Secret};
use test_support::{
    programs::{self, CONFORMANCES},
    resources::properties,
};

use crate::{daprd::World, support::text};

#[tokio::test(flavor = "multi_thread")]
async fn daprs_conformance_suite_passes_through_the_socket() {
    for program in programs::found(&CONFORMANCES) {
        passes(program).await;
    }
}

async fn passes(suite: PathBuf) {
    let mut config = Config::sample();
    for (name, value) in [("conftestsecret", "abcd"), ("secondsecret", "efgh")] {
        config.secrets.push(Secret::text(name, "v1", value));
    }
    let emulator = Emulator::start(config).await.unwrap();
    let world = World::new(suite);
    let _host = world.plug(&["--drop-in"]);
    let pairs: BTreeMap<_, _> = properties(&emulator.url(), &[]).into_iter().collect();
    let output = Command::new(&world.program)
        .arg("-test.v")
        .env("SOCKET", world.sockets.file("tencentcloud.ssm.sock"))
        .env("PROPERTIES", serde_json::to_string(&pairs).unwrap())
        .output()
        .unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}");
    for passed in ["init", "ping", "get", "bulkGet"] {
        assert!(
            said.contains(&format!("--- PASS: TestConformance/{passed}")),
            "{said}"
        );
    }
}

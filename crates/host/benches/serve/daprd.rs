//! Against a real daprd with Dapr's own component in Go, which `tools/daprd` builds: the same SSM over
//! TLS, the same requests.

use std::{fs, process::Command};

use ssm_emulator::{Behaviour, Config, Emulator, Rates, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use tempfile::TempDir;
use test_support::{programs::DAPRD_BUILTIN, resources::component_yaml};

use crate::{
    load::{round, shown},
    running::{Running, ours, resources, running, settled},
    servers::{self, PATH, try_running},
};

/// Callers at once, and requests of a round.
const LOADS: [(usize, usize); 3] = [(1, 3_000), (16, 6_000), (64, 12_000)];
const ROUNDS: usize = 5;

/// Measures all loads in turns, and the last with the cache as well.
pub(crate) async fn against_daprd() {
    let config = Config {
        tls: true,
        rates: Rates::none(),
        // The component in Go asks for no version.
        behaviour: Behaviour {
            empty_version_is_current: true,
            ..Behaviour::default()
        },
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, emulator.ca_pem().unwrap()).unwrap();
    let ca = ca.to_str().unwrap();
    let Some(theirs) = daprd(&emulator, ca).await else {
        return;
    };
    let trusting = ["--extra-ca", ca];
    let plain = resources(&emulator, &[]);
    let (host, _) = running(ours(&plain, &trusting), PATH).await;
    println!("GET {PATH} over TLS to SSM, against daprd with its component in Go");
    for (callers, requests) in LOADS {
        compared("dapr-wasm-host", &host, &theirs, callers, requests).await;
    }
    drop(host);
    let cached = resources(&emulator, &[("cacheTTL", "60s")]);
    match try_running(ours(&cached, &trusting), PATH).await {
        Some((host, _)) => {
            let (callers, requests) = LOADS[2];
            compared("with cacheTTL", &host, &theirs, callers, requests).await;
        }
        None => println!("  with cacheTTL: it does not start"),
    }
    println!();
}

async fn compared(what: &str, host: &Running, daprd: &Running, callers: usize, requests: usize) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for counted in 0..=ROUNDS {
        let one = round(host.http, PATH, callers, requests).await;
        let other = round(daprd.http, PATH, callers, requests).await;
        // The first warms up.
        if counted > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    println!("  {callers} at once");
    let ours = shown(&format!("  {what}"), ours);
    let theirs = shown("  daprd", theirs);
    println!(
        "    {:.2} times its requests a second",
        ours.per_second / theirs.per_second
    );
}

async fn daprd(emulator: &Emulator, ca: &str) -> Option<Running> {
    let program = DAPRD_BUILTIN.find()?;
    let folder = in_go();
    let mut command = Command::new(program);
    command
        .env("SSL_CERT_FILE", ca)
        .env("SSM_ADDRESS", emulator.address().to_string());
    let (daprd, _) = running(servers::daprd(command, &folder).await, PATH).await;
    Some(daprd)
}

/// The Component for the component in Go, in a folder.
fn in_go() -> TempDir {
    let account = [
        ("region", "ap-guangzhou"),
        ("secretId", SAMPLE_SECRET_ID),
        ("secretKey", SAMPLE_SECRET_KEY),
    ];
    settled(&component_yaml(
        "tencent",
        "secretstores.tencentcloud.ssm",
        &account,
    ))
}

//! What memory is used for: at rest, after reads, and in bursts of bulk reads.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use ssm_emulator::{Config, Emulator, Rates, Secret};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::{
    load::round,
    running::{Running, client, free, get_from, host, ours, resources, running},
    servers::{PATH, memory_of, most_memory_of, unplugged},
};

const BULK: &str = "/v1.0/secrets/tencent/bulk";
const CALLERS: usize = 64;
/// Reads of [`at_rest`].
const READS: usize = 9_600;
/// Reads of [`of_a_million`], and after how many it says something.
const MILLION: usize = 1_000_000;
const STEP: usize = 100_000;
/// How long nobody asks.
const IDLE: Duration = Duration::from_secs(120);

/// An account that is read whole by all callers at once.
pub(crate) struct Burst {
    pub(crate) secrets: usize,
    pub(crate) bytes: usize,
    /// What the host is told besides.
    pub(crate) flags: &'static [&'static str],
}

/// Measures one store at rest and after reads, beside daprd.
pub(crate) async fn at_rest(resources: &TempDir) {
    println!("resident memory, one store");
    let (host, _) = host(resources, PATH).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("  dapr-wasm-host, idle         {:>6} kB", memory_of(&host));
    round(host.http, PATH, CALLERS, READS).await;
    println!(
        "  dapr-wasm-host, {READS} reads  {:>6} kB",
        memory_of(&host)
    );
    if let Some((daprd, _)) = unplugged().await {
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("  daprd 1.16.0, idle           {:>6} kB", memory_of(&daprd));
    }
    println!();
}

/// Measures memory while a million secrets are read.
pub(crate) async fn of_a_million(resources: &TempDir) {
    println!("resident memory during {MILLION} reads, {CALLERS} at once");
    let (host, _) = host(resources, PATH).await;
    for step in 1..=MILLION / STEP {
        round(host.http, PATH, CALLERS, STEP).await;
        println!("  {:>8} reads  {:>6} kB", step * STEP, memory_of(&host));
    }
    println!();
}

/// Measures memory and instances before, right after, and when it has been idle.
pub(crate) async fn of_a_burst(burst: Burst) {
    let Burst {
        secrets,
        bytes,
        flags,
    } = burst;
    let value = "x".repeat(bytes);
    let secret = |n| Secret::text(&format!("secret-{n:03}"), "SSM_Current", &value);
    let config = Config {
        secrets: (0..secrets).map(secret).collect(),
        rates: Rates::none(),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = resources(&emulator, &[("maxRequestsPerSecond", "0")]);
    let metrics = free().await;
    let mut command = ours(&folder, &["--metrics-listen-address=127.0.0.1"]);
    command
        .args(["--metrics-port", &metrics.to_string()])
        .args(flags);
    let (host, _) = running(command, "/v1.0/secrets/tencent/secret-000").await;
    let metrics = SocketAddr::from(([127, 0, 0, 1], metrics));
    println!(
        "{CALLERS} bulk reads of {secrets} x {bytes} bytes at once {flags:?}, then {IDLE:?} of nothing"
    );
    told("before", &host, metrics).await;
    let started = Instant::now();
    let mut asking = JoinSet::new();
    let client = client();
    for caller in 0..CALLERS {
        // Who asks stands in metadata that no store reads: equal reads at once would be one call.
        let (client, http) = (client.clone(), host.http);
        let path = format!("{BULK}?metadata.caller={caller}");
        asking.spawn(async move { get_from(&client, http, &path).await });
    }
    let mut answers = BTreeMap::<Option<StatusCode>, usize>::new();
    for status in asking.join_all().await {
        *answers.entry(status).or_default() += 1;
    }
    for (status, count) in answers {
        println!("  answered {status:?}: {count}");
    }
    told(&format!("after {:.1?}", started.elapsed()), &host, metrics).await;
    tokio::time::sleep(IDLE).await;
    told("idle", &host, metrics).await;
    println!();
}

async fn told(when: &str, host: &Running, metrics: SocketAddr) {
    println!(
        "  {when:14} {:>7} kB resident, {:>7} kB at most, {} instances",
        memory_of(host),
        most_memory_of(host),
        instances(metrics).await
    );
}

/// Busy and idle ones together.
async fn instances(metrics: SocketAddr) -> u64 {
    let request = http::Request::get(format!("http://{metrics}/"))
        .body(Empty::new())
        .unwrap();
    let answer = client().request(request).await.unwrap();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text);
    let gauges = text
        .lines()
        .filter(|line| line.starts_with("dapr_wasm_instances{"));
    let values = gauges.map(|line| line.rsplit(' ').next().unwrap());
    values.map(|value| value.parse::<u64>().unwrap()).sum()
}

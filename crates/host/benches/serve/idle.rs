//! What is left of a burst of bulk reads when nobody asks any more.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::StatusCode;
use http_body_util::{BodyExt, Empty};
use ssm_emulator::{Config, Emulator, Rates, Secret};
use tokio::task::JoinSet;

use crate::{
    running::{Running, client, free, get_from, ours, resources, running},
    servers::memory_of,
};

const PATH: &str = "/v1.0/secrets/tencent/bulk";
const CALLERS: usize = 64;
const SECRETS: usize = 300;
const LENGTH: usize = 20_000;
/// How long nobody asks.
const IDLE: Duration = Duration::from_secs(120);

/// Measures memory and instances before, right after, and when it has been idle.
pub(crate) async fn after_bulk_reads() {
    let value = "x".repeat(LENGTH);
    let secret = |n| Secret::text(&format!("secret-{n:03}"), "SSM_Current", &value);
    let config = Config {
        secrets: (0..SECRETS).map(secret).collect(),
        rates: Rates::none(),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = resources(&emulator, &[("maxRequestsPerSecond", "0")]);
    let metrics = free().await;
    let mut command = ours(&folder, &["--metrics-listen-address=127.0.0.1"]);
    command.args(["--metrics-port", &metrics.to_string()]);
    let (host, _) = running(command, "/v1.0/secrets/tencent/secret-000").await;
    let metrics = SocketAddr::from(([127, 0, 0, 1], metrics));
    println!(
        "{CALLERS} bulk reads of {SECRETS} x {LENGTH} bytes at once, then {IDLE:?} of nothing"
    );
    told("before", &host, metrics).await;
    let started = Instant::now();
    let mut asking = JoinSet::new();
    let client = client();
    for _ in 0..CALLERS {
        let (client, http) = (client.clone(), host.http);
        asking.spawn(async move { get_from(&client, http, PATH).await });
    }
    for status in asking.join_all().await {
        assert_eq!(status, Some(StatusCode::OK));
    }
    told(&format!("after {:.1?}", started.elapsed()), &host, metrics).await;
    tokio::time::sleep(IDLE).await;
    told("idle", &host, metrics).await;
    println!();
}

async fn told(when: &str, host: &Running, metrics: SocketAddr) {
    println!(
        "  {when:14} {:>7} kB resident, {} instances",
        memory_of(host),
        instances(metrics).await
    );
}

async fn instances(metrics: SocketAddr) -> String {
    let request = http::Request::get(format!("http://{metrics}/"))
        .body(Empty::new())
        .unwrap();
    let answer = client().request(request).await.unwrap();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&text);
    let gauge = text
        .lines()
        .find(|line| line.starts_with("dapr_wasm_instances"));
    let value = gauge.and_then(|line| line.rsplit(' ').next());
    value.unwrap_or("?").to_owned()
}

//! The figures of `dapr-wasm-host serve`, each beside what it is compared with in one run:
//! `just bench`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a measurement that fails shall stop"
)]

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
mod running;
#[cfg(not(target_family = "wasm"))]
mod sidecar;

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        // `cargo test --benches` passes this: then there is nothing to measure.
        Some("--test") => {}
        Some(sidecar::ARGUMENT) => sidecar::serve(&arguments.next().unwrap()).await,
        _ => tokio::spawn(figures::all()).await.unwrap(),
    }
}

#[cfg(not(target_family = "wasm"))]
mod figures {
    use std::{
        env, fs,
        io::{BufRead, BufReader},
        net::SocketAddr,
        process::{Command, Stdio},
        sync::Arc,
        time::{Duration, Instant},
    };

    use bytes::Bytes;
    use http::StatusCode;
    use http_body_util::Empty;
    use hyper_util::client::legacy::{Client, connect::HttpConnector};
    use ssm_emulator::{Config, Emulator, Rates};
    use tempfile::TempDir;
    use test_support::resources::component_yaml;
    use tokio::task::JoinSet;

    use crate::{
        running::{Running, client, free, get_from, host, resources, running},
        sidecar,
    };

    const PATH: &str = "/v1.0/secrets/tencent/api-token";
    /// Callers at once. Each then has an instance, and each instance keeps to the 300 requests a
    /// second that SSM allows: with 64 of them that, and not the host, would be the limit.
    const CALLERS: usize = 96;
    /// Requests of one round, and rounds.
    const REQUESTS: usize = 9_600;
    const ROUNDS: usize = 5;

    pub(super) async fn all() {
        let config = Config {
            rates: Rates::none(),
            ..Config::sample()
        };
        let emulator = Emulator::start(config).await.unwrap();
        let resources = resources(&emulator);
        throughput(&emulator, &resources).await;
        memory(&resources).await;
        start(&resources).await;
    }

    async fn throughput(emulator: &Emulator, resources: &TempDir) {
        let (host, _) = host(resources, PATH).await;
        let native = native(emulator);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(round(host.http).await);
            theirs.push(round(native.http).await);
        }
        println!("GET {PATH}, {CALLERS} at once, median of {ROUNDS} rounds of {REQUESTS}");
        let shown = |what, rounds: &mut Vec<Round>| {
            rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
            let Round { per_second, .. } = rounds[rounds.len() / 2];
            rounds.sort_by_key(|round| round.p99);
            let Round { p50, p99, .. } = rounds[rounds.len() / 2];
            println!("  {what:16} {per_second:>6.0} a second, median {p50:?}, p99 {p99:?}");
            (per_second, p99.as_secs_f64())
        };
        let (ours, theirs) = (
            shown("dapr-wasm-host", &mut ours),
            shown("native sidecar", &mut theirs),
        );
        println!(
            "  {:.2} of its requests a second, {:.2} times its p99\n",
            ours.0 / theirs.0,
            ours.1 / theirs.1
        );
    }

    struct Round {
        per_second: f64,
        p50: Duration,
        p99: Duration,
    }

    async fn round(address: SocketAddr) -> Round {
        let client = Arc::new(client());
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let client = Arc::clone(&client);
            callers.spawn(async move {
                let mut taken = Vec::new();
                for _ in 0..REQUESTS / CALLERS {
                    let started = Instant::now();
                    assert_eq!(get(&client, address).await, Some(StatusCode::OK));
                    taken.push(started.elapsed());
                }
                taken
            });
        }
        let mut taken = callers.join_all().await.concat();
        let seconds = started.elapsed().as_secs_f64();
        taken.sort();
        Round {
            per_second: REQUESTS as f64 / seconds,
            p50: taken[taken.len() / 2],
            p99: taken[taken.len() * 99 / 100],
        }
    }

    async fn memory(resources: &TempDir) {
        println!("resident memory, one store");
        let (host, _) = host(resources, PATH).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("  dapr-wasm-host, idle         {:>6} kB", memory_of(&host));
        round(host.http).await;
        println!(
            "  dapr-wasm-host, {REQUESTS} reads  {:>6} kB",
            memory_of(&host)
        );
        if let Some((daprd, _)) = daprd().await {
            tokio::time::sleep(Duration::from_secs(1)).await;
            println!("  daprd 1.16.0, idle           {:>6} kB", memory_of(&daprd));
        }
        println!();
    }

    async fn start(resources: &TempDir) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..11 {
            ours.push(host(resources, PATH).await.1);
            theirs.extend(daprd().await.map(|(_, first)| first));
        }
        println!("from exec to the first secret, median of 11");
        println!("  dapr-wasm-host   {:?}", median(ours));
        if !theirs.is_empty() {
            println!(
                "  daprd 1.16.0     {:?} (of its secretstores.local.env)",
                median(theirs)
            );
        }
    }

    fn median(mut taken: Vec<Duration>) -> Duration {
        taken.sort();
        taken[taken.len() / 2]
    }

    /// Resident memory of a server, in kilobytes.
    fn memory_of(server: &Running) -> u64 {
        fs::read_to_string(format!("/proc/{}/status", server.child.id()))
            .unwrap()
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .and_then(|line| line.split_whitespace().nth(1))
            .unwrap()
            .parse()
            .unwrap()
    }

    /// The unmodified daprd that `tools/daprd` builds, with a store that is built in.
    async fn daprd() -> Option<(Running, Duration)> {
        let program = component_build::root().join("target/daprd/daprd");
        if !program.exists() {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let yaml = component_yaml::<&str, &str>("env", "secretstores.local.env", &[]);
        fs::write(folder.path().join("env.yaml"), yaml).unwrap();
        let mut command = Command::new(program);
        command
            .args(["--app-id=bench", "--log-level=error", "--metrics-port=0"])
            .args(["--dapr-internal-grpc-port", &free().await.to_string()])
            .args([
                "--dapr-listen-addresses=127.0.0.1",
                "--enable-metrics=false",
            ])
            .arg("--resources-path")
            .arg(folder.path());
        Some(running(command, "/v1.0/secrets/env/PATH").await)
    }

    fn native(emulator: &Emulator) -> Running {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([sidecar::ARGUMENT, &emulator.address().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut address).unwrap();
        Running {
            child,
            http: address.trim().parse().unwrap(),
        }
    }

    async fn get(
        client: &Client<HttpConnector, Empty<Bytes>>,
        address: SocketAddr,
    ) -> Option<StatusCode> {
        get_from(client, address, PATH).await
    }
}

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
mod daprd;
#[cfg(not(target_family = "wasm"))]
mod idle;
#[cfg(not(target_family = "wasm"))]
mod load;
#[cfg(not(target_family = "wasm"))]
mod running;
#[cfg(not(target_family = "wasm"))]
mod servers;
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
        // Names of figures choose.
        first => {
            let first = first.map(str::to_owned);
            let named = test_support::benches::named(first.into_iter().chain(arguments));
            tokio::spawn(figures::all(named)).await.unwrap();
        }
    }
}

#[cfg(not(target_family = "wasm"))]
mod figures {
    use std::{
        env,
        io::{BufRead, BufReader},
        process::{Command, Stdio},
        time::Duration,
    };

    use ssm_emulator::{Config, Emulator, Rates};
    use tempfile::TempDir;
    use test_support::{programs::DAPRD, resources::component_yaml};

    use crate::{
        daprd::against_daprd,
        idle::after_bulk_reads,
        load::{round, shown},
        running::{Running, client, get_from, host, resources, running, settled},
        servers::{PATH, daprd, memory_of},
        sidecar,
    };

    /// Callers at once.
    const CALLERS: usize = 96;
    /// Requests of one round, and rounds.
    const REQUESTS: usize = 9_600;
    const ROUNDS: usize = 5;

    pub(super) async fn all(named: Vec<String>) {
        let wanted = |name: &str| named.is_empty() || named.iter().any(|named| named == name);
        let config = Config {
            rates: Rates::none(),
            ..Config::sample()
        };
        let emulator = Emulator::start(config).await.unwrap();
        let resources = resources(&emulator, &[]);
        if wanted("daprd") {
            against_daprd().await;
        }
        if wanted("sidecar") {
            against_sidecar(&emulator, &resources).await;
        }
        if wanted("memory") {
            memory(&resources).await;
        }
        if wanted("idle") {
            after_bulk_reads().await;
        }
        if wanted("start") {
            start(&resources).await;
        }
    }

    async fn against_sidecar(emulator: &Emulator, resources: &TempDir) {
        let (host, _) = host(resources, PATH).await;
        let native = native(emulator).await;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(round(host.http, PATH, CALLERS, REQUESTS).await);
            theirs.push(round(native.http, PATH, CALLERS, REQUESTS).await);
        }
        println!("GET {PATH}, {CALLERS} at once, median of {ROUNDS} rounds of {REQUESTS}");
        let (ours, theirs) = (
            shown("dapr-wasm-host", ours),
            shown("native sidecar", theirs),
        );
        println!(
            "  {:.2} of its requests a second, {:.2} times its p99\n",
            ours.per_second / theirs.per_second,
            ours.p99.as_secs_f64() / theirs.p99.as_secs_f64()
        );
    }

    async fn memory(resources: &TempDir) {
        println!("resident memory, one store");
        let (host, _) = host(resources, PATH).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("  dapr-wasm-host, idle         {:>6} kB", memory_of(&host));
        round(host.http, PATH, CALLERS, REQUESTS).await;
        println!(
            "  dapr-wasm-host, {REQUESTS} reads  {:>6} kB",
            memory_of(&host)
        );
        if let Some((daprd, _)) = unplugged().await {
            tokio::time::sleep(Duration::from_secs(1)).await;
            println!("  daprd 1.16.0, idle           {:>6} kB", memory_of(&daprd));
        }
        println!();
    }

    async fn start(resources: &TempDir) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..11 {
            ours.push(host(resources, PATH).await.1);
            theirs.extend(unplugged().await.map(|(_, first)| first));
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

    /// The unmodified daprd that `tools/daprd` builds, with a store that is built in.
    async fn unplugged() -> Option<(Running, Duration)> {
        let program = DAPRD.find()?;
        let yaml = component_yaml::<&str, &str>("env", "secretstores.local.env", &[]);
        let folder = settled(&yaml);
        let command = daprd(Command::new(program), &folder).await;
        Some(running(command, "/v1.0/secrets/env/PATH").await)
    }

    async fn native(emulator: &Emulator) -> Running {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([sidecar::ARGUMENT, &emulator.address().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut address).unwrap();
        let http = address.trim().parse().unwrap();
        assert!(get_from(&client(), http, PATH).await.is_some());
        Running { child, http }
    }
}

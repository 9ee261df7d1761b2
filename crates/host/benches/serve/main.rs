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
mod load;
#[cfg(not(target_family = "wasm"))]
mod memory;
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

    use crate::{
        daprd::against_daprd,
        load::{round, shown},
        memory::{Burst, at_rest, of_a_burst, of_a_million},
        running::{Running, client, get_from, host, resources},
        servers::{PATH, unplugged},
        sidecar,
    };

    /// Callers at once.
    const CALLERS: usize = 96;
    /// Requests of one round, and rounds.
    const REQUESTS: usize = 9_600;
    const ROUNDS: usize = 5;
    /// Accounts that are read whole by many at once.
    const USUAL: Burst = Burst {
        secrets: 300,
        bytes: 20_000,
        flags: &[],
    };
    const LARGE: Burst = Burst {
        secrets: 600,
        bytes: 50_000,
        flags: &["--max-memory=512Mi"],
    };

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
            at_rest(&resources).await;
        }
        if wanted("million") {
            of_a_million(&resources).await;
        }
        if wanted("idle") {
            of_a_burst(USUAL).await;
        }
        if wanted("large") {
            of_a_burst(LARGE).await;
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

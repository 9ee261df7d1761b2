//! What the same store costs on each host, in one run: `just hosts`. One read at a time, as the host's
//! user makes it; the bulk read is of 100 secrets from an SSM that takes 20 ms an answer.

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
#[path = "../serve/running.rs"]
mod running;

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() {
    // `cargo test --benches` passes this: then there is nothing to measure.
    if std::env::args().all(|argument| argument != "--test") {
        tokio::spawn(figures::all()).await.unwrap();
    }
}

#[cfg(not(target_family = "wasm"))]
mod figures {
    use std::{
        io::Write,
        path::PathBuf,
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    use dapr_wasm_host::{InstanceOptions, Outbound, Runtime, RuntimeConfig};
    use http::StatusCode;
    use ssm_emulator::{Config, Emulator, Rates, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret};
    use tempfile::TempDir;

    use crate::running::{Running, client, free, get_from, host, resources, running_at};

    const SECRETS: usize = 100;
    const LATENCY: Duration = Duration::from_millis(20);
    const GETS: usize = 50;
    const GET: &str = "/v1.0/secrets/tencent/secret-000";
    const BULK: &str = "/v1.0/secrets/tencent/bulk";

    pub(super) async fn all() {
        let quick = emulator(Duration::ZERO).await;
        let slow = emulator(LATENCY).await;
        let emulators = [&quick, &slow];
        println!("| host | a read | bulk read of {SECRETS}, {LATENCY:?} an answer | connections |");
        println!("|---|---|---|---|");
        row("a Rust program (`crates/host`)", embedded(emulators).await);
        row(
            "`dapr-wasm-host serve`, over HTTP",
            served(emulators, dapr_wasm_host).await,
        );
        row(
            "`wasmtime serve` of the gateway, over HTTP",
            served(emulators, wasmtime_serve).await,
        );
        row(
            "`wasmtime run` of the command, a process a read",
            wasmtime_run(emulators),
        );
        let node = script(emulators, "node", &["crates/host/benches/hosts/node.mjs"]);
        row("Node, through jco", node);
        let python = script(
            emulators,
            "target/python/bin/python",
            &["crates/host/benches/hosts/python.py"],
        );
        row("Python, through wasmtime", python);
    }

    /// The medians of a read and a bulk read.
    struct Taken {
        get: Duration,
        bulk: Duration,
        /// Reads, and connections that SSM saw for them.
        reads: usize,
        connections: usize,
    }

    fn row(host: &str, taken: Taken) {
        let Taken {
            get,
            bulk,
            reads,
            connections,
        } = taken;
        let kept = if connections * 2 > reads {
            "one a request"
        } else {
            "kept open"
        };
        println!("| {host} | {get:.2?} | {bulk:.0?} | {kept} ({connections} for {reads} reads) |");
    }

    async fn emulator(latency: Duration) -> Emulator {
        let secret = |index| {
            let name = format!("secret-{index:03}");
            Secret::text(&name, "SSM_Current", &format!("value-{index:03}"))
        };
        let config = Config {
            latency,
            rates: Rates::none(),
            secrets: (0..SECRETS).map(secret).collect(),
            ..Config::sample()
        };
        Emulator::start(config).await.unwrap()
    }

    fn environment(emulator: &Emulator) -> Vec<(String, String)> {
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![
            of("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID),
            of("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY),
            of("TENCENTCLOUD_REGION", "ap-guangzhou"),
            of("TENCENTCLOUD_SSM_ENDPOINT", &emulator.url()),
        ]
    }

    async fn embedded([quick, slow]: [&Emulator; 2]) -> Taken {
        let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
        let component = runtime.tencentcloud_ssm().unwrap();
        let store = async |emulator: &Emulator| {
            let outbound = Outbound::builder()
                .native_roots(false)
                .allow(&emulator.url())
                .unwrap()
                .build()
                .unwrap();
            let options = InstanceOptions {
                env: environment(emulator),
                output: None,
            };
            component.instantiate(&outbound, &options).await.unwrap()
        };
        let mut store_of_quick = store(quick).await;
        let before = quick.connections();
        let mut gets = Vec::new();
        for _ in 0..GETS {
            let started = Instant::now();
            store_of_quick.get("secret-000", &vec![]).await.unwrap();
            gets.push(started.elapsed());
        }
        let connections = quick.connections() - before;
        let mut store = store(slow).await;
        let mut bulks = Vec::new();
        for _ in 0..5 {
            let started = Instant::now();
            assert_eq!(store.bulk_get(&vec![]).await.unwrap().len(), SECRETS);
            bulks.push(started.elapsed());
        }
        Taken {
            get: median(gets),
            bulk: median(bulks),
            reads: GETS,
            connections,
        }
    }

    async fn dapr_wasm_host(emulator: &Emulator) -> (Running, Option<TempDir>) {
        let folder = resources(emulator, &[]);
        let (server, _) = host(&folder, GET).await;
        // The server follows the folder: it has to stay.
        (server, Some(folder))
    }

    async fn wasmtime_serve(emulator: &Emulator) -> (Running, Option<TempDir>) {
        let port = free().await;
        let mut command = Command::new(tool("target/tools/bin/wasmtime"));
        command.args(["serve", "-Scli", &format!("--addr=127.0.0.1:{port}")]);
        for (name, value) in environment(emulator) {
            command.arg(format!("--env={name}={value}"));
        }
        command.arg(tool("target/wasm32-wasip2/release/ssm-gateway.wasm"));
        (running_at(command, port, GET).await.0, None)
    }

    async fn served(
        [quick, slow]: [&Emulator; 2],
        start: impl AsyncFn(&Emulator) -> (Running, Option<TempDir>),
    ) -> Taken {
        let (server, _folder) = start(quick).await;
        let client = client();
        let read = async |server: &Running, path: &str| {
            let started = Instant::now();
            let status = get_from(&client, server.http, path).await;
            assert_eq!(status, Some(StatusCode::OK));
            started.elapsed()
        };
        let before = quick.connections();
        let mut gets = Vec::new();
        for _ in 0..GETS {
            gets.push(read(&server, GET).await);
        }
        let connections = quick.connections() - before;
        let (server, _folder) = start(slow).await;
        let mut bulks = Vec::new();
        for _ in 0..5 {
            bulks.push(read(&server, BULK).await);
        }
        Taken {
            get: median(gets),
            bulk: median(bulks),
            reads: GETS,
            connections,
        }
    }

    fn wasmtime_run([quick, slow]: [&Emulator; 2]) -> Taken {
        let run = |emulator: &Emulator, arguments: &[&str]| {
            let mut command = Command::new(tool("target/tools/bin/wasmtime"));
            command.args(["run", "-Shttp"]);
            for (name, value) in environment(emulator) {
                command.arg(format!("--env={name}={value}"));
            }
            command.arg(tool("target/wasm32-wasip2/release/ssm-cli.wasm"));
            let started = Instant::now();
            let output = command.args(arguments).output().unwrap();
            assert!(output.status.success(), "{output:?}");
            started.elapsed()
        };
        // The first one compiles and fills the command's cache, if it is allowed one.
        run(quick, &["get", "secret-000"]);
        let before = quick.connections();
        let gets: Vec<_> = (0..5).map(|_| run(quick, &["get", "secret-000"])).collect();
        let (reads, connections) = (gets.len(), quick.connections() - before);
        let bulks = (0..5).map(|_| run(slow, &["bulk"])).collect();
        Taken {
            get: median(gets),
            bulk: median(bulks),
            reads,
            connections,
        }
    }

    /// A script that measures itself: it reads `secret-000` as often as it is told on its standard
    /// input, or all if told 0, and prints the median in microseconds.
    fn script([quick, slow]: [&Emulator; 2], program: &str, arguments: &[&str]) -> Taken {
        let measured = |emulator: &Emulator, reads: usize| {
            let program = if program.contains('/') {
                tool(program)
            } else {
                program.into()
            };
            let mut child = Command::new(program)
                .args(arguments)
                .current_dir(component_build::root())
                .envs(environment(emulator))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            write!(child.stdin.take().unwrap(), "{reads}").unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success());
            let micros = String::from_utf8(output.stdout).unwrap();
            Duration::from_micros(micros.trim().parse().unwrap())
        };
        let before = quick.connections();
        let get = measured(quick, GETS);
        let connections = quick.connections() - before;
        Taken {
            get,
            bulk: measured(slow, 0),
            reads: GETS,
            connections,
        }
    }

    fn tool(path: &str) -> PathBuf {
        let path = component_build::root().join(path);
        assert!(
            path.exists(),
            "run `just hosts`: {} is missing",
            path.display()
        );
        path
    }

    fn median(mut taken: Vec<Duration>) -> Duration {
        taken.sort();
        taken[taken.len() / 2]
    }
}

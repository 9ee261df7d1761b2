//! An unmodified daprd with the host plugged in; `tools/daprd` builds it.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use http::{Method, StatusCode};
use rustix::process::Signal;
use ssm_emulator::{Account, Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret};
use test_support::programs::{self, DAPRDS, DAPRDS_BUILTIN};
use tokio::time::sleep;

use crate::support::{Answer, Folder, Process, command, component, on, secrets_file, send};

const WASM: &str = "secretstores.tencentcloud.ssm.wasm";

/// A folder of resources, one of sockets, and the two processes between them.
pub(crate) struct World {
    pub(crate) program: PathBuf,
    pub(crate) resources: Folder,
    pub(crate) sockets: Folder,
    /// More for daprd.
    pub(crate) arguments: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
}

impl World {
    pub(crate) fn new(program: PathBuf) -> Self {
        Self {
            program,
            resources: Folder::new(),
            sockets: Folder::new(),
            arguments: Vec::new(),
            env: Vec::new(),
        }
    }

    pub(crate) fn plug(&self, arguments: &[&str]) -> Process {
        self.plug_in(arguments, &[])
    }

    /// As [`Self::plug`], with `env` in its environment.
    pub(crate) fn plug_in(&self, arguments: &[&str], env: &[(&str, &str)]) -> Process {
        let sockets = self.sockets.path().to_str().unwrap();
        let at = ["plug", "--sockets-folder", sockets];
        let mut process = Process::start(command(&[&at, arguments].concat(), env));
        process.wait_for("plugged in", 1);
        process
    }

    pub(crate) async fn daprd(&self) -> Daprd {
        // Held together, so that they differ.
        let free: Vec<_> = (0..4)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let ports: Vec<_> = free
            .iter()
            .map(|listener| listener.local_addr().unwrap().port())
            .collect();
        drop(free);
        let mut daprd = Command::new(&self.program);
        daprd
            .env_clear()
            .env("HOME", self.sockets.path())
            .env("DAPR_COMPONENTS_SOCKETS_FOLDER", self.sockets.path())
            .args(["--app-id", "shop", "--dapr-listen-addresses", "127.0.0.1"])
            .arg("--resources-path")
            .arg(self.resources.path())
            .args(&self.arguments)
            .envs(self.env.iter().cloned());
        for (name, port) in ["http", "grpc", "internal-grpc"].iter().zip(&ports) {
            daprd.args([format!("--dapr-{name}-port"), port.to_string()]);
        }
        daprd.args(["--metrics-port".to_owned(), ports[3].to_string()]);
        let process = Process::start(daprd);
        let http = SocketAddr::from(([127, 0, 0, 1], ports[0]));
        let mut daprd = Daprd { process, http };
        daprd.ready().await;
        daprd
    }
}

pub(crate) struct Daprd {
    pub(crate) process: Process,
    pub(crate) http: SocketAddr,
}

impl Daprd {
    async fn ready(&mut self) {
        for _ in 0..1500 {
            self.process.is_running();
            if tokio::net::TcpStream::connect(self.http).await.is_ok()
                && self.get("/v1.0/healthz/outbound").await.status == StatusCode::NO_CONTENT
            {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("daprd is not ready:\n{}", self.process.log());
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.http, Method::GET, path, &[], "").await
    }

    pub(crate) async fn read(&self, path: &str) -> String {
        self.get(&format!("/v1.0/secrets/{path}"))
            .await
            .body
            .trim_end()
            .to_owned()
    }
}

pub(crate) fn wasm(yaml: &str) -> String {
    yaml.replace("cloud.ssm", "cloud.ssm.wasm")
}

#[tokio::test]
async fn daprd_reads_by_the_wasm_type() {
    for program in programs::found(&DAPRDS) {
        reads_by_the_wasm_type(program).await;
    }
}

async fn reads_by_the_wasm_type(program: PathBuf) {
    let mut config = Config::sample();
    config.accounts.push(Account {
        secret_id: "AKIDDENIED00000000000000000000000000".to_owned(),
        denied: vec!["GetSecretValue".to_owned()],
        ..Account::sample()
    });
    let emulator = Emulator::start(config).await.unwrap();
    let world = World::new(program);
    world
        .resources
        .write("a.yaml", &wasm(&on(&emulator, "tencent", &[])));
    let denied = [("secretId", "AKIDDENIED00000000000000000000000000")];
    world
        .resources
        .write("b.yaml", &wasm(&on(&emulator, "denied", &denied)));
    let _host = world.plug(&[]);
    let daprd = world.daprd().await;

    assert_eq!(
        daprd.read("tencent/api-token").await,
        r#"{"api-token":"sample-token-4f1c"}"#
    );
    let old = daprd
        .read("tencent/db-password?metadata.version_id=v1")
        .await;
    assert_eq!(old, r#"{"db-password":"sample-password-old"}"#);
    let bulk = daprd.read("tencent/bulk").await;
    for name in ["api-token", "db-password", "payment-service", "tls-key"] {
        assert!(
            bulk.contains(&format!("\"{name}\":{{\"{name}\":")),
            "{bulk}"
        );
    }
    let missing = daprd.get("/v1.0/secrets/tencent/no-such").await;
    assert_eq!(missing.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        missing.body.contains("code = NotFound desc = "),
        "{}",
        missing.body
    );
    assert!(missing.body.contains("RequestId"), "{}", missing.body);
    // Two Components on one socket, each with its own key.
    let refused = daprd.read("denied/api-token").await;
    assert!(refused.contains("code = PermissionDenied"), "{refused}");

    let reads: Vec<_> = stream::iter(0..200)
        .map(|_| daprd.read("tencent/api-token"))
        .buffer_unordered(50)
        .collect()
        .await;
    assert!(
        reads
            .iter()
            .all(|read| read == r#"{"api-token":"sample-token-4f1c"}"#)
    );
}

#[tokio::test]
async fn dropped_in_it_serves_instead_of_the_built_in_component_under_the_same_yaml() {
    for program in programs::found(&DAPRDS_BUILTIN) {
        dropped_in_it_serves(program).await;
    }
}

async fn dropped_in_it_serves(program: PathBuf) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let world = World::new(program);
    world
        .resources
        .write("a.yaml", &on(&emulator, "tencent", &[]));
    let _host = world.plug(&["--drop-in"]);
    let daprd = world.daprd().await;
    // The one in Go adds its RequestID, and knows no endpoint but Tencent Cloud's.
    assert_eq!(
        daprd.read("tencent/api-token").await,
        r#"{"api-token":"sample-token-4f1c"}"#
    );
}

#[tokio::test]
async fn components_take_their_values_from_it_and_it_takes_its_keys_from_another() {
    for program in programs::found(&DAPRDS) {
        takes_and_gives_values(program).await;
    }
}

async fn takes_and_gives_values(program: PathBuf) {
    let world = World::new(program);
    let keys = secrets_file(
        &world.resources,
        &format!(r#"{{"id": "{SAMPLE_SECRET_ID}", "key": "{SAMPLE_SECRET_KEY}"}}"#),
    );
    let more = world.sockets.file("more.json");
    fs::write(&more, r#"{"deep": "from the second file"}"#).unwrap();
    let mut config = Config::sample();
    config
        .secrets
        .push(Secret::text("path", "v1", more.to_str().unwrap()));
    let emulator = Emulator::start(config).await.unwrap();

    let file = "secretstores.local.file";
    let items = [("secretsFile", keys.as_str())];
    world
        .resources
        .write("a.yaml", &component("keys", file, &items, ""));
    let url = emulator.url();
    let items = [("endpoint", url.as_str()), ("region", "ap-guangzhou")];
    let references = "  - name: secretId\n    secretKeyRef: {name: id, key: id}\n  - name: secretKey\n    \
                      secretKeyRef: {name: key, key: key}\nauth:\n  secretStore: keys\n";
    world
        .resources
        .write("b.yaml", &component("tencent", WASM, &items, references));
    let from_ours = "  - name: secretsFile\n    secretKeyRef: {name: path, key: path}\nauth:\n  \
                     secretStore: tencent\n";
    world
        .resources
        .write("c.yaml", &component("second", file, &[], from_ours));
    let _host = world.plug(&[]);
    let daprd = world.daprd().await;
    for _ in 0..500 {
        if daprd.get("/v1.0/secrets/second/deep").await.status == StatusCode::OK {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        daprd.read("second/deep").await,
        r#"{"deep":"from the second file"}"#
    );
    assert_eq!(
        daprd.read("tencent/api-token").await,
        r#"{"api-token":"sample-token-4f1c"}"#
    );
}

#[tokio::test]
async fn a_killed_host_serves_again_and_so_does_a_restarted_daprd() {
    for program in programs::found(&DAPRDS) {
        serves_again(program).await;
    }
}

async fn serves_again(program: PathBuf) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let world = World::new(program);
    world
        .resources
        .write("a.yaml", &wasm(&on(&emulator, "tencent", &[])));
    let resources = [
        "--resources-path",
        world.resources.path().to_str().unwrap(),
        "--app-id=shop",
    ];
    let host = world.plug(&resources);
    let daprd = world.daprd().await;
    let expected = r#"{"api-token":"sample-token-4f1c"}"#;
    assert_eq!(daprd.read("tencent/api-token").await, expected);

    host.signal(Signal::KILL);
    host.end();
    let while_gone = daprd.get("/v1.0/secrets/tencent/api-token").await;
    assert_eq!(while_gone.status, StatusCode::INTERNAL_SERVER_ERROR);
    let host = world.plug(&resources);
    let mut last = String::new();
    for _ in 0..1000 {
        last = daprd.read("tencent/api-token").await;
        if last == expected {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(last, expected);
    assert!(host.log().contains("configured again without daprd's Init"));

    daprd.process.signal(Signal::TERM);
    daprd.process.end();
    let daprd = world.daprd().await;
    assert_eq!(daprd.read("tencent/api-token").await, expected);
}

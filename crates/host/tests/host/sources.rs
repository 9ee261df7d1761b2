//! Files that the command line names, read again when they change: certificate authorities and
//! components.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::Duration,
};

use dapr_wasm_host::{Runtime, grpc::proto::components::secret_store_client::SecretStoreClient};
use http::StatusCode;
use rustix::process::Signal;
use ssm_emulator::{Config, Emulator};
use test_support::resources::{component_yaml, properties};
use tokio::time::sleep;

use crate::{
    plugged::{Client, Plugged, connect},
    reload::until,
    support::{Folder, Process, Served, command, on},
};

const TOKEN: &str = "sample-token-4f1c";
const PATH: &str = "/v1.0/secrets/tencent/api-token";

async fn over_tls() -> Emulator {
    let config = Config {
        tls: true,
        ..Config::sample()
    };
    Emulator::start(config).await.unwrap()
}

/// A bundle that does not vouch for `emulator`, in a folder with a Component that reads from it.
async fn unknown(emulator: &Emulator) -> Folder {
    let folder = Folder::new().with("a.yaml", &on(emulator, "tencent", &[("maxRetries", "0")]));
    folder.write("ca.pem", over_tls().await.ca_pem().unwrap());
    folder
}

fn pem(emulator: &Emulator) -> &str {
    emulator.ca_pem().unwrap()
}

async fn until_read(served: &Served) {
    until(served, PATH, &format!(r#"{{"api-token":"{TOKEN}"}}"#)).await;
}

#[tokio::test]
async fn a_changed_bundle_counts_for_new_connections_and_a_broken_one_changes_nothing() {
    let emulator = over_tls().await;
    let folder = unknown(&emulator).await;
    let ca = folder.file("ca.pem");
    let mut served = Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], &[]);
    assert!(served.get(PATH).await.body.contains("TLS"));
    folder.write("ca.pem", "nonsense");
    served
        .process
        .wait_for("the certificate authorities stay as they were", 1);
    folder.write("ca.pem", pem(&emulator));
    until_read(&served).await;
    fs::remove_file(&ca).unwrap();
    served
        .process
        .wait_for("the certificate authorities stay as they were", 2);
    served.process.signal(Signal::HUP);
    until_read(&served).await;
    let log = served.process.log();
    assert_eq!(log.matches("stay as they were").count(), 2, "{log}");
    assert_eq!(log.matches("authorities changed").count(), 1, "{log}");
}

#[tokio::test]
async fn an_authority_that_is_taken_away_vouches_for_no_connection_that_is_there() {
    let emulator = over_tls().await;
    let folder = unknown(&emulator).await;
    let ca = folder.file("ca.pem");
    let other = fs::read_to_string(&ca).unwrap();
    folder.write("ca.pem", pem(&emulator));
    let mut served = Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], &[]);
    until_read(&served).await;
    folder.write("ca.pem", &other);
    served.process.wait_for("authorities changed", 1);
    let refused = served.get(PATH).await;
    assert!(refused.body.contains("TLS"), "{}", refused.body);
}

#[tokio::test]
async fn the_machines_authorities_are_followed_where_a_file_holds_them_and_read_again_at_sighup() {
    let emulator = over_tls().await;
    let folder = unknown(&emulator).await;
    let ca = folder.file("ca.pem");
    let served = Served::start(&folder, &[], &[("SSL_CERT_FILE", ca.to_str().unwrap())]);
    assert!(served.get(PATH).await.body.contains("TLS"));
    folder.write("ca.pem", pem(&emulator));
    until_read(&served).await;

    let folder = unknown(&emulator).await;
    let machine = Folder::new();
    // As OpenSSL names them; nobody follows the folder.
    machine.write(
        "00000000.0",
        &fs::read_to_string(folder.file("ca.pem")).unwrap(),
    );
    let path = machine.path().to_str().unwrap();
    let served = Served::start(&folder, &[], &[("SSL_CERT_DIR", path)]);
    assert!(served.get(PATH).await.body.contains("TLS"));
    machine.write("00000001.0", pem(&emulator));
    served.process.signal(Signal::HUP);
    until_read(&served).await;
}

#[tokio::test]
async fn a_plugged_host_follows_its_bundle() {
    let emulator = over_tls().await;
    let folder = unknown(&emulator).await;
    let ca = folder.file("ca.pem");
    let mut plugged = Plugged::start(&folder, &["--extra-ca", ca.to_str().unwrap()], &[]);
    let mut client = plugged.client().await;
    client
        .init("a", &emulator, &[("maxRetries", "0")])
        .await
        .unwrap();
    let refused = client.get("a", "api-token").await.unwrap_err();
    assert!(refused.message().contains("TLS"), "{refused}");
    folder.write("ca.pem", "nonsense");
    plugged.process.wait_for("stay as they were", 1);
    folder.write("ca.pem", pem(&emulator));
    plugged.process.signal(Signal::HUP);
    plugged.process.wait_for("authorities changed", 1);
    assert_eq!(client.value("a", "api-token").await, TOKEN);
}

/// Serves `secretstores.mine` by a component in `folder` that answers with numbers.
fn numbers(folder: &Folder) -> String {
    let file = folder.file("mine.wasm");
    fs::copy(component_build::package("bad-store").unwrap(), &file).unwrap();
    format!("--component=secretstores.mine={}", file.display())
}

/// Writes another component into that file in one step.
fn replace(folder: &Folder, component: &[u8]) {
    let part = folder.file("part");
    fs::write(&part, component).unwrap();
    fs::rename(part, folder.file("mine.wasm")).unwrap();
}

fn mine(name: &str, emulator: Option<&Emulator>) -> String {
    let all = emulator.map(|emulator| properties(&emulator.url(), &[]));
    let all = all.unwrap_or_default();
    let pairs: Vec<_> = all
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    component_yaml(name, "secretstores.mine", &pairs)
}

#[tokio::test]
async fn a_changed_component_serves_its_stores_and_loses_no_call() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let files = Folder::new();
    let option = numbers(&files);
    let folder = Folder::new().with("a.yaml", &mine("tencent", Some(&emulator)));
    // Without a key the other component refuses it.
    folder.write("b.yaml", &mine("poor", None));
    let mut served = Served::start(&folder, &[&option], &[]);
    assert!(served.get(PATH).await.body.contains(r#":"1""#));

    replace(&files, b"nonsense");
    served.process.wait_for("the component in use goes on", 1);
    assert_eq!(served.get(PATH).await.status, StatusCode::OK);

    let (stop, read) = (AtomicBool::new(false), AtomicU32::new(0));
    let reading = async {
        while !stop.load(Ordering::Relaxed) {
            // Longer than it takes to put another store in its place.
            let answer = served.get("/v1.0/secrets/poor/hold").await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            let answer = served.get(PATH).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    let changing = async {
        sleep(Duration::from_millis(400)).await;
        replace(&files, Runtime::TENCENTCLOUD_SSM);
        until_read(&served).await;
        sleep(Duration::from_millis(400)).await;
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, changing);
    assert!(read.into_inner() > 1);
    let line = served.process.wait_for("does not start", 1).remove(0);
    assert!(
        line.contains("poor") && line.contains("it goes on as it was"),
        "{line}"
    );
    let log = served.process.log();
    assert_eq!(
        log.matches("the component in use goes on").count(),
        1,
        "{log}"
    );
    assert_eq!(
        log.matches("the component is another now").count(),
        1,
        "{log}"
    );
}

async fn client(plugged: &mut Plugged) -> Client {
    plugged.process.wait_for("mine.sock", 1);
    Client(SecretStoreClient::new(
        connect(&plugged.sockets.join("mine.sock")).await,
    ))
}

#[tokio::test]
async fn a_changed_component_serves_the_stores_of_a_plugged_host() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let files = Folder::new();
    let option = numbers(&files);
    let folder = Folder::new();
    let resources = Folder::new().with("a.yaml", &mine("found", Some(&emulator)));
    let path = resources.path().to_str().unwrap();
    let arguments = [option.as_str(), "--resources-path", path];
    let mut plugged = Plugged::start(&folder, &arguments, &[]);
    let mut client = client(&mut plugged).await;
    client.init("a", &emulator, &[]).await.unwrap();
    client.init_with("poor", &[]).await.unwrap();
    for name in ["a", "found", "poor"] {
        assert_eq!(client.value(name, "api-token").await, "1", "{name}");
    }
    replace(&files, b"nonsense");
    plugged.process.wait_for("the component in use goes on", 1);
    assert_eq!(client.value("a", "api-token").await, "2");

    replace(&files, Runtime::TENCENTCLOUD_SSM);
    plugged.process.wait_for("started anew", 2);
    plugged.process.wait_for("it goes on as it was", 1);
    for name in ["a", "found"] {
        assert_eq!(client.value(name, "api-token").await, TOKEN, "{name}");
    }
    assert_eq!(client.value("poor", "api-token").await, "2");
    client.init("new", &emulator, &[]).await.unwrap();
    assert_eq!(client.value("new", "api-token").await, TOKEN);
}

#[test]
fn a_file_that_is_not_there_ends_the_start_with_its_name() {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    for option in [
        "--component=secretstores.mine=/no/such",
        "--extra-ca=/no/such",
    ] {
        let arguments = ["serve", "--resources-path", path, option];
        let process = Process::start(command(&arguments, &[]));
        let (status, log) = process.end();
        assert!(!status.success() && log.contains("/no/such"), "{log}");
    }
}

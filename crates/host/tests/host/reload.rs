//! Stores that follow their files.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use rustix::process::Signal;
use ssm_emulator::{Config, Emulator};
use tokio::time::sleep;

use crate::support::{Folder, Served, component, on};

fn local(prefix: &str) -> String {
    component("env", "secretstores.local.env", &[("prefix", prefix)], "")
}

const ENV: [(&str, &str); 2] = [("A_X", "a"), ("B_X", "b")];

async fn until(served: &Served, path: &str, expected: &str) {
    for _ in 0..500 {
        if served.get(path).await.body.trim_end() == expected {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} never answers {expected}:\n{}", served.process.log());
}

#[tokio::test]
async fn a_changed_a_new_and_a_removed_file_are_followed() {
    let folder = Folder::new().with("a.yaml", &local("A_"));
    let served = Served::start(&folder, &[], &ENV);
    assert_eq!(
        served.get("/v1.0/secrets/env/X").await.body,
        "{\"X\":\"a\"}\n"
    );
    folder.write("a.yaml", &local("B_"));
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;
    folder.write(
        "b.yaml",
        &component("more", "secretstores.local.env", &[], ""),
    );
    until(&served, "/v1.0/secrets/more/A_X", r#"{"A_X":"a"}"#).await;
    std::fs::remove_file(folder.file("b.yaml")).unwrap();
    let gone = r#"{"errorCode":"ERR_SECRET_STORE_NOT_FOUND","message":"failed finding secret store with key more"}"#;
    until(&served, "/v1.0/secrets/more/A_X", gone).await;
}

#[tokio::test]
async fn a_mistake_in_a_file_changes_nothing_until_it_is_mended() {
    let folder = Folder::new().with("a.yaml", &local("A_"));
    let mut served = Served::start(&folder, &[], &ENV);
    folder.write("a.yaml", "kind: [\n");
    served.process.wait_for("not YAML", 1);
    assert_eq!(
        served.get("/v1.0/secrets/env/X").await.body,
        "{\"X\":\"a\"}\n"
    );
    let failing = component("env", "secretstores.local.file", &[], "");
    folder.write("a.yaml", &failing);
    served.process.wait_for("secretsFile is missing", 1);
    assert_eq!(
        served.get("/v1.0/secrets/env/X").await.body,
        "{\"X\":\"a\"}\n"
    );
    folder.write("a.yaml", &local("B_"));
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;
}

#[tokio::test]
async fn reloading_again_and_again_loses_no_call() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    let mut served = Served::start(&folder, &[], &[]);
    let stop = AtomicBool::new(false);
    let read = AtomicU32::new(0);
    let reading = async {
        while !stop.load(Ordering::Relaxed) {
            let answer = served.get("/v1.0/secrets/tencent/api-token").await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            read.fetch_add(1, Ordering::Relaxed);
        }
    };
    let changing = async {
        for retries in 1..=20 {
            let retries = retries.to_string();
            folder.write(
                "a.yaml",
                &on(&emulator, "tencent", &[("maxRetries", &retries)]),
            );
            served.process.signal(Signal::HUP);
            sleep(Duration::from_millis(20)).await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, changing);
    assert!(read.into_inner() > 20);
    served.process.wait_for("serves", 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orderly_end_lets_calls_in_flight_end() {
    let config = Config {
        latency: Duration::from_millis(600),
        ..Config::sample()
    };
    let (served, _emulator) = Served::on_emulator(config).await;
    let served = Arc::new(served);
    let reader = Arc::clone(&served);
    let call = tokio::spawn(async move { reader.get("/v1.0/secrets/tencent/api-token").await });
    sleep(Duration::from_millis(200)).await;
    served.process.signal(Signal::TERM);
    assert_eq!(call.await.unwrap().status, StatusCode::OK);
    let served = Arc::into_inner(served).unwrap();
    let (status, log) = served.process.end();
    assert!(status.success(), "{log}");
}

//! Stores that follow their files.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
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

use crate::support::{Folder, Served, component, on, secrets_file};

fn local(prefix: &str) -> String {
    component("env", "secretstores.local.env", &[("prefix", prefix)], "")
}

const ENV: [(&str, &str); 2] = [("A_X", "a"), ("B_X", "b")];

pub(crate) async fn until(served: &Served, path: &str, expected: &str) {
    for _ in 0..1500 {
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
    fs::remove_file(folder.file("b.yaml")).unwrap();
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

// A storm of signals, and a file that is rewritten all the time, beside calls.
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
        for round in 0..4 {
            for retries in 1..=10 {
                let retries = (round * 10 + retries).min(20).to_string();
                folder.write(
                    "a.yaml",
                    &on(&emulator, "tencent", &[("maxRetries", &retries)]),
                );
                for _ in 0..10 {
                    served.process.signal(Signal::HUP);
                }
                sleep(Duration::from_millis(20)).await;
            }
            sleep(Duration::from_millis(500)).await;
        }
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(reading, changing);
    assert!(read.into_inner() > 20);
    served.process.wait_for("serves", 3);
    served.process.is_running();
}

#[tokio::test]
async fn a_file_that_is_being_written_is_taken_when_it_is_whole() {
    let folder = Folder::new().with("a.yaml", &local("A_"));
    let served = Served::start(&folder, &[], &ENV);
    let whole = local("B_");
    let cut = whole.find("  metadata:").unwrap();
    let writing = async {
        let mut file = fs::File::create(folder.file("a.yaml")).unwrap();
        file.write_all(&whole.as_bytes()[..cut]).unwrap();
        for _ in 0..8 {
            sleep(Duration::from_millis(100)).await;
            file.write_all(b"\n").unwrap();
        }
        file.write_all(&whole.as_bytes()[cut..]).unwrap();
    };
    let reading = async {
        for _ in 0..80 {
            // Without its prefix the store would show the whole environment.
            let answer = served.get("/v1.0/secrets/env/A_X").await;
            assert_eq!(answer.body, "{\"A_X\":\"\"}\n");
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::join!(writing, reading);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;
}

#[tokio::test]
async fn an_emptied_file_keeps_its_store_and_a_removed_one_does_not() {
    let folder = Folder::new().with("a.yaml", &local("A_"));
    let mut served = Served::start(&folder, &[], &ENV);
    fs::write(folder.file("a.yaml"), "").unwrap();
    served
        .process
        .wait_for("it is empty now: env goes on as it was", 1);
    for _ in 0..3 {
        served.process.signal(Signal::HUP);
        sleep(Duration::from_millis(300)).await;
    }
    let answer = served.get("/v1.0/secrets/env/X").await;
    assert_eq!(answer.body, "{\"X\":\"a\"}\n");
    fs::remove_file(folder.file("a.yaml")).unwrap();
    served.process.wait_for("serves no more", 1);
    // What is as it was is said once.
    let log = served.process.log();
    assert_eq!(log.matches("it is empty now").count(), 1, "{log}");
    assert_eq!(log.matches("\"env\"").count(), 2, "{log}");
}

#[tokio::test]
async fn the_file_of_a_local_store_is_followed_and_so_is_who_takes_values_from_it() {
    let folder = Folder::new();
    let file = secrets_file(&folder, r#"{"token": "one", "prefix": "A_"}"#);
    let items = [("secretsFile", file.as_str())];
    let reference =
        "  - name: prefix\n    secretKeyRef: {name: prefix}\nauth:\n  secretStore: file\n";
    let env = component("env", "secretstores.local.env", &[], reference);
    folder.write(
        "a.yaml",
        &format!(
            "{}---\n{env}",
            component("file", "secretstores.local.file", &items, "")
        ),
    );
    let mut served = Served::start(&folder, &[], &ENV);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
    folder.write("secrets.json", r#"{"token": "two", "prefix": "B_"}"#);
    until(&served, "/v1.0/secrets/file/token", r#"{"token":"two"}"#).await;
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;

    // A reference that gives nothing for a moment must not open the whole environment.
    folder.write("secrets.json", r#"{"token": "three"}"#);
    until(&served, "/v1.0/secrets/file/token", r#"{"token":"three"}"#).await;
    let line = served
        .process
        .wait_for("the reference gives nothing", 1)
        .remove(0);
    assert!(line.contains("it goes on as it was"), "{line}");
    let answer = served.get("/v1.0/secrets/env/X").await;
    assert_eq!(answer.body, "{\"X\":\"b\"}\n");

    folder.write("secrets.json", "{ broken");
    served.process.wait_for("is not JSON", 1);
    until(&served, "/v1.0/secrets/file/token", r#"{"token":"three"}"#).await;
    folder.write("secrets.json", r#"{"token": "four", "prefix": "A_"}"#);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
}

#[tokio::test]
async fn a_folder_made_again_and_a_swapped_link_are_followed() {
    let world = Folder::new();
    let made = |name: &str, prefix: &str| {
        fs::create_dir(world.file(name)).unwrap();
        fs::write(world.file(name).join("a.yaml"), local(prefix)).unwrap();
    };
    made("real", "A_");
    let mut served = Served::start_at(&world.file("real"), &[], &ENV);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
    fs::remove_dir_all(world.file("real")).unwrap();
    served.process.wait_for("the resources cannot be read", 1);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
    made("real", "B_");
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;

    // As Kubernetes mounts a ConfigMap: links to a file in a link that is swapped.
    fs::create_dir(world.file("mount")).unwrap();
    made("mount/..1", "A_");
    made("mount/..2", "B_");
    let swap = |to: &str| {
        symlink(to, world.file("mount/..next")).unwrap();
        fs::rename(world.file("mount/..next"), world.file("mount/..data")).unwrap();
    };
    swap("..1");
    symlink("..data/a.yaml", world.file("mount/a.yaml")).unwrap();
    let served = Served::start_at(&world.file("mount"), &[], &ENV);
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"a"}"#).await;
    swap("..2");
    until(&served, "/v1.0/secrets/env/X", r#"{"X":"b"}"#).await;
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

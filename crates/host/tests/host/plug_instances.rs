//! Names of Components that `plug` was never told of, or of which there are too many.

use std::{fs, time::Duration};

use futures_util::{StreamExt, stream};
use http::Method;
use ssm_emulator::{Config, Emulator};
use tonic::Code;

use crate::{
    plugged::{Client, Plugged, connect, to},
    support::{Folder, component, on, send},
};
use dapr_wasm_host::grpc::proto::components::{
    FeaturesRequest, secret_store_client::SecretStoreClient,
};

const WASM: &str = "secretstores.tencentcloud.ssm.wasm";
const LOCAL_ENV: &str = "secretstores.local.env";

fn wasm(yaml: &str) -> String {
    yaml.replace("cloud.ssm", "cloud.ssm.wasm")
}

/// A figure without labels.
async fn figure(plugged: &mut Plugged, name: &str) -> u64 {
    let text = metrics(plugged).await;
    let lines = text.lines().filter(|line| line.starts_with(name));
    let values = lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap());
    values.sum()
}

async fn metrics(plugged: &mut Plugged) -> String {
    let line = plugged.process.wait_for("metrics", 1).remove(0);
    let (_, address) = line.split_once("address=").unwrap();
    let address = address.split(' ').next().unwrap().parse().unwrap();
    send(address, Method::GET, "/", &[], "").await.body
}

#[tokio::test]
async fn wrong_names_start_nothing_and_hold_up_nobody() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let resources = folder.file("resources");
    fs::create_dir(&resources).unwrap();
    let names: Vec<_> = (0..40).map(|number| format!("store-{number}")).collect();
    for name in &names {
        let yaml = wasm(&on(&emulator, name, &[]));
        fs::write(resources.join(format!("{name}.yaml")), yaml).unwrap();
    }
    let arguments = [
        "--resources-path",
        resources.to_str().unwrap(),
        "--metrics-port=0",
    ];
    let mut plugged = Plugged::start(&folder, &arguments, &[]);
    let client = plugged.client().await.0;
    let wrong = stream::iter(0..3_000).map(|number| {
        let mut client = Client(client.clone());
        async move { client.get(&format!("wrong-{number}"), "x").await }
    });
    let mut wrong = wrong.buffer_unordered(500);
    let mut real = plugged.client().await;
    let (count, value) = tokio::join!(
        async {
            let mut count = 0;
            while let Some(answer) = wrong.next().await {
                assert_eq!(answer.unwrap_err().code(), Code::FailedPrecondition);
                count += 1;
            }
            count
        },
        tokio::time::timeout(Duration::from_secs(10), real.value("store-7", "api-token")),
    );
    assert_eq!(
        (count, value.unwrap().as_str()),
        (3_000, "sample-token-4f1c")
    );
    // One of forty Components was called.
    assert!(figure(&mut plugged, "dapr_wasm_instances").await <= 2);
    assert!(!metrics(&mut plugged).await.contains("wrong-"));
    assert_eq!(plugged.process.log().matches("configured again").count(), 1);
}

#[tokio::test]
async fn the_reason_is_the_real_one() {
    let folder = Folder::new();
    let resources = folder.file("resources");
    fs::create_dir(&resources).unwrap();
    let scoped = component(
        "scoped",
        WASM,
        &[("region", "ap-guangzhou")],
        "scopes: [other]\n",
    );
    fs::write(resources.join("scoped.yaml"), scoped).unwrap();
    let other = component("other", LOCAL_ENV, &[], "");
    fs::write(resources.join("other.yaml"), other).unwrap();
    let bad = component("bad", WASM, &[("region", "-")], "");
    fs::write(resources.join("bad.yaml"), bad).unwrap();
    let below = component(
        "below",
        WASM,
        &[("region", "x")],
        "auth: {secretStore: bad}\n",
    )
    .replace("value: \"x\"", "secretKeyRef: {name: a, key: b}");
    fs::write(resources.join("below.yaml"), below).unwrap();
    fs::write(
        resources.join("z-broken.yaml"),
        "kind: Component\nmetadata: [",
    )
    .unwrap();
    let path = resources.to_str().unwrap();
    // A key in the environment opens nothing that YAML withholds.
    let env = [
        ("TENCENTCLOUD_SECRET_ID", "id"),
        ("TENCENTCLOUD_SECRET_KEY", "key"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
    ];
    let plugged = Plugged::start(&folder, &["--resources-path", path, "--app-id=shop"], &env);
    let mut client = plugged.client().await;
    for (name, reasons) in [
        ("scoped", &["scoped.yaml", "has scopes", "\"shop\""][..]),
        (
            "other",
            &["other.yaml", "of the type secretstores.local.env"],
        ),
        ("bad", &["bad.yaml", "region"]),
        ("below", &["below.yaml", "bad"]),
    ] {
        for _ in 0..2 {
            let status = client.get(name, "x").await.unwrap_err();
            assert_eq!(status.code(), Code::FailedPrecondition);
            for reason in reasons {
                assert!(status.message().contains(reason), "{name}: {status}");
            }
        }
    }
    drop(plugged);

    let plugged = Plugged::start(&folder, &["--resources-path", path], &[]);
    let mut client = plugged.client().await;
    let status = client.get("scoped", "x").await.unwrap_err();
    assert!(status.message().contains("--app-id"), "{status}");
    let status = client.get("absent", "x").await.unwrap_err();
    for reason in ["no Component \"absent\"", "z-broken.yaml"] {
        assert!(status.message().contains(reason), "{status}");
    }
}

#[tokio::test]
async fn thousands_of_initialised_names_leave_neither_stores_nor_labels_for_ever() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let arguments = ["--offer", LOCAL_ENV, "--offer", WASM, "--metrics-port=0"];
    let mut plugged = Plugged::start(&folder, &arguments, &[("GREETING", "hello")]);
    let mut tencent = plugged.client().await;
    tencent.init("real", &emulator, &[]).await.unwrap();
    let local = connect(&plugged.sockets.join("local.env.sock")).await;
    let local = SecretStoreClient::new(local);
    let mut first = Client(local.clone());
    first.init_with("first", &[]).await.unwrap();
    assert_eq!(first.value("first", "GREETING").await, "hello");
    let names = stream::iter(0..3_000).map(|number| {
        let mut client = Client(local.clone());
        async move {
            let name = format!("name-{number}");
            client.init_with(&name, &[]).await.unwrap();
            assert_eq!(client.value(&name, "GREETING").await, "hello");
        }
    });
    names.buffer_unordered(100).collect::<Vec<_>>().await;
    let labels = metrics(&mut plugged).await;
    let labels = labels.matches("dapr_component_secret_count{").count();
    assert!((1_500..=2_000).contains(&labels), "{labels}");
    let gone = first.get("first", "GREETING").await.unwrap_err();
    assert_eq!(gone.code(), Code::FailedPrecondition);
    assert_eq!(first.value("name-2999", "GREETING").await, "hello");
    assert_eq!(
        tencent.value("real", "api-token").await,
        "sample-token-4f1c"
    );

    let long = "x".repeat(300 << 10);
    let status = first.init_with("long", &[("a", &long)]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    let status = first.init_with(&long[..300], &[]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
}

#[tokio::test]
async fn names_are_told_apart_in_any_letters_and_write_no_line_of_their_own_into_the_log() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let mut plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    // Letters beyond ASCII, a tab, a next line, and what turns the direction of text.
    let odd = "空\t\u{85}\u{202e}\u{9b}2J";
    client.init("é", &emulator, &[]).await.unwrap();
    client.init(odd, &emulator, &[]).await.unwrap();
    assert_eq!(client.value(odd, "api-token").await, "sample-token-4f1c");
    for instance in ["è", ""] {
        let status = client.get(instance, "x").await.unwrap_err();
        assert_eq!(status.code(), Code::FailedPrecondition);
    }
    for key in [
        "x\nplanted line",
        "x\r\u{1b}[2Kplanted line",
        "x\u{85}planted line",
    ] {
        client.get(odd, key).await.unwrap_err();
        client.init(odd, &emulator, &[("region", key)]).await.err();
        client
            .init(odd, &emulator, &[("versionId", key)])
            .await
            .err();
        client.init(odd, &emulator, &[]).await.unwrap();
    }
    client
        .0
        .features(to(odd, FeaturesRequest {}))
        .await
        .unwrap();
    plugged.process.wait_for("initialised", 5);
    let log = plugged.process.log();
    for line in log.split(|letter: char| letter.is_control() || letter == '\u{85}') {
        assert!(!line.starts_with("planted"), "{log}");
    }
    let outside = |letter: char| letter.is_control() && letter != '\n';
    assert!(!log.contains(outside), "{log:?}");
    assert!(!log.contains('\u{202e}'), "{log:?}");
}

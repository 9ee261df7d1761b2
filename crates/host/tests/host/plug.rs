//! `dapr-wasm-host plug`, called as daprd calls it.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    time::Duration,
};

use dapr_wasm_host::{
    Runtime,
    grpc::proto::components::{FeaturesRequest, PingRequest},
};
use rustix::process::Signal;
use ssm_emulator::{Config, Emulator, Secret};
use tokio::time::sleep;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    plugged::{Plugged, to},
    support::{Folder, Process, command, environment, on, run, text},
};

/// An emulator whose `api-token` is `another`.
async fn another() -> Emulator {
    let mut config = Config::sample();
    config.secrets = vec![Secret::text("api-token", "v1", "another")];
    Emulator::start(config).await.unwrap()
}

#[tokio::test]
async fn instances_are_told_apart_and_a_second_init_replaces_the_first() {
    let first = Emulator::start(Config::sample()).await.unwrap();
    let second = another().await;
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &first, &[]).await.unwrap();
    client.init("b", &second, &[]).await.unwrap();
    assert_eq!(client.value("a", "api-token").await, "sample-token-4f1c");
    assert_eq!(client.value("b", "api-token").await, "another");
    assert_eq!(client.bulk("a").await.unwrap(), 4);
    client.init("a", &second, &[]).await.unwrap();
    assert_eq!(client.value("a", "api-token").await, "another");

    // The conformance suite has no name for its instance.
    client.init("", &first, &[]).await.unwrap();
    assert_eq!(client.value("", "api-token").await, "sample-token-4f1c");
    let features = client
        .0
        .features(to("a", FeaturesRequest {}))
        .await
        .unwrap();
    assert!(features.into_inner().features.is_empty());
    client.0.ping(to("a", PingRequest {})).await.unwrap();
}

#[tokio::test]
async fn a_call_in_flight_ends_on_the_store_that_it_began_with() {
    let config = Config {
        latency: Duration::from_millis(800),
        ..Config::sample()
    };
    let first = Emulator::start(config).await.unwrap();
    let second = another().await;
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &first, &[]).await.unwrap();
    let mut other = plugged.client().await;
    let call = tokio::spawn(async move { other.value("a", "api-token").await });
    while first.requests().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    client.init("a", &second, &[]).await.unwrap();
    assert_eq!(client.value("a", "api-token").await, "another");
    assert_eq!(call.await.unwrap(), "sample-token-4f1c");
}

#[tokio::test]
async fn error_kinds_are_grpc_codes() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    let refused = client
        .init("bad", &emulator, &[("region", "")])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    client.init("a", &emulator, &[]).await.unwrap();
    let missing = client.get("a", "no-such").await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    assert!(missing.message().contains("RequestId"), "{missing}");
    client
        .init("a", &emulator, &[("secretKey", "nonsense")])
        .await
        .unwrap();
    let denied = client.get("a", "api-token").await.unwrap_err();
    assert_eq!(denied.code(), Code::Unauthenticated);
    let gone = [("endpoint", "http://127.0.0.1:9"), ("maxRetries", "0")];
    client.init("a", &emulator, &gone).await.unwrap();
    let gone = client.get("a", "api-token").await.unwrap_err();
    assert_eq!(gone.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_restarted_host_finds_its_stores_in_the_resources_or_in_the_environment() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    fs::create_dir(folder.file("resources")).unwrap();
    let resources = folder.file("resources");
    let yaml = on(&emulator, "tencent", &[]).replace("cloud.ssm", "cloud.ssm.wasm");
    fs::write(resources.join("a.yaml"), yaml).unwrap();
    let from_resources = ["--resources-path", resources.to_str().unwrap()];
    let url = emulator.url();
    let env = environment(&url);
    for (arguments, env) in [(&from_resources[..], &[][..]), (&[], &env[..])] {
        // No Init was sent to this process: as after a restart under a running daprd.
        let plugged = Plugged::start(&folder, arguments, env);
        let mut client = plugged.client().await;
        assert_eq!(
            client.value("tencent", "api-token").await,
            "sample-token-4f1c"
        );
        plugged.process.signal(Signal::KILL);
        plugged.process.end();
    }
    let plugged = Plugged::start(&folder, &from_resources, &[]);
    let status = plugged.client().await.get("other", "x").await.unwrap_err();
    assert!(
        status.message().contains("no Component \"other\""),
        "{status}"
    );
}

#[tokio::test]
async fn a_restarted_host_with_neither_says_what_to_do() {
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    for status in [
        client.get("tencent", "x").await.unwrap_err(),
        client.bulk("tencent").await.unwrap_err(),
    ] {
        assert_eq!(status.code(), Code::FailedPrecondition);
        for part in [
            "tencent",
            "--resources-path",
            "TENCENTCLOUD_SECRET_ID",
            "restart daprd",
        ] {
            assert!(status.message().contains(part), "{status}");
        }
    }
}

#[tokio::test]
async fn sockets_are_there_with_their_mode_while_it_runs_and_gone_after() {
    let folder = Folder::new();
    let names = || {
        let entries = fs::read_dir(folder.file("sockets")).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| text(entry.unwrap().file_name().as_encoded_bytes()))
            .collect();
        names.sort();
        names
    };
    let both = ["tencentcloud.ssm.sock", "tencentcloud.ssm.wasm.sock"];
    let killed = Plugged::start(&folder, &["--drop-in"], &[]);
    killed.process.signal(Signal::KILL);
    killed.process.end();
    assert_eq!(names(), both, "a killed process leaves them");

    for signal in [Signal::TERM, Signal::INT] {
        let mut plugged = Plugged::start(&folder, &["--drop-in", "--socket-mode=660"], &[]);
        plugged.process.wait_for("plugged in", 2);
        assert_eq!(names(), both);
        let file = fs::metadata(plugged.sockets.join(both[0])).unwrap();
        assert!(file.file_type().is_socket());
        assert_eq!(file.permissions().mode() & 0o777, 0o660);
        // It ends nothing.
        plugged.process.signal(Signal::HUP);

        let sockets = folder.file("sockets");
        let second = run(
            &["plug", "--sockets-folder", sockets.to_str().unwrap()],
            &[],
        );
        assert!(
            text(&second.stderr).contains("another process serves it"),
            "{}",
            text(&second.stderr)
        );

        plugged.process.signal(signal);
        let (status, log) = plugged.process.end();
        assert!(status.success(), "{log}");
        assert_eq!(names(), [""; 0]);
    }
}

#[tokio::test]
async fn the_folder_comes_from_daprs_variables() {
    let folder = Folder::new();
    let folder_of_sockets = folder.file("sockets");
    let sockets = folder_of_sockets.to_str().unwrap();
    for variable in [
        "DAPR_COMPONENTS_SOCKETS_FOLDER",
        "DAPR_COMPONENT_SOCKETS_FOLDER",
        "DAPR_COMPONENT_SOCKET_FOLDER",
    ] {
        // One that is empty counts for nothing.
        let mut env = vec![("DAPR_COMPONENT_SOCKET_FOLDER", "")];
        env.retain(|(other, _)| *other != variable);
        env.push((variable, sockets));
        let mut process = Process::start(command(&["plug"], &env));
        let line = process.wait_for("plugged in", 1).remove(0);
        assert!(line.contains(sockets), "{line}");
        process.signal(Signal::TERM);
        process.end();
    }
}

#[tokio::test]
async fn a_bulk_answer_that_daprd_would_drop_is_refused_with_a_way_out() {
    let mut config = Config::sample();
    let long = "x".repeat(30_000);
    let many = (0..150).map(|number| Secret::text(&format!("s{number}"), "v1", &long));
    config.secrets.extend(many);
    let emulator = Emulator::start(config).await.unwrap();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    let status = client.bulk("a").await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    for part in ["4 MiB", "names", "prefix"] {
        assert!(status.message().contains(part), "{status}");
    }
    client
        .init("a", &emulator, &[("prefix", "s1")])
        .await
        .unwrap();
    assert!(client.bulk("a").await.unwrap() > 50);
}

#[tokio::test]
async fn health_and_both_reflections_share_the_socket() {
    use tokio_stream::{StreamExt, once};
    use tonic_reflection::pb::v1alpha::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest,
    };

    const SERVICE: &str = "dapr.proto.components.v1.SecretStore";
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let channel = plugged.channel().await;
    let service = SERVICE.to_owned();
    let health = HealthClient::new(channel.clone())
        .check(HealthCheckRequest { service })
        .await;
    assert_eq!(health.unwrap().into_inner().status, 1);
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices("*".to_owned())),
    };
    let mut client = ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(once(request)).await.unwrap();
    let answer = answers.into_inner().next().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains(SERVICE), "{answer:?}");
}

#[tokio::test]
async fn a_plugged_host_takes_other_types_too() {
    let folder = Folder::new();
    let wasm = folder.file("mine.wasm");
    fs::write(&wasm, Runtime::TENCENTCLOUD_SSM).unwrap();
    let option = format!("--component=secretstores.mine={}", wasm.display());
    let mut plugged = Plugged::start(&folder, &[&option], &[]);
    plugged.process.wait_for("mine.sock", 1);
    let nonsense = run(&["plug", "--component=mine"], &[]);
    assert!(text(&nonsense.stderr).contains("secretstores.NAME=FILE.wasm"));
}

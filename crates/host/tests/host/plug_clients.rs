//! Clients of a plugged host that are not daprd, or misbehave.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    thread,
    time::{Duration, Instant},
};

use dapr_wasm_host::grpc::proto::components::GetSecretRequest;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use ssm_emulator::{Config, Emulator};
use test_support::programs::DAPR_SDK_PYTHON;
use tokio::process::Command;
use tonic::metadata::MetadataValue;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    plugged::{Plugged, connect, to},
    support::{Folder, Process, command, environment, text},
};

/// HTTP/2's preface and empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// The headers of a call whose message never comes.
fn half_a_call() -> Vec<u8> {
    let path = "/dapr.proto.components.v1.SecretStore/Get";
    let mut block = vec![0x83, 0x86, 0x44, u8::try_from(path.len()).unwrap()];
    block.extend(path.as_bytes());
    block.extend(b"\x41\x01a");
    block.extend(b"\x40\x0ccontent-type\x10application/grpc");
    let mut frame = vec![0, 0, u8::try_from(block.len()).unwrap(), 1, 4, 0, 0, 0, 1];
    frame.extend(block);
    frame
}

#[tokio::test]
async fn a_client_of_grpcs_c_core_is_served_though_it_sends_a_path_as_authority() {
    let Some(python) = DAPR_SDK_PYTHON.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let url = emulator.url();
    let env = environment(&url);
    let plugged = Plugged::start(&folder, &[], &env);
    let script = component_build::root().join("tests/fixtures/sdk/c_core.py");
    let output = Command::new(python)
        .arg(script)
        .arg(plugged.socket())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", plugged.process.log());
}

#[tokio::test]
async fn a_burst_of_idle_connections_stalls_nobody_and_ends_at_once() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let started = Instant::now();
    let mut idle = Vec::new();
    for number in 0..400 {
        let mut stream = UnixStream::connect(plugged.socket()).unwrap();
        match number % 4 {
            0 => {}
            1 => stream.write_all(b"PRI").unwrap(),
            2 => stream.write_all(HELLO).unwrap(),
            _ => stream.write_all(&[HELLO, &half_a_call()].concat()).unwrap(),
        }
        idle.push(stream);
    }
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    assert_eq!(client.value("a", "api-token").await, "sample-token-4f1c");
    assert!(started.elapsed() < Duration::from_secs(10));

    plugged.process.signal(Signal::TERM);
    let (status, log) = plugged.process.end();
    assert!(
        status.success() && !log.contains("still in flight"),
        "{log}"
    );
    for mut stream in idle {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
    }
}

#[tokio::test]
async fn without_file_descriptors_it_waits_says_so_and_goes_on() {
    let folder = Folder::new();
    let sockets = folder.file("sockets");
    let host = command(
        &["plug", "--sockets-folder", sockets.to_str().unwrap()],
        &[],
    );
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "ulimit -n 60 && exec \"$0\" \"$@\""])
        .arg(host.get_program())
        .args(host.get_args())
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    let mut process = Process::start(limited);
    process.wait_for("plugged in", 1);
    let socket = sockets.join("tencentcloud.ssm.wasm.sock");
    let idle: Vec<_> = (0..100)
        .map(|_| UnixStream::connect(&socket).unwrap())
        .collect();
    let line = process
        .wait_for("raise the limit of open files", 1)
        .remove(0);
    assert!(line.contains("tencentcloud.ssm.wasm.sock"), "{line}");
    let before = process.computed();
    thread::sleep(Duration::from_secs(2));
    let computed = process.computed() - before;
    assert!(computed < 100, "{computed} hundredths of a second");
    drop(idle);
    let mut client = HealthClient::new(connect(&socket).await);
    let answer = client.check(HealthCheckRequest::default()).await.unwrap();
    assert_eq!(answer.into_inner().status, 1);
    let log = process.log();
    assert_eq!(log.matches("raise the limit").count(), 1, "{log}");
}

#[tokio::test]
async fn beyond_the_limit_connections_wait_and_the_log_says_so_once() {
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum;
    setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
    let folder = Folder::new();
    let mut plugged = Plugged::start(&folder, &[], &[]);
    let socket = plugged.socket();
    let begun = || {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(HELLO).unwrap();
        stream
    };
    let has_begun = |mut stream: &UnixStream| stream.read_exact(&mut [0; 9]).is_ok();
    let mut streams: Vec<_> = (0..4_096).map(|_| begun()).collect();
    assert!(streams.iter().all(has_begun));
    let waiting = begun();
    plugged.process.wait_for("4096 connections are open", 1);
    let patience = Some(Duration::from_millis(300));
    waiting.set_read_timeout(patience).unwrap();
    assert!(!has_begun(&waiting));
    streams.truncate(4_000);
    waiting
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert!(has_begun(&waiting));
    let log = plugged.process.log();
    assert_eq!(log.matches("connections are open").count(), 1, "{log}");
}

#[tokio::test]
async fn headers_are_taken_up_to_a_limit_and_beyond_it_the_connection_goes_on() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    for (length, fits) in [(8 << 10, true), (20 << 10, false)] {
        let key = "api-token".to_owned();
        let mut request = to(
            "a",
            GetSecretRequest {
                key,
                ..GetSecretRequest::default()
            },
        );
        let long = MetadataValue::try_from("x".repeat(length)).unwrap();
        request.metadata_mut().insert("x-long", long);
        assert_eq!(client.0.get(request).await.is_ok(), fits, "{length}");
    }
    assert_eq!(client.value("a", "api-token").await, "sample-token-4f1c");
}

#[tokio::test]
async fn a_storm_of_sighup_changes_nothing() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new();
    let mut plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    for _ in 0..200 {
        for _ in 0..5 {
            plugged.process.signal(Signal::HUP);
        }
        assert_eq!(client.value("a", "api-token").await, "sample-token-4f1c");
    }
    plugged.process.is_running();
    let _ = connect(&plugged.socket()).await;
}

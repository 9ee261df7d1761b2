//! Where `serve` listens, and what it tells where.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
};

use dapr_wasm_host::grpc::proto::runtime::{
    GetMetadataRequest, ShutdownRequest, dapr_client::DaprClient,
};
use http::{Method, StatusCode};
use rustix::process::Signal;
use test_support::programs::DAPR_SDK_PYTHON;
use tonic::transport::Endpoint;

use crate::support::{Folder, PATIENCE, Process, Served, command, component, run, send, text};

#[tokio::test]
async fn the_public_port_tells_health_and_metadata_without_a_token() {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    let arguments = [
        "--dapr-public-port=0",
        "--dapr-public-listen-address=127.0.0.1",
    ];
    let token = [("DAPR_API_TOKEN", "let-me-in")];
    let mut served = Served::start(&folder, &arguments, &token);
    let public = served.process.address("health and metadata");
    for (method, path, status) in [
        (Method::GET, "/v1.0/healthz", 204),
        (Method::GET, "/v1.0/healthz/outbound", 204),
        (Method::GET, "/v1.0/metadata", 200),
        (Method::GET, "/v1.0/secrets/env/FOO", 404),
        (Method::GET, "/v1.0/secrets/env/bulk", 404),
        (Method::PUT, "/v1.0/metadata/a", 404),
        (Method::POST, "/v1.0/shutdown", 404),
    ] {
        let answer = send(public, method, path, &[], "").await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
    }
}

#[tokio::test]
async fn unix_sockets_stand_where_daprd_has_them() {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    let sockets = Folder::new();
    let arguments = [
        "serve",
        "-resources-path",
        folder.path().to_str().unwrap(),
        "-unix-domain-socket",
        sockets.path().to_str().unwrap(),
        "-app-id",
        "shop",
        "--enable-metrics=false",
    ];
    let start = || {
        let mut process = Process::start(command(&arguments, &[("FOO", "bar")]));
        process.wait_for("ready", 1);
        process
    };
    let process = start();
    let second = run(&arguments, &[]);
    let said = text(&second.stderr);
    assert!(said.contains("another process serves it"), "{said}");
    let http = sockets.file("dapr-shop-http.socket");
    let mut stream = UnixStream::connect(&http).unwrap();
    // No name is asked for here: a page in a browser cannot come.
    let request =
        "GET /v1.0/secrets/env/FOO HTTP/1.1\r\nHost: any.example\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(text(&answer).ends_with("{\"FOO\":\"bar\"}\n"));

    let grpc = sockets.file("dapr-shop-grpc.socket");
    let endpoint = Endpoint::try_from(format!("unix:{}", grpc.display())).unwrap();
    let mut client = DaprClient::new(endpoint.connect().await.unwrap());
    let answer = client.get_metadata(GetMetadataRequest {}).await.unwrap();
    assert_eq!(answer.into_inner().id, "shop");
    drop(client);

    process.signal(Signal::KILL);
    process.end();
    // What it left behind is in nobody's way.
    let process = start();
    process.signal(Signal::TERM);
    let (status, log) = process.end();
    assert!(
        status.success() && !http.exists() && !grpc.exists(),
        "{log}"
    );
}

/// A `serve` at Unix sockets, as the app `shop`, and the socket of gRPC.
fn at_sockets(sockets: &Folder) -> (Process, PathBuf) {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let folder = Folder::new().with("a.yaml", &yaml);
    let arguments = [
        "serve",
        "--resources-path",
        folder.path().to_str().unwrap(),
        "--unix-domain-socket",
        sockets.path().to_str().unwrap(),
        "--app-id=shop",
        "--enable-metrics=false",
    ];
    let mut process = Process::start(command(&arguments, &[("FOO", "bar")]));
    process.wait_for("ready", 1);
    (process, sockets.file("dapr-shop-grpc.socket"))
}

#[test]
fn whatever_stands_as_authority_is_served_at_the_socket() {
    let sockets = Folder::new();
    let (process, socket) = at_sockets(&sockets);
    for authority in [
        "%2Ftmp%2Fdapr-shop-grpc.socket",
        "/tmp/a.socket",
        "localhost",
    ] {
        let path = "/dapr.proto.runtime.v1.Dapr/GetMetadata";
        let length = |text: &str| u8::try_from(text.len()).unwrap();
        let mut block = vec![0x83, 0x86, 0x44, length(path)];
        block.extend(path.as_bytes());
        block.extend([0x41, length(authority)]);
        block.extend(authority.as_bytes());
        block.extend(b"\x40\x0ccontent-type\x10application/grpc\x40\x02te\x08trailers");
        let mut sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
        sent.extend([0, 0, u8::try_from(block.len()).unwrap(), 1, 4, 0, 0, 0, 1]);
        sent.extend(block);
        sent.extend(b"\0\0\x05\0\x01\0\0\0\x01\0\0\0\0\0");
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&sent).unwrap();
        let message = loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).unwrap();
            let mut payload = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
            stream.read_exact(&mut payload).unwrap();
            // RST_STREAM and GOAWAY.
            assert!(![3, 7].contains(&head[3]), "{authority}: {}", process.log());
            if head[3] == 0 {
                break text(&payload);
            }
        };
        assert!(message.contains("shop"), "{message}");
    }
}

#[tokio::test]
async fn grpcs_c_core_reads_at_the_socket() {
    let Some(python) = DAPR_SDK_PYTHON.find() else {
        return;
    };
    let sockets = Folder::new();
    let (process, socket) = at_sockets(&sockets);
    let script = component_build::root().join("tests/fixtures/sdk/c_core_serve.py");
    let output = tokio::process::Command::new(python)
        .arg(script)
        .arg(socket)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}\n{}", process.log());
}

#[tokio::test]
async fn callers_may_end_it() {
    let token = [("DAPR_API_TOKEN", "let-me-in")];
    let served = Served::start(&Folder::new(), &[], &token);
    let post = |headers| served.send(Method::POST, "/v1.0/shutdown", headers, "");
    let stranger = post(&[]).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let answer = post(&[("dapr-api-token", "let-me-in")]).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    let (status, log) = served.process.end();
    assert!(status.success() && log.contains("stopping"), "{log}");

    let served = Served::start(&Folder::new(), &[], &[]);
    let endpoint = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
    let mut client = DaprClient::new(endpoint.connect().await.unwrap());
    client.shutdown(ShutdownRequest {}).await.unwrap();
    assert!(served.process.end().0.success());
}

#[tokio::test]
async fn names_are_listened_on_and_metrics_for_all() {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let arguments = [
        "serve",
        "--resources-path",
        path,
        "--dapr-listen-addresses",
        "localhost",
        "--dapr-http-port=0",
        "--dapr-grpc-port=0",
        "--metrics-port=0",
        "--enable-metrics",
    ];
    let mut process = Process::start(command(&arguments, &[]));
    let metrics = process.address("metrics");
    assert!(metrics.ip().is_unspecified());
    let http = process.address("HTTP API");
    assert!(http.ip().is_loopback());
    let answer = send(http, Method::GET, "/v1.0/healthz", &[], "").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

//! Where `serve` listens, and what it tells where.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use dapr_wasm_host::grpc::proto::runtime::{
    GetMetadataRequest, ShutdownRequest, dapr_client::DaprClient,
};
use http::{Method, StatusCode};
use rustix::process::Signal;
use tonic::transport::Endpoint;

use crate::support::{Folder, Process, Served, command, component, send, text};

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

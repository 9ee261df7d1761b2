//! Servers in processes of their own, and how they are asked.

use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use ssm_emulator::Emulator;
use tempfile::TempDir;
use test_support::resources::{component_yaml, properties};
use tokio::net::TcpListener;

/// A server in a process of its own, which ends when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) http: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Component that reads from `emulator`, in a folder.
pub(crate) fn resources(emulator: &Emulator) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let properties = properties(&emulator.url(), &[]);
    let yaml = component_yaml("tencent", "secretstores.tencentcloud.ssm", &properties);
    fs::write(folder.path().join("tencent.yaml"), yaml).unwrap();
    // The host waits for a file that was written this moment; those of people are older.
    thread::sleep(Duration::from_millis(300));
    folder
}

/// Starts our host on the stores of `resources`, and waits until it answers `path`; gives how long
/// that took from exec.
pub(crate) async fn host(resources: &TempDir, path: &str) -> (Running, Duration) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dapr-wasm-host"));
    command
        .args(["serve", "--enable-metrics=false", "--log-level=error"])
        .arg("--resources-path")
        .arg(resources.path());
    running(command, path).await
}

/// Starts a server that has daprd's flags for its ports, and waits until it answers `path`;
/// gives how long that took from exec.
pub(crate) async fn running(mut command: Command, path: &str) -> (Running, Duration) {
    let (http, grpc) = (free().await, free().await);
    command
        .args(["--dapr-http-port".to_owned(), http.to_string()])
        .args(["--dapr-grpc-port".to_owned(), grpc.to_string()]);
    running_at(command, http, path).await
}

/// Starts a server that was told to listen on `port`, and waits until it answers `path`; gives how
/// long that took from exec.
pub(crate) async fn running_at(mut command: Command, port: u16, path: &str) -> (Running, Duration) {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let http = SocketAddr::from(([127, 0, 0, 1], port));
    let client = client();
    let started = Instant::now();
    let child = command.spawn().unwrap();
    while get_from(&client, http, path).await != Some(StatusCode::OK) {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it does not start"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let first = started.elapsed();
    (Running { child, http }, first)
}

pub(crate) async fn free() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

pub(crate) fn client() -> Client<HttpConnector, Empty<Bytes>> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(tcp)
}

pub(crate) async fn get_from(
    client: &Client<HttpConnector, Empty<Bytes>>,
    address: SocketAddr,
    path: &str,
) -> Option<StatusCode> {
    let request = Request::get(format!("http://{address}{path}"))
        .body(Empty::new())
        .unwrap();
    let answer = client.request(request).await.ok()?;
    let status = answer.status();
    answer.into_body().collect().await.ok()?;
    Some(status)
}

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

/// A Component that reads from `emulator`, with `more` properties, in a folder.
pub(crate) fn resources(emulator: &Emulator, more: &[(&str, &str)]) -> TempDir {
    let properties = properties(&emulator.url(), more);
    settled(&component_yaml(
        "tencent",
        "secretstores.tencentcloud.ssm",
        &properties,
    ))
}

/// A folder with `yaml` in it for a while: the host waits for a file that was written this moment, and
/// those of people are older.
pub(crate) fn settled(yaml: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("store.yaml"), yaml).unwrap();
    thread::sleep(Duration::from_millis(300));
    folder
}

/// Our host on the stores of `resources`, with `more` flags.
pub(crate) fn ours(resources: &TempDir, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dapr-wasm-host"));
    command
        .args(["serve", "--log-level=error"])
        .args(more)
        .arg("--resources-path")
        .arg(resources.path());
    if !more.iter().any(|flag| flag.starts_with("--metrics")) {
        command.arg("--enable-metrics=false");
    }
    command
}

/// Starts our host on the stores of `resources`, and waits until it answers `path`; gives how long
/// that took from exec.
pub(crate) async fn host(resources: &TempDir, path: &str) -> (Running, Duration) {
    running(ours(resources, &[]), path).await
}

/// Starts a server that has daprd's flags for its ports, and waits until it answers `path`;
/// gives how long that took from exec.
pub(crate) async fn running(mut command: Command, path: &str) -> (Running, Duration) {
    let port = with_ports(&mut command).await;
    running_at(command, port, path).await
}

/// Gives a server free ports by daprd's flags, and says the one for HTTP.
pub(crate) async fn with_ports(command: &mut Command) -> u16 {
    let (http, grpc) = (free().await, free().await);
    command
        .args(["--dapr-http-port".to_owned(), http.to_string()])
        .args(["--dapr-grpc-port".to_owned(), grpc.to_string()]);
    http
}

/// Starts a server that was told to listen on `port`, and waits until it answers `path`; gives how
/// long that took from exec.
pub(crate) async fn running_at(command: Command, port: u16, path: &str) -> (Running, Duration) {
    let started = try_running_at(command, port, path).await;
    started.unwrap_or_else(|| panic!("it does not start"))
}

/// The same; `None` if it ends instead, or takes too long.
pub(crate) async fn try_running_at(
    mut command: Command,
    port: u16,
    path: &str,
) -> Option<(Running, Duration)> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let http = SocketAddr::from(([127, 0, 0, 1], port));
    let client = client();
    let started = Instant::now();
    let child = command.spawn().unwrap();
    let mut server = Running { child, http };
    while get_from(&client, http, path).await != Some(StatusCode::OK) {
        let ended = server.child.try_wait().unwrap().is_some();
        if ended || started.elapsed() > Duration::from_secs(20) {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Some((server, started.elapsed()))
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

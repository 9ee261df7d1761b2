//! Servers in processes of their own, and how they are asked.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
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

/// Starts a server that has daprd's flags for its ports, and waits until it answers `path`;
/// gives how long that took from exec.
pub(crate) async fn running(mut command: Command, path: &str) -> (Running, Duration) {
    let (http, grpc) = (free().await, free().await);
    command
        .args(["--dapr-http-port".to_owned(), http.to_string()])
        .args(["--dapr-grpc-port".to_owned(), grpc.to_string()]);
    running_at(command, http, path).await
}

/// The same of a server on `port`.
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

pub(crate) type Http = Client<HttpConnector, Empty<Bytes>>;

pub(crate) fn client() -> Http {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(tcp)
}

pub(crate) async fn get_from(client: &Http, address: SocketAddr, path: &str) -> Option<StatusCode> {
    let request = Request::get(format!("http://{address}{path}"));
    let request = request.body(Empty::new()).unwrap();
    let answer = client.request(request).await.ok()?;
    let status = answer.status();
    answer.into_body().collect().await.ok()?;
    Some(status)
}

//! Waits for another process of this command's, as `daprd --wait` does for a daprd.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::{sleep, timeout},
};

use super::escape;

/// How long it is waited for: daprd's limit.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
/// From one question to the next.
const WAIT_PAUSE: Duration = Duration::from_millis(100);

/// Asks the server at `port` of this machine until it is ready to be called.
pub(super) async fn until_ready(port: u16) -> ExitCode {
    let what = format!("the server at port {port} is not ready");
    until(&what, async || is_ready(port).await).await
}

/// Tries the `sockets` until somebody serves each.
pub(super) async fn until_plugged_in(sockets: &[PathBuf]) -> ExitCode {
    let paths: Vec<_> = sockets.iter().map(|it| it.to_string_lossy()).collect();
    let what = format!("not all of {} are served", paths.join(", "));
    let are_served = async || {
        for socket in sockets {
            if UnixStream::connect(socket).await.is_err() {
                return false;
            }
        }
        true
    };
    until(&what, are_served).await
}

async fn until(otherwise: &str, is_true: impl AsyncFn() -> bool) -> ExitCode {
    let waiting = async {
        while !is_true().await {
            sleep(WAIT_PAUSE).await;
        }
    };
    if timeout(WAIT_TIMEOUT, waiting).await.is_ok() {
        return ExitCode::SUCCESS;
    }
    let otherwise = escape::line(otherwise);
    eprintln!("error: {otherwise} after {WAIT_TIMEOUT:?}");
    ExitCode::FAILURE
}

async fn is_ready(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let asked = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = b"GET /v1.0/healthz/outbound HTTP/1.0\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).await.ok()?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.ok()?;
        Some(status.ends_with(b" 204"))
    };
    asked.await == Some(true)
}

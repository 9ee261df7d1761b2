//! The connections of one socket: taken in, bounded, and closed in the end without losing a call.

use std::{io::ErrorKind, pin::pin, sync::Arc, time::Duration};

use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::service::Routes;

use super::{
    calls::{Calls, Counted},
    socket::Socket,
};
use crate::grpc::authority::AnyAuthority;

/// How many connections a socket has at once. daprd opens one for each Component.
const MAX_CONNECTIONS: usize = 4_096;
/// How many calls a connection carries at once: HTTP/2 makes the client wait with further ones.
const MAX_STREAMS: u32 = 1_000;
/// How long the headers of a call may be, as HTTP/2 counts them; hyper's and Go's default.
const MAX_HEADERS: u32 = 16 << 10;
/// How long a client may take to say that it speaks HTTP/2.
const PREFACE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long nothing is accepted where the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);
/// How long a connection without calls may take to end once the host is told to stop.
const IDLE_CONNECTION_GRACE: Duration = Duration::from_millis(250);

/// Serves until `stop` is ready. Then the socket's file goes first, so that no daprd finds it and
/// waits; then the calls in flight end, and with them the connections.
pub(super) async fn serve(
    socket: Socket,
    listener: UnixListener,
    routes: Routes,
    stop: impl Future<Output = ()> + Clone + Send + 'static,
) {
    let mut connections = JoinSet::new();
    let mut stopped = pin!(stop.clone());
    let mut full = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopped => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) if connections.len() < MAX_CONNECTIONS => {
                full = false;
                connections.spawn(connection(stream, routes.clone(), stop.clone()));
            }
            // Closed at once: a client is better told than kept waiting.
            Ok(_) if full => {}
            Ok(_) => {
                full = true;
                tracing::warn!(
                    socket = %socket.path().display(),
                    "there are {MAX_CONNECTIONS} connections, further ones are closed"
                );
            }
            Err(why) if why.kind() == ErrorKind::ConnectionAborted => {}
            Err(why) => {
                tracing::error!(
                    socket = %socket.path().display(),
                    "no connection is accepted for {ACCEPT_PAUSE:?}: {why}"
                );
                tokio::select! {
                    () = &mut stopped => break,
                    () = sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
    drop(socket);
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: UnixStream,
    routes: Routes,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let mut stop = pin!(stop);
    let opened = tokio::select! {
        () = &mut stop => return,
        opened = timeout(PREFACE_TIMEOUT, AnyAuthority::open(stream)) => opened,
    };
    let Ok(Ok(stream)) = opened else {
        return;
    };
    let calls = Arc::<Calls>::default();
    let service = Counted::new(routes, Arc::clone(&calls));
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADERS);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    // How a connection ends is the client's business: its calls know of it.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = stop => {}
    }
    let busy = calls.in_flight();
    serving.as_mut().graceful_shutdown();
    let ended = timeout(IDLE_CONNECTION_GRACE, serving.as_mut()).await;
    if ended.is_err() && (busy || calls.in_flight()) {
        let _ = serving.await;
    }
}

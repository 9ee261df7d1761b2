//! Connections that are kept, for as long as those are trusted who vouched for them.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use hyper_util::{
    client::legacy::{Client, ResponseFuture},
    rt::{TokioExecutor, TokioTimer},
};
use wasmtime_wasi_http::WasiBody;

use super::connect::Connect;

/// Idle connections kept for each origin: as many as a bulk read uses at once.
const MAX_IDLE_CONNECTIONS: usize = 256;
/// How long an idle connection is kept.
const IDLE_CONNECTION_LIFE: Duration = Duration::from_secs(60);
/// How long an HTTP/2 connection with a request on it may be silent before it is asked whether it
/// lives.
const HTTP2_PING_AFTER: Duration = Duration::from_secs(10);
/// How long that may take it.
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections to all origins.
pub(super) struct Pool {
    connect: Connect,
    client: RwLock<Client<Connect, WasiBody>>,
}

impl Pool {
    /// None yet; `connect` makes them.
    pub(super) fn new(connect: Connect) -> Self {
        Self {
            client: RwLock::new(client(connect.clone())),
            connect,
        }
    }

    /// Sends `request` over one that is there, or a new one.
    pub(super) fn request(&self, request: http::Request<WasiBody>) -> ResponseFuture {
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner);
        client.request(request)
    }

    /// Uses none of those that are there any more: they end with the requests that are on them.
    pub(super) fn renew(&self) {
        let mut current = self.client.write().unwrap_or_else(PoisonError::into_inner);
        *current = client(self.connect.clone());
    }
}

fn client(connect: Connect) -> Client<Connect, WasiBody> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION_LIFE)
        .pool_max_idle_per_host(MAX_IDLE_CONNECTIONS)
        .http2_keep_alive_interval(HTTP2_PING_AFTER)
        .http2_keep_alive_timeout(HTTP2_PING_TIMEOUT)
        .build(connect)
}

//! What becomes of requests that a component sends.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use http_body_util::BodyExt;
use hyper::{
    Request, Response, Uri,
    header::{HOST, HeaderValue},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpHooks, p2::DEFAULT_OUTGOING_BODY_CHUNK_SIZE,
};

use super::Surroundings;

/// Connections of one process, which instances share. As in Spin, `TCP_NODELAY` is not set on them.
#[derive(Clone)]
pub(crate) struct Connections(Client<HttpConnector, WasiBody>);

impl Default for Connections {
    /// Kept open for the next request, as Spin does since 3.4.
    fn default() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Connections {
    /// One a request: Spin before 3.4, and with an `[outbound_http]` that does not say
    /// `connection_pooling = true`.
    pub(crate) fn one_a_request() -> Self {
        let mut client = Client::builder(TokioExecutor::new());
        Self(client.pool_max_idle_per_host(0).build_http())
    }
}

pub(super) struct Hooks {
    surroundings: Surroundings,
}

impl Hooks {
    pub(super) fn new(surroundings: &Surroundings) -> Self {
        let surroundings = surroundings.clone();
        Self { surroundings }
    }

    fn allows(&self, uri: &Uri) -> bool {
        let origin = |uri: &Uri| {
            let https = uri.scheme_str() == Some("https");
            let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
            (https, uri.host().map(str::to_owned), port)
        };
        let mut allowed = self.surroundings.allowed.iter();
        allowed.any(|allowed| origin(&allowed.parse().unwrap()) == origin(uri))
    }

    fn blocks(&self, uri: &Uri) -> bool {
        let address = uri.host().and_then(|host| host.parse().ok());
        address.is_some_and(|address| self.surroundings.blocked.contains(&address))
    }
}

type Sent = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

impl WasiHttpHooks for Hooks {
    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        self.surroundings
            .room
            .unwrap_or(DEFAULT_OUTGOING_BODY_CHUNK_SIZE)
    }

    fn send_request(
        &mut self,
        mut request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _response_done: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        if !self.allows(request.uri()) {
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        if self.blocks(request.uri()) {
            return Box::new(async { Err(Error::DestinationIpProhibited) });
        }
        if let Some(failure) = self.surroundings.failure {
            let body = pin!(request.into_body().collect());
            let there = body.poll(&mut Context::from_waker(Waker::noop()));
            let whole = match there {
                Poll::Ready(body) => body.is_ok_and(|body| !body.to_bytes().is_empty()),
                Poll::Pending => false,
            };
            self.surroundings.whole.lock().unwrap().push(whole);
            return Box::new(async move { Err(failure()) });
        }
        if let Some(host) = self.surroundings.host_header {
            let host = HeaderValue::from_static(host);
            request.headers_mut().insert(HOST, host);
        }
        let Connections(client) = self.surroundings.connections.clone();
        Box::new(async move {
            let response = client
                .request(request)
                .await
                .map_err(|_| Error::ConnectionRefused)?;
            let body = |body: hyper::body::Incoming| {
                body.map_err(|_| Error::ConnectionTerminated).boxed_unsync()
            };
            let done: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response.map(body), done))
        })
    }
}

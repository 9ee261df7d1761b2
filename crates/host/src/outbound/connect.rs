//! Connections, straight or through a proxy.

use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::{
    client::{
        legacy::connect::{HttpConnector, proxy::Tunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tower_service::Service;

/// Makes TCP connections: to the origin itself, or to a proxy's tunnel to it.
#[derive(Clone)]
pub(super) struct Connect {
    tcp: HttpConnector,
    proxy: Arc<Matcher>,
}

impl Connect {
    pub(super) fn new(tcp: HttpConnector, proxy: Matcher) -> Self {
        let proxy = Arc::new(proxy);
        Self { tcp, proxy }
    }
}

type Failure = Box<dyn Error + Send + Sync>;
type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Failure>> + Send>>;

impl Service<Uri> for Connect {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.tcp.poll_ready(context).map_err(Failure::from)
    }

    fn call(&mut self, origin: Uri) -> Connecting {
        let Some(proxy) = self.proxy.intercept(&origin) else {
            let connecting = self.tcp.call(origin);
            return Box::pin(async { Ok(connecting.await?) });
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let connecting = tunnel.call(origin);
        Box::pin(async { Ok(connecting.await?) })
    }
}

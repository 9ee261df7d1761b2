//! Connections, step by step: name resolution, TCP, the proxy's tunnel, TLS.

use std::{
    convert::Infallible,
    error::Error,
    fmt, future, io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::pki_types::ServerName;
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::{
    proxy::{Proxy, TunnelError},
    trust::Trust,
    watch::{Watch, Watched},
};

/// How long what was sent may stay unacknowledged before the connection counts as dead.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may be silent before TCP asks whether the other side is there.
const TCP_KEEPALIVE: Duration = Duration::from_secs(30);

/// Connects to origins: straight, or through a proxy's tunnel.
#[derive(Clone)]
pub(super) struct Connect {
    pub(super) proxy: Option<Arc<Proxy>>,
    pub(super) trust: Arc<Trust>,
    pub(super) watch: Watch,
    /// How long it may take, all steps together.
    pub(super) limit: Duration,
}

/// The step that failed, what was tried, and why.
#[derive(Debug)]
pub(super) enum ConnectError {
    Resolve {
        host: String,
        why: io::Error,
    },
    Tcp {
        place: String,
        addresses: Vec<SocketAddr>,
        why: Box<dyn Error + Send + Sync>,
    },
    /// The proxy itself could not be reached.
    Proxy(Box<ConnectError>),
    Tunnel {
        proxy: String,
        why: TunnelError,
    },
    Tls {
        place: String,
        why: io::Error,
    },
    Late {
        step: &'static str,
        place: String,
        limit: Duration,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { host, .. } => write!(f, "the name {host} could not be resolved"),
            Self::Tcp {
                place, addresses, ..
            } => {
                write!(f, "{place} could not be connected to")?;
                let tried: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                if tried != [place.as_str()] {
                    write!(f, " (tried {})", tried.join(", "))?;
                }
                Ok(())
            }
            Self::Proxy(why) => write!(f, "the proxy failed: {why}"),
            Self::Tunnel { proxy, why } => write!(f, "the proxy {proxy} {why}"),
            Self::Tls { place, .. } => write!(f, "TLS with {place} failed"),
            Self::Late { step, place, limit } => {
                write!(f, "{place}: {step} took longer than {limit:?}")
            }
        }
    }
}

impl Error for ConnectError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Resolve { why, .. } | Self::Tls { why, .. } => Some(why),
            Self::Tcp { why, .. } => Some(&**why),
            Self::Proxy(why) => why.source(),
            Self::Tunnel { why, .. } => why.source(),
            Self::Late { .. } => None,
        }
    }
}

impl Service<Uri> for Connect {
    type Response = MaybeHttpsStream<Watched>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let connect = self.clone();
        Box::pin(async move { connect.connect(&origin).await })
    }
}

impl Connect {
    async fn connect(&self, origin: &Uri) -> Result<MaybeHttpsStream<Watched>, ConnectError> {
        let deadline = Instant::now() + self.limit;
        let https = origin.scheme_str() == Some("https");
        let host = origin.host().unwrap_or_default();
        let port = origin.port_u16().unwrap_or(if https { 443 } else { 80 });
        let place = format!("{host}:{port}");
        let late = |step| {
            let place = place.clone();
            let limit = self.limit;
            ConnectError::Late { step, place, limit }
        };
        let stream = match self.proxy.as_ref().filter(|proxy| proxy.is_for(origin)) {
            None => self.tcp(host, port, deadline).await?,
            Some(proxy) => {
                let connecting = self.tcp(&proxy.host, proxy.port, deadline).await;
                let mut stream = connecting.map_err(|why| ConnectError::Proxy(why.into()))?;
                timeout_at(deadline, proxy.tunnel(&mut stream, &place))
                    .await
                    .map_err(|_| late("the proxy's answer"))?
                    .map_err(|why| ConnectError::Tunnel {
                        proxy: proxy.to_string(),
                        why,
                    })?;
                stream
            }
        };
        let stream = self.watch.watched(origin, stream);
        if !https {
            return Ok(MaybeHttpsStream::Http(stream));
        }
        let failed = |why| ConnectError::Tls {
            place: place.clone(),
            why,
        };
        let name = ServerName::try_from(bare(host).to_owned())
            .map_err(|why| failed(io::Error::new(io::ErrorKind::InvalidInput, why)))?;
        let tls = TlsConnector::from(self.trust.tls());
        let stream = timeout_at(deadline, tls.connect(name, TokioIo::new(stream)))
            .await
            .map_err(|_| late("TLS"))?
            .map_err(failed)?;
        Ok(MaybeHttpsStream::Https(TokioIo::new(stream)))
    }

    async fn tcp(
        &self,
        host: &str,
        port: u16,
        deadline: Instant,
    ) -> Result<TcpStream, ConnectError> {
        let place = format!("{host}:{port}");
        let late = |step| ConnectError::Late {
            step,
            place: place.clone(),
            limit: self.limit,
        };
        let found = timeout_at(deadline, lookup_host((bare(host), port)))
            .await
            .map_err(|_| late("name resolution"))?;
        let addresses: Vec<SocketAddr> = found
            .map_err(|why| ConnectError::Resolve {
                host: host.to_owned(),
                why,
            })?
            .collect();
        let failed = |why| ConnectError::Tcp {
            place: place.clone(),
            addresses: addresses.clone(),
            why,
        };
        let uri = Uri::builder()
            .scheme("http")
            .authority(place.as_str())
            .path_and_query("/")
            .build()
            .map_err(|why| failed(why.into()))?;
        // It tries the addresses of both families (RFC 8305).
        let mut connector = HttpConnector::new_with_resolver(Resolved(addresses.clone()));
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(self.limit));
        connector.set_keepalive(Some(TCP_KEEPALIVE));
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(TCP_USER_TIMEOUT));
        let connected = timeout_at(deadline, connector.call(uri))
            .await
            .map_err(|_| late("connecting"))?;
        Ok(connected.map_err(|why| failed(why.into()))?.into_inner())
    }
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// Addresses that are known already.
#[derive(Clone)]
struct Resolved(Vec<SocketAddr>);

impl Service<Name> for Resolved {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Infallible;
    type Future = future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Name) -> Self::Future {
        future::ready(Ok(self.0.clone().into_iter()))
    }
}

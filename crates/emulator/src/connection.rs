//! One accepted connection.

use std::{error::Error, io, pin::pin, sync::Arc};

use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::{
    service::{Front, serve},
    state::Shared,
    tls,
};

/// Serves requests until either side closes, or `ended` says so. A client's mistake ends its own
/// connection and nothing else.
pub(crate) async fn run(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    front: Front,
    ended: watch::Receiver<bool>,
) {
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    match acceptor {
        None => exchange(stream, shared, front, ended).await,
        Some(acceptor) => {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            if stream.get_ref().1.alpn_protocol() == Some(tls::HTTP2) {
                exchange_http2(stream, shared, front, ended).await;
            } else {
                exchange(stream, shared, front, ended).await;
            }
        }
    }
}

async fn exchange_http2(
    stream: TlsStream<TcpStream>,
    shared: Arc<Shared>,
    front: Front,
    mut ended: watch::Receiver<bool>,
) {
    let service = service_fn(|request| serve(Arc::clone(&shared), front, request));
    let builder = http2::Builder::new(TokioExecutor::new());
    tokio::select! {
        // A client's mistake ends its own connection and nothing else.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        _ = ended.wait_for(|ended| *ended) => {}
    }
}

async fn exchange<S>(stream: S, shared: Arc<Shared>, front: Front, mut ended: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Resettable + Unpin + Send + 'static,
{
    let service = service_fn(|request| serve(Arc::clone(&shared), front, request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let end = pin!(ended.wait_for(|ended| *ended));
    let result = tokio::select! {
        result = &mut connection => result,
        _ = end => return,
    };
    if result.is_err_and(|error| wants_reset(&error)) {
        let _ = connection.into_parts().io.into_inner().reset_on_close();
    }
}

/// A fault that wants a reset comes out as the service's error.
fn wants_reset(error: &hyper::Error) -> bool {
    let source = error.source();
    let cause = source.and_then(|source| source.downcast_ref::<io::Error>());
    cause.map(io::Error::kind) == Some(io::ErrorKind::ConnectionReset) && error.is_user()
}

/// A stream that can end with a TCP reset instead of an orderly end.
trait Resettable {
    fn reset_on_close(&self) -> io::Result<()>;
}

impl Resettable for TcpStream {
    fn reset_on_close(&self) -> io::Result<()> {
        self.set_zero_linger()
    }
}

impl Resettable for TlsStream<TcpStream> {
    fn reset_on_close(&self) -> io::Result<()> {
        self.get_ref().0.set_zero_linger()
    }
}

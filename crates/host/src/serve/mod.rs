//! Dapr's Secrets API for applications, over HTTP and gRPC, without daprd.

mod api;
mod grpc;
mod http;
mod listen;
mod reload;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use dapr_secrets_api::Token;
use futures_util::future::{self, FutureExt};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{service::InterceptorLayer, transport};

use self::api::Api;
pub use self::{listen::listen, reload::Reloader};
pub use crate::files::Changes;
use crate::{
    grpc::{proto::runtime::dapr_server::DaprServer, reflection_v1, reflection_v1alpha},
    loader::{Loader, Outcome, Stores},
    metrics::Metrics,
    resources::Problem,
};

/// What a [`Server`] needs.
pub struct ServeOptions {
    /// The addresses to listen on.
    pub addresses: Vec<IpAddr>,
    /// The port of the HTTP API; 0 takes a free one.
    pub http_port: u16,
    /// The port of the gRPC API; 0 takes a free one.
    pub grpc_port: u16,
    /// The token that callers must send, if any.
    pub token: Option<Token>,
    /// The files of Dapr Configurations, which say what secrets callers may read.
    pub configurations: Vec<PathBuf>,
    /// Loads the stores, now and again.
    pub loader: Loader,
    /// The figures in which calls are counted.
    pub metrics: Metrics,
}

/// Why there is no server.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// A folder of resources that cannot be read.
    #[error("the resources cannot be read: {0}")]
    Resources(io::Error),
    /// A Configuration that cannot be read whole.
    #[error("--config {0}")]
    Configuration(Problem),
    /// A port that cannot be listened on.
    #[error("port {port}: {why}")]
    Port {
        /// The one that was asked for.
        port: u16,
        /// What is in the way.
        why: io::Error,
    },
    /// A server that failed while it served.
    #[error("serving ended: {0}")]
    Io(#[from] io::Error),
    /// A gRPC server that failed while it served.
    #[error("serving gRPC ended: {0}")]
    Grpc(#[from] transport::Error),
}

/// Stores that are loaded, and ports that are bound: calls wait from now on.
pub struct Server {
    api: Arc<Api>,
    reloader: Reloader,
    token: Option<Arc<Token>>,
    http: Vec<TcpListener>,
    grpc: Vec<TcpListener>,
}

impl Server {
    /// Reads the Configurations, loads the stores, then binds the ports. What did not load is in the
    /// [`Outcome`].
    ///
    /// # Errors
    /// If a folder or a Configuration cannot be read, or a port is in use.
    pub async fn start(options: ServeOptions) -> Result<(Self, Outcome), ServeError> {
        let scopes = reload::scopes(options.configurations.clone()).await;
        let scopes = scopes.map_err(ServeError::Configuration)?;
        let loaded = options.loader.load(&Stores::default()).await;
        let outcome = loaded.map_err(ServeError::Resources)?;
        let bound = async |port| {
            listen(&options.addresses, port)
                .await
                .map_err(|why| ServeError::Port { port, why })
        };
        let http = bound(options.http_port).await?;
        let grpc = bound(options.grpc_port).await?;
        let app_id = options.loader.identity.app_id.clone();
        let stores = outcome.stores.clone();
        let api = Arc::new(Api::new(app_id, scopes, options.metrics, stores));
        let (loader, configurations) = (options.loader, options.configurations);
        let server = Self {
            reloader: Reloader::new(&api, loader, configurations, outcome.clone()),
            api,
            token: options.token.map(Arc::new),
            http,
            grpc,
        };
        Ok((server, outcome))
    }

    /// The addresses at which HTTP is served.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        addresses(&self.http)
    }

    /// The addresses at which gRPC is served.
    pub fn grpc_addresses(&self) -> Vec<SocketAddr> {
        addresses(&self.grpc)
    }

    /// What loads the stores of this server again.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Serves until `stop` is ready and the calls in flight have ended.
    ///
    /// # Errors
    /// If a server fails.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServeError> {
        let api = Arc::clone(&self.api);
        let stop = async move {
            stop.await;
            api.stop();
        }
        .boxed()
        .shared();
        let router = http::router(Arc::clone(&self.api), self.token.clone());
        let over_http = self.http.into_iter().map(|listener| {
            axum::serve(listener, router.clone())
                .with_graceful_shutdown(stop.clone())
                .into_future()
                .map(|ended| ended.map_err(ServeError::from))
                .boxed()
        });
        let over_grpc = self.grpc.into_iter().map(|listener| {
            let guard = grpc::guard(self.token.clone());
            let service = grpc::Service(Arc::clone(&self.api));
            transport::Server::builder()
                .layer(InterceptorLayer::new(guard))
                .add_service(DaprServer::new(service).max_encoding_message_size(usize::MAX))
                .add_service(reflection_v1(grpc::NAME))
                .add_service(reflection_v1alpha(grpc::NAME))
                .serve_with_incoming_shutdown(TcpListenerStream::new(listener), stop.clone())
                .map(|ended| ended.map_err(ServeError::from))
                .boxed()
        });
        future::try_join_all(over_http.chain(over_grpc))
            .await
            .map(drop)
    }
}

fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    let bound = listeners.iter();
    bound
        .filter_map(|listener| listener.local_addr().ok())
        .collect()
}

//! Dapr's Secrets API for applications, over HTTP and gRPC, without daprd.

mod api;
mod cors;
mod error;
mod extended;
mod figures;
mod gate;
mod grpc;
mod http;
mod many;
mod options;
mod reload;

use std::{net::SocketAddr, path::Path, sync::Arc};

use axum::Router;
use futures_util::future::{self, FutureExt};
use tonic::service::{InterceptorLayer, Routes};

use self::{
    api::Api,
    cors::Cors,
    gate::{Gate, Protocol},
};
pub use self::{
    error::{ListenerKind, ServeError},
    figures::serve_metrics,
    options::ServeOptions,
    reload::Reloader,
};
pub use crate::files::Changes;
use crate::{
    grpc::{proto::runtime::dapr_server::DaprServer, reflection_v1, reflection_v1alpha},
    loader::{Outcome, Stores},
    net::{self, Front, Listener, Stop, listen},
};

/// Stores that are loaded, and ports that are bound: calls wait from now on.
pub struct Server {
    api: Arc<Api>,
    reloader: Reloader,
    http: Listeners,
    grpc: Listeners,
    public: Option<Listeners>,
}

/// One API and where it listens.
struct Listeners {
    name: &'static str,
    router: Router,
    max_head: usize,
    protocol: Protocol,
    bound: Vec<Listener>,
    /// The names by which a listener on loopback may be called.
    names: Arc<[String]>,
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
        let app_id = options.loader.identity.app_id.clone();
        let http = options.bind(&app_id, ListenerKind::Http, options.http_port);
        let http = http.await?;
        let grpc = options.bind(&app_id, ListenerKind::Grpc, options.grpc_port);
        let grpc = grpc.await?;
        let public = options.bind_publicly()?;
        let stores = outcome.stores.clone();
        let answering = Api::new(app_id, scopes, options.metrics, stores);
        let api = Arc::new(answering.hollow(outcome.is_hollow()));
        let names: Arc<[String]> = options.allowed_hosts.into();
        let token = options.token.map(Arc::new);
        let over_http = http::router(http::Shared {
            api: Arc::clone(&api),
            token: token.clone(),
            cors: Cors::new(&options.allowed_origins),
            max_body: options.max_body,
        });
        let service = DaprServer::new(grpc::Service {
            api: Arc::clone(&api),
            max_body: options.max_body,
        })
        .max_decoding_message_size(options.max_body)
        .max_encoding_message_size(usize::MAX);
        let over_grpc = Routes::new(service)
            .add_service(reflection_v1(grpc::NAME))
            .add_service(reflection_v1alpha(grpc::NAME))
            .prepare()
            .into_axum_router()
            .layer(InterceptorLayer::new(grpc::guard(token)));
        let max_head = options.max_head;
        let server = Self {
            http: Listeners {
                name: "HTTP API",
                router: over_http,
                max_head,
                protocol: Protocol::Http,
                bound: http,
                names: Arc::clone(&names),
            },
            grpc: Listeners {
                name: "gRPC API",
                router: over_grpc,
                max_head,
                protocol: Protocol::Grpc,
                bound: grpc,
                names: Arc::clone(&names),
            },
            public: public.map(|bound| Listeners {
                name: "public",
                router: http::public_router(Arc::clone(&api)),
                max_head,
                protocol: Protocol::Http,
                bound,
                names,
            }),
            reloader: Reloader::new(
                &api,
                options.loader,
                options.configurations,
                outcome.clone(),
            ),
            api,
        };
        Ok((server, outcome))
    }

    /// The addresses at which HTTP is served.
    pub fn http_addresses(&self) -> Vec<SocketAddr> {
        self.http.addresses()
    }

    /// The addresses at which gRPC is served.
    pub fn grpc_addresses(&self) -> Vec<SocketAddr> {
        self.grpc.addresses()
    }

    /// The addresses at which health and what is served are told without a token.
    pub fn public_addresses(&self) -> Vec<SocketAddr> {
        let public = self.public.as_ref();
        public.map(Listeners::addresses).unwrap_or_default()
    }

    /// The Unix sockets at which HTTP and gRPC are served.
    pub fn sockets(&self) -> impl Iterator<Item = &Path> {
        let bound = self.http.bound.iter().chain(&self.grpc.bound);
        bound.filter_map(Listener::path)
    }

    /// Whether callers may take it for ready.
    pub fn is_ready(&self) -> bool {
        self.api.is_ready()
    }

    /// Ready once callers may take it for ready.
    pub fn ready(&self) -> impl Future<Output = ()> + Send + use<> {
        let api = Arc::clone(&self.api);
        async move { api.ready().await }
    }

    /// What loads the stores of this server again.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Ready once a caller asks the server to end, which [`Self::serve`] then does by itself.
    pub fn asked_to_end(&self) -> impl Future<Output = ()> + Send + use<> {
        self.api.asked_to_end()
    }

    /// Serves until `stop` is ready, or a caller asks for the end, and the calls in flight have
    /// ended. Connections without a call end at once.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let api = Arc::clone(&self.api);
        let asked = api.asked_to_end();
        let stop = async move {
            tokio::select! {
                () = stop => {}
                () = asked => {}
            }
            api.stop();
        }
        .boxed()
        .shared();
        let all = [Some(self.http), Some(self.grpc), self.public];
        let listening = all.into_iter().flatten();
        future::join_all(listening.map(|it| it.serve(stop.clone()))).await;
    }
}

impl Listeners {
    async fn serve(self, stop: Stop) {
        let (protocol, names) = (self.protocol, self.names);
        let front = |listener: Listener| {
            let gate = if listener.is_loopback() {
                Gate::named(protocol, &names)
            } else {
                Gate::open(protocol)
            };
            let front = Front::new(self.name, self.router.clone(), self.max_head)
                .refusing(move |request| gate.refuses(request));
            match protocol {
                Protocol::Http => (listener, front),
                Protocol::Grpc => (listener, front.grpc()),
            }
        };
        net::serve(self.bound.into_iter().map(front).collect(), stop).await;
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.bound.iter().filter_map(Listener::address).collect()
    }
}

impl ServeOptions {
    /// At the Unix socket of the API, where a folder for it is given, or else at the port on each
    /// address.
    async fn bind(
        &self,
        app_id: &str,
        listener: ListenerKind,
        port: u16,
    ) -> Result<Vec<Listener>, ServeError> {
        let Some(folder) = &self.socket_folder else {
            let bound = listen(&self.addresses, port);
            return bound.map_err(|why| ServeError::Port {
                listener,
                port,
                why,
            });
        };
        let name = socket(app_id, listener);
        let bound = async {
            let prepared = net::prepare(folder).await?;
            Listener::at(&prepared, &name, None).await
        };
        let failed = |why| ServeError::Socket {
            path: folder.join(&name),
            why,
        };
        Ok(vec![bound.await.map_err(failed)?])
    }

    fn bind_publicly(&self) -> Result<Option<Vec<Listener>>, ServeError> {
        let Some((addresses, port)) = &self.public else {
            return Ok(None);
        };
        let failed = |why| ServeError::Port {
            listener: ListenerKind::Public,
            port: *port,
            why,
        };
        listen(addresses, *port).map(Some).map_err(failed)
    }
}

/// As daprd names it.
fn socket(app_id: &str, listener: ListenerKind) -> String {
    let api = match listener {
        ListenerKind::Grpc => "grpc",
        _ => "http",
    };
    format!("dapr-{app_id}-{api}.socket")
}

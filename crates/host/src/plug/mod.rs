//! Stores for an unmodified daprd: pluggable components over Unix sockets
//! (<https://docs.dapr.io/operations/components/pluggable-components-registration/>).

mod finder;
mod instances;
mod renew;
mod service;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use futures_util::future::{self, FutureExt};
use thiserror::Error;
use tonic::service::Routes;

pub use self::renew::Renewer;
use self::service::Service;
use crate::{
    grpc::{self, proto::components::secret_store_server::SecretStoreServer},
    loader::Loader,
    metrics::Metrics,
    net::{self, Front, Listener, Stop},
    stores::{StoreType, StoreTypes},
};

/// What a [`Plug`] needs.
pub struct PlugOptions {
    /// Where the sockets go; made if it is not there.
    pub folder: PathBuf,
    /// The permission bits of each socket. daprd needs to write to it.
    pub mode: u32,
    /// The types to offer; each gets a socket.
    pub offered: Vec<StoreType>,
    /// Whether all of them must be offered. Otherwise those that another process serves are left
    /// to it, as long as something is offered.
    pub all: bool,
    /// The types that can be served, those in `offered` among them.
    pub types: StoreTypes,
    /// The resources that daprd reads, where an instance's configuration is found again after a
    /// restart of this process.
    pub loader: Option<Loader>,
    /// The environment variables in which a configuration is looked for where there are no
    /// resources: for people, when there is none.
    pub variables: &'static [&'static str],
    /// The figures in which calls are counted.
    pub metrics: Metrics,
}

/// Why nothing is plugged in.
#[derive(Debug, Error)]
#[error("{}: {why}", path.display())]
pub struct PlugError {
    path: PathBuf,
    why: io::Error,
}

/// One bound socket for each offered type, not yet served.
pub struct Plug {
    bound: Vec<Bound>,
    types: StoreTypes,
}

struct Bound {
    listener: Listener,
    service: Arc<Service>,
}

impl Plug {
    /// Binds a socket for every offered type. Stale sockets are replaced.
    ///
    /// # Errors
    /// If the folder is not safe, a socket cannot be bound, or another process serves it.
    pub async fn bind(options: &PlugOptions) -> Result<Self, PlugError> {
        let failed = |why| PlugError {
            path: options.folder.clone(),
            why,
        };
        let folder = net::prepare(&options.folder).await.map_err(failed)?;
        let mut bound = Vec::new();
        let mut taken = Vec::new();
        for store_type in &options.offered {
            let name = socket_name(store_type);
            match Listener::at(&folder, &name, Some(options.mode)).await {
                Ok(listener) => bound.push(Bound {
                    listener,
                    service: Arc::new(Service::new(store_type, options)),
                }),
                Err(why) => {
                    let path = folder.path().join(name);
                    let in_use = why.kind() == ErrorKind::AddrInUse;
                    let error = PlugError { path, why };
                    if options.all || !in_use {
                        return Err(error);
                    }
                    taken.push(error);
                }
            }
        }
        if bound.is_empty()
            && let Some(first) = taken.pop()
        {
            return Err(first);
        }
        for error in taken {
            tracing::warn!("not offered: {error}");
        }
        let types = options.types.clone();
        Ok(Self { bound, types })
    }

    /// The paths of the sockets.
    pub fn paths(&self) -> Vec<PathBuf> {
        let paths = self.bound.iter().filter_map(|it| it.listener.path());
        paths.map(Path::to_owned).collect()
    }

    /// What starts the stores of changed components anew.
    pub fn renewer(&self) -> Renewer {
        let services = self.bound.iter().map(|bound| Arc::clone(&bound.service));
        Renewer {
            services: services.collect(),
            types: self.types.clone(),
        }
    }

    /// Serves until `stop` is ready; then removes the sockets, and ends when the calls in flight
    /// have.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let stop: Stop = stop.boxed().shared();
        let servers = self.bound.into_iter().map(|bound| {
            let stop = stop.clone();
            async move {
                let Bound { listener, service } = bound;
                let name = listener.path().and_then(Path::file_name);
                let name = name.unwrap_or_default().to_string_lossy().into_owned();
                let router = router(Arc::clone(&service)).await;
                let front = Front::new(name, router, MAX_HEAD).grpc();
                tokio::select! {
                    () = net::serve(vec![(listener, front)], stop) => {}
                    () = service.tidy() => {}
                }
            }
        });
        future::join_all(servers).await;
    }
}

async fn router(service: Arc<Service>) -> Router {
    let service = SecretStoreServer::from_arc(service).max_encoding_message_size(usize::MAX);
    Routes::new(service)
        .add_service(grpc::reflection_v1(NAME))
        .add_service(grpc::reflection_v1alpha(NAME))
        .add_service(grpc::health::<SecretStoreServer<Service>>().await)
        .prepare()
        .into_axum_router()
}

/// How long the headers of a call may be, as HTTP/2 counts them; hyper's and Go's default.
const MAX_HEAD: usize = 16 << 10;
/// The service's name, which daprd looks for by reflection.
const NAME: &str = "dapr.proto.components.v1.SecretStore";

/// daprd makes a type of a socket's name: without its extension, after `secretstores.`.
pub(crate) fn socket_name(store_type: &StoreType) -> String {
    format!("{}.sock", store_type.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_named_so_that_daprd_sees_the_type() {
        let name = socket_name(&"secretstores.example.store.wasm".parse().unwrap());
        assert_eq!(name, "example.store.wasm.sock");
    }
}

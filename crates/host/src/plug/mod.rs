//! Stores for an unmodified daprd: pluggable components over Unix sockets
//! (<https://docs.dapr.io/operations/components/pluggable-components-registration/>).

mod service;
mod socket;

use std::{io, path::PathBuf, sync::Arc};

use futures_util::future::{self, FutureExt, Shared};
use thiserror::Error;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;

use self::{service::Service, socket::Socket};
use crate::{
    grpc::{self, proto::components::secret_store_server::SecretStoreServer},
    loader::Loader,
    metrics::Metrics,
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
#[error("socket {}: {why}", path.display())]
pub struct PlugError {
    path: PathBuf,
    why: io::Error,
}

/// One bound socket for each offered type, not yet served.
pub struct Plug {
    sockets: Vec<(Socket, tokio::net::UnixListener, Arc<Service>)>,
}

impl Plug {
    /// Binds a socket for every offered type. Stale sockets are replaced.
    ///
    /// # Errors
    /// If a socket cannot be bound, or another process serves it.
    pub fn bind(options: &PlugOptions) -> Result<Self, PlugError> {
        let mut sockets = Vec::new();
        for store_type in &options.offered {
            let path = options.folder.join(file_name(store_type));
            let (socket, listener) =
                Socket::bind(&path, options.mode).map_err(|why| PlugError { path, why })?;
            let service = Service::new(store_type, options);
            sockets.push((socket, listener, Arc::new(service)));
        }
        Ok(Self { sockets })
    }

    /// The paths of the sockets.
    pub fn paths(&self) -> Vec<PathBuf> {
        self.sockets
            .iter()
            .map(|(socket, ..)| socket.path().to_owned())
            .collect()
    }

    /// Serves until `stop` is ready and the calls in flight have ended; then removes the sockets.
    ///
    /// # Errors
    /// If a server fails.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), tonic::transport::Error> {
        let stop: Shared<_> = stop.boxed().shared();
        let servers = self.sockets.into_iter().map(|(socket, listener, service)| {
            let stop = stop.clone();
            async move {
                let _socket = socket;
                let service =
                    SecretStoreServer::from_arc(service).max_encoding_message_size(usize::MAX);
                let health = grpc::health::<SecretStoreServer<Service>>().await;
                Server::builder()
                    .add_service(service)
                    .add_service(grpc::reflection_v1(NAME))
                    .add_service(grpc::reflection_v1alpha(NAME))
                    .add_service(health)
                    .serve_with_incoming_shutdown(UnixListenerStream::new(listener), stop)
                    .await
            }
        });
        future::try_join_all(servers).await.map(drop)
    }
}

/// The service's name, which daprd looks for by reflection.
const NAME: &str = "dapr.proto.components.v1.SecretStore";

/// daprd makes a type of a socket's name: without its extension, after `secretstores.`.
fn file_name(store_type: &StoreType) -> String {
    format!("{}.sock", store_type.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_named_so_that_daprd_sees_the_type() {
        let name = file_name(&"secretstores.example.store.wasm".parse().unwrap());
        assert_eq!(name, "example.store.wasm.sock");
    }
}

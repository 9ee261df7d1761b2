//! A host that is plugged in, and a client that calls it as daprd does.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use dapr_wasm_host::grpc::proto::components::{
    BulkGetSecretRequest, GetSecretRequest, MetadataRequest, SecretStoreInitRequest,
    secret_store_client::SecretStoreClient,
};
use ssm_emulator::Emulator;
use test_support::resources::properties;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    transport::{Channel, Endpoint},
};

use crate::support::{Folder, Process, command};

/// A plugged host and its folder of sockets.
pub(crate) struct Plugged {
    pub(crate) process: Process,
    pub(crate) sockets: PathBuf,
}

impl Plugged {
    pub(crate) fn start(folder: &Folder, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        let sockets = folder.file("sockets");
        let at = ["plug", "--sockets-folder", sockets.to_str().unwrap()];
        let mut process = Process::start(command(&[&at, arguments].concat(), env));
        process.wait_for("plugged in", 1);
        Self { process, sockets }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.sockets.join("tencentcloud.ssm.wasm.sock")
    }

    pub(crate) async fn channel(&self) -> Channel {
        connect(&self.socket()).await
    }

    pub(crate) async fn client(&self) -> Client {
        Client(SecretStoreClient::new(self.channel().await))
    }
}

pub(crate) struct Client(pub(crate) SecretStoreClient<Channel>);

pub(crate) async fn connect(socket: &Path) -> Channel {
    let endpoint = Endpoint::try_from(format!("unix://{}", socket.display())).unwrap();
    endpoint.connect().await.unwrap()
}

/// A call for the Component `instance`.
pub(crate) fn to<T>(instance: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let instance = MetadataValue::try_from(instance.as_bytes()).unwrap();
    request
        .metadata_mut()
        .insert("x-component-instance", instance);
    request
}

impl Client {
    pub(crate) async fn init(
        &mut self,
        instance: &str,
        emulator: &Emulator,
        more: &[(&str, &str)],
    ) -> Result<(), Status> {
        let properties = properties(&emulator.url(), more).into_iter().collect();
        let metadata = Some(MetadataRequest { properties });
        let request = to(instance, SecretStoreInitRequest { metadata });
        self.0.init(request).await.map(drop)
    }

    /// Initialises any other type of store.
    pub(crate) async fn init_with(
        &mut self,
        instance: &str,
        properties: &[(&str, &str)],
    ) -> Result<(), Status> {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        let properties = properties.iter().map(owned).collect();
        let metadata = Some(MetadataRequest { properties });
        let request = to(instance, SecretStoreInitRequest { metadata });
        self.0.init(request).await.map(drop)
    }

    pub(crate) async fn get(
        &mut self,
        instance: &str,
        key: &str,
    ) -> Result<HashMap<String, String>, Status> {
        let request = GetSecretRequest {
            key: key.to_owned(),
            metadata: HashMap::new(),
        };
        let answer = self.0.get(to(instance, request)).await?;
        Ok(answer.into_inner().data)
    }

    pub(crate) async fn value(&mut self, instance: &str, key: &str) -> String {
        self.get(instance, key).await.unwrap().remove(key).unwrap()
    }

    pub(crate) async fn bulk(&mut self, instance: &str) -> Result<usize, Status> {
        let request = BulkGetSecretRequest::default();
        let answer = self.0.bulk_get(to(instance, request)).await?;
        Ok(answer.into_inner().data.len())
    }
}

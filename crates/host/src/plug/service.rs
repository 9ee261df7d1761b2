//! daprd's `SecretStore` service, for one type.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::Mutex;
use tonic::{Request, Response, Status};
use tonic_types::StatusExt;

use super::PlugOptions;
use crate::{
    contract::{CallError, Kind, Secret},
    grpc::{
        self,
        proto::components::{
            BulkGetSecretRequest, BulkGetSecretResponse, FeaturesRequest, FeaturesResponse,
            GetSecretRequest, GetSecretResponse, PingRequest, PingResponse, SecretResponse,
            SecretStoreInitRequest, SecretStoreInitResponse,
            secret_store_server::SecretStore as Contract,
        },
        status,
    },
    loader::{Loader, Stores},
    metrics::Metrics,
    stores::{Properties, Store, StoreType, StoreTypes},
};

/// Names the Component that a call is for.
const INSTANCE: &str = "x-component-instance";

/// One type, with a store for every Component that uses it.
pub(super) struct Service {
    store_type: StoreType,
    types: StoreTypes,
    loader: Option<Loader>,
    variables: &'static [&'static str],
    metrics: Metrics,
    stores: RwLock<HashMap<String, Arc<dyn Store>>>,
    /// Held while a configuration is found again: calls that come together do it once.
    finding: Mutex<()>,
}

impl Service {
    pub(super) fn new(store_type: &StoreType, options: &PlugOptions) -> Self {
        Self {
            store_type: store_type.clone(),
            types: options.types.clone(),
            loader: options.loader.clone(),
            variables: options.variables,
            metrics: options.metrics.clone(),
            stores: RwLock::default(),
            finding: Mutex::default(),
        }
    }

    /// The store of the Component that `request` is for.
    async fn store<T: Sync>(&self, request: &Request<T>) -> Result<Arc<dyn Store>, Status> {
        let instance = instance(request);
        if let Some(store) = self.known(&instance) {
            return Ok(store);
        }
        let _alone = self.finding.lock().await;
        if let Some(store) = self.known(&instance) {
            return Ok(store);
        }
        // daprd sends no second Init when this process has been restarted.
        let found = self.find(&instance).await?;
        tracing::info!(
            instance,
            kind = %self.store_type,
            "configured again without daprd's Init"
        );
        // An Init that came meanwhile knows better.
        let mut stores = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(stores.entry(instance).or_insert(found)))
    }

    fn known(&self, instance: &str) -> Option<Arc<dyn Store>> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        stores.get(instance).cloned()
    }

    async fn measured<T>(
        &self,
        call: &str,
        instance: &str,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Status> {
        let (result, _) = self.metrics.measured(instance, call, work).await;
        result.map_err(|why| failed(call, &why))
    }

    async fn find(&self, instance: &str) -> Result<Arc<dyn Store>, Status> {
        let mut tried = Vec::new();
        if let Some(loader) = &self.loader {
            match loader.load(&Stores::default()).await {
                Ok(outcome) => {
                    if let Some(served) = outcome.stores.get(instance)
                        && served.store_type == self.store_type
                    {
                        return Ok(Arc::clone(&served.store));
                    }
                    let failure = outcome.failures.iter().find(|it| it.name == instance);
                    tried.push(failure.map_or_else(
                        || {
                            format!(
                                "no Component {instance} of the type {} is in the resources",
                                self.store_type
                            )
                        },
                        |failure| failure.problem.to_string(),
                    ));
                }
                Err(why) => tried.push(format!("the resources cannot be read: {why}")),
            }
        }
        match self.types.start_from_environment(&self.store_type).await {
            Some(Ok(store)) => return Ok(store),
            Some(Err(why)) => tried.push(why.describe()),
            None => {}
        }
        Err(self.unconfigured(instance, &tried))
    }

    /// What to do about a store that daprd never initialised.
    fn unconfigured(&self, instance: &str, tried: &[String]) -> Status {
        let mut message = format!(
            "the store {instance:?} is not configured: dapr-wasm-host was restarted after daprd \
             had initialised it, and daprd does not do so again. Start dapr-wasm-host with \
             --resources-path and the folder that daprd reads, or with {} in its environment; or \
             restart daprd",
            self.variables.join(", ")
        );
        for reason in tried {
            message.push_str("; ");
            message.push_str(reason);
        }
        let kind = Kind::InvalidConfig;
        Status::with_error_details(status::code(kind), message, status::details(kind))
    }
}

fn instance<T>(request: &Request<T>) -> String {
    grpc::header(request, INSTANCE)
        .unwrap_or_default()
        .to_owned()
}

/// Logs a failure, which never holds a secret, and makes it a status.
fn failed(call: &str, why: &CallError) -> Status {
    tracing::warn!(call, "{}", why.describe());
    status::status(why)
}

#[tonic::async_trait]
impl Contract for Service {
    async fn init(
        &self,
        request: Request<SecretStoreInitRequest>,
    ) -> Result<Response<SecretStoreInitResponse>, Status> {
        let instance = instance(&request);
        let metadata = request.into_inner().metadata.unwrap_or_default();
        let properties = Properties::new(metadata.properties);
        let store = self
            .types
            .start(&self.store_type, properties)
            .await
            .ok_or_else(|| Status::internal("the type is not served"))?
            .map_err(|why| failed("init", &why))?;
        // Calls in flight hold the old store until they end.
        let mut stores = self.stores.write().unwrap_or_else(PoisonError::into_inner);
        let again = stores.insert(instance.clone(), store).is_some();
        drop(stores);
        tracing::info!(instance, kind = %self.store_type, again, "initialised");
        Ok(Response::new(SecretStoreInitResponse {}))
    }

    async fn features(
        &self,
        request: Request<FeaturesRequest>,
    ) -> Result<Response<FeaturesResponse>, Status> {
        let store = self.store(&request).await?;
        let features = store
            .features()
            .await
            .map_err(|why| failed("features", &why))?;
        Ok(Response::new(FeaturesResponse { features }))
    }

    async fn get(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let store = self.store(&request).await?;
        let instance = instance(&request);
        let GetSecretRequest { key, metadata } = request.into_inner();
        let metadata = grpc::pairs(metadata);
        let reading = self.measured("get", &instance, store.get(&key, &metadata));
        let data = grpc::data(reading.await?);
        let way_out = "read this secret from its backend's own API";
        grpc::within_limit(GetSecretResponse { data }, way_out).map(Response::new)
    }

    async fn bulk_get(
        &self,
        request: Request<BulkGetSecretRequest>,
    ) -> Result<Response<BulkGetSecretResponse>, Status> {
        let store = self.store(&request).await?;
        let instance = instance(&request);
        let metadata = grpc::pairs(request.into_inner().metadata);
        let reading = self.measured("bulk_get", &instance, store.bulk_get(&metadata));
        let secrets = reading.await?;
        let entry = |secret: Secret| {
            let name = secret.name.clone();
            (
                name,
                SecretResponse {
                    secrets: grpc::data(secret),
                },
            )
        };
        let data = secrets.into_iter().map(entry).collect();
        let way_out = "ask for some secrets with the request metadata names (separated by \
                       commas), or split the store with the property prefix";
        grpc::within_limit(BulkGetSecretResponse { data }, way_out).map(Response::new)
    }

    async fn ping(&self, request: Request<PingRequest>) -> Result<Response<PingResponse>, Status> {
        let store = self.store(&request).await?;
        store.ping().await.map_err(|why| failed("ping", &why))?;
        Ok(Response::new(PingResponse {}))
    }
}

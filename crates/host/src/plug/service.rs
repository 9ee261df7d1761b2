//! daprd's `SecretStore` service, for one type.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::sleep;
use tonic::{Request, Response, Status, metadata::MetadataValue};
use tonic_types::StatusExt;

use super::{
    PlugOptions,
    finder::Finder,
    instances::{Instances, Known},
};
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
    memory,
    metrics::Metrics,
    stores::{Properties, Store, StoreType, StoreTypes},
};

/// Names the Component that a call is for.
const INSTANCE: &str = "x-component-instance";
/// How long that name may be, in bytes: Kubernetes takes 253.
const MAX_NAME: usize = 256;
/// How much the properties of one store may be, names and values together.
const MAX_PROPERTIES: usize = 256 << 10;
/// How often is looked for stores that nobody calls.
const UNUSED_STORE_INTERVAL: Duration = Duration::from_secs(60);

/// One type, with a store for every Component that uses it.
pub(super) struct Service {
    store_type: StoreType,
    types: StoreTypes,
    variables: &'static [&'static str],
    metrics: Metrics,
    instances: Instances,
    finder: Finder,
}

impl Service {
    pub(super) fn new(store_type: &StoreType, options: &PlugOptions) -> Self {
        let metrics = options.metrics.clone();
        Self {
            store_type: store_type.clone(),
            types: options.types.clone(),
            variables: options.variables,
            metrics: options.metrics.clone(),
            instances: Instances::new(move |name| metrics.forget(name)),
            finder: Finder::new(
                store_type.clone(),
                options.types.clone(),
                options.loader.clone(),
                options.metrics.memory().clone(),
            ),
        }
    }

    /// Gives up what nobody uses, again and again.
    pub(super) async fn tidy(&self) {
        loop {
            sleep(UNUSED_STORE_INTERVAL).await;
            self.instances.rest(Instant::now());
            self.finder.rest();
        }
    }

    pub(super) fn store_type(&self) -> &StoreType {
        &self.store_type
    }

    /// Starts all stores anew, because another component serves the type.
    pub(super) async fn renew(&self) {
        for name in self.instances.names() {
            self.renew_one(&name).await;
        }
    }

    async fn renew_one(&self, instance: &str) {
        let Some((old, by_init)) = self.instances.serving(instance) else {
            return;
        };
        let started = match by_init {
            Some(properties) => self.finder.start(instance, &properties).await,
            None => self.finder.find_anew(instance).await,
        };
        let kind = &self.store_type;
        match started {
            Ok(new) => {
                self.instances.renew(instance, &old, new);
                tracing::info!(instance, %kind, "started anew");
            }
            Err(why) => {
                tracing::error!(instance, %kind, "does not start: {why}; it goes on as it was");
            }
        }
    }

    /// Sees to it that a store that began to start when `generation` served the type is none of a
    /// component that was replaced meanwhile.
    async fn settle(&self, instance: &str, generation: u64) {
        if self.types.generation(&self.store_type) != generation {
            self.renew_one(instance).await;
        }
    }

    /// The store of the Component `instance`.
    async fn store(&self, instance: &str) -> Result<Arc<dyn Store>, Status> {
        let generation = self.types.generation(&self.store_type);
        let found = match self.instances.call(instance) {
            Some(Known::Store(store)) => return Ok(store),
            Some(Known::Resting(properties)) => self.finder.wake(instance, properties).await,
            // daprd sends no second Init when this process has been restarted.
            None => self.finder.find(instance).await,
        };
        let found = found.map_err(|why| self.unconfigured(instance, &why))?;
        let serving = self.instances.found(instance, found);
        self.settle(instance, generation).await;
        Ok(serving)
    }

    async fn measured<T>(
        &self,
        call: &str,
        instance: &str,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, Status> {
        let (result, _) = self.metrics.measured(instance, call, work).await;
        self.instances.called(instance);
        result.map_err(|why| failed(call, &why))
    }

    /// What to do about a store that daprd never initialised.
    fn unconfigured(&self, instance: &str, why: &str) -> Status {
        let once = "dapr-wasm-host was restarted after daprd had initialised it, or has given it \
                    up among too many, and daprd does not initialise it again";
        let mut message = format!("the store {instance:?} is not configured: ");
        if self.finder.has_resources() {
            message.push_str(why);
            message.push_str(&format!(". Mend that, or restart daprd: {once}"));
        } else {
            message.push_str(&format!(
                "{once}. Start dapr-wasm-host with --resources-path and the folder that daprd \
                 reads, or with {} in its environment; or restart daprd",
                self.variables.join(", ")
            ));
            if !why.is_empty() {
                message.push_str(&format!("; {why}"));
            }
        }
        let kind = Kind::InvalidConfig;
        Status::with_error_details(status::code(kind), message, status::details(kind))
    }
}

/// The name of the Component that `request` is for: empty in Dapr's conformance suite, and in
/// whatever letters YAML had it.
fn instance<T>(request: &Request<T>) -> Result<String, Status> {
    let name = request.metadata().get(INSTANCE);
    let name = name.map(MetadataValue::as_bytes).unwrap_or_default();
    match str::from_utf8(name) {
        Ok(name) if name.len() <= MAX_NAME => Ok(name.to_owned()),
        _ => Err(Status::invalid_argument(format!(
            "{INSTANCE} is no name: say it in UTF-8, in at most {MAX_NAME} bytes"
        ))),
    }
}

fn properties(request: SecretStoreInitRequest) -> Result<Properties, Status> {
    let metadata = request.metadata.unwrap_or_default();
    let properties = Properties::new(metadata.properties).of_a_peer();
    let pairs = properties.pairs().iter();
    let length: usize = pairs.map(|(name, value)| name.len() + value.len()).sum();
    if length > MAX_PROPERTIES {
        return Err(Status::invalid_argument(format!(
            "the properties have {length} bytes, and a store takes at most {MAX_PROPERTIES} \
             (256 KiB)"
        )));
    }
    Ok(properties)
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
        let instance = instance(&request)?;
        let properties = properties(request.into_inner())?;
        let generation = self.types.generation(&self.store_type);
        let store = memory::start(
            &self.types,
            &self.store_type,
            &instance,
            &properties,
            self.metrics.memory(),
        )
        .await
        .ok_or_else(|| Status::internal("the type is not served"))?
        .map_err(|why| failed("init", &why))?;
        let again = self
            .instances
            .initialise(instance.clone(), store, properties);
        self.settle(&instance, generation).await;
        tracing::info!(instance, kind = %self.store_type, again, "initialised");
        Ok(Response::new(SecretStoreInitResponse {}))
    }

    async fn features(
        &self,
        request: Request<FeaturesRequest>,
    ) -> Result<Response<FeaturesResponse>, Status> {
        let store = self.store(&instance(&request)?).await?;
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
        let instance = instance(&request)?;
        let store = self.store(&instance).await?;
        let GetSecretRequest { key, metadata } = request.into_inner();
        let metadata = grpc::pairs(metadata);
        let reading = self.measured("get", &instance, store.get(&key, &metadata));
        let data = grpc::data(&reading.await?);
        let way_out = "read this secret from its backend's own API";
        grpc::within_limit(GetSecretResponse { data }, way_out).map(Response::new)
    }

    async fn bulk_get(
        &self,
        request: Request<BulkGetSecretRequest>,
    ) -> Result<Response<BulkGetSecretResponse>, Status> {
        let instance = instance(&request)?;
        let store = self.store(&instance).await?;
        let metadata = grpc::pairs(request.into_inner().metadata);
        let reading = self.measured("bulk_get", &instance, store.bulk_get(&metadata));
        let secrets = reading.await?;
        let entry = |secret: &Arc<Secret>| {
            let name = secret.name.clone();
            (
                name,
                SecretResponse {
                    secrets: grpc::data(secret),
                },
            )
        };
        let data = secrets.iter().map(entry).collect();
        let way_out = "ask for some secrets with the request metadata names (separated by \
                       commas), or split the store with the property prefix";
        grpc::within_limit(BulkGetSecretResponse { data }, way_out).map(Response::new)
    }

    async fn ping(&self, request: Request<PingRequest>) -> Result<Response<PingResponse>, Status> {
        let store = self.store(&instance(&request)?).await?;
        store.ping().await.map_err(|why| failed("ping", &why))?;
        Ok(Response::new(PingResponse {}))
    }
}

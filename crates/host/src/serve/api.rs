//! The Secrets API itself, without a protocol.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use dapr_secrets_api::ApiError;
use tokio::sync::{Notify, watch};

use super::extended::Extended;
use crate::{
    contract::{CallError, Metadata, Secret, Secrets},
    loader::{Served, Stores},
    metrics::Metrics,
    resources::Scopes,
};

/// What both protocols answer from.
pub(super) struct Api {
    pub(super) app_id: String,
    metrics: Metrics,
    now: RwLock<Now>,
    /// Told whenever other stores serve.
    replaced: Notify,
    /// What applications have set, beside what is served.
    extended: Mutex<Extended>,
    /// Whether nothing could be read at the start: not ready until a store serves.
    is_hollow: bool,
    stopping: AtomicBool,
    /// Whether a caller asked the server to end.
    asked_to_end: watch::Sender<bool>,
}

/// What serves, and to whom: replaced together, so that no store is open for a moment.
#[derive(Clone)]
struct Now {
    stores: Stores,
    scopes: Arc<Scopes>,
}

impl Api {
    pub(super) fn new(app_id: String, scopes: Scopes, metrics: Metrics, stores: Stores) -> Self {
        let scopes = Arc::new(scopes);
        Self {
            app_id,
            metrics,
            now: RwLock::new(Now { stores, scopes }),
            replaced: Notify::new(),
            extended: Mutex::default(),
            is_hollow: false,
            stopping: AtomicBool::new(false),
            asked_to_end: watch::Sender::new(false),
        }
    }

    /// Whether nothing could be read at the start.
    pub(super) fn hollow(self, is_hollow: bool) -> Self {
        Self { is_hollow, ..self }
    }

    /// What serves now.
    pub(super) fn stores(&self) -> Stores {
        self.now().stores.clone()
    }

    /// Which secrets may be read now.
    pub(super) fn scopes(&self) -> Arc<Scopes> {
        Arc::clone(&self.now().scopes)
    }

    fn now(&self) -> RwLockReadGuard<'_, Now> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves `stores` under `scopes` from now on; calls in flight end on the old stores.
    pub(super) fn replace(&self, stores: Stores, scopes: Arc<Scopes>) {
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Now { stores, scopes };
        self.replaced.notify_waiters();
    }

    /// A reload failed, all of it or a store.
    pub(super) fn reload_failed(&self) {
        self.metrics.reload_failed();
    }

    /// Takes no more work as seen by health checks.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ready(&self) -> bool {
        let serves = || !self.is_hollow || !self.stores().is_empty();
        !self.stopping.load(Ordering::Relaxed) && serves()
    }

    /// Waits until it is ready.
    pub(super) async fn ready(&self) {
        loop {
            let replaced = self.replaced.notified();
            if self.is_ready() {
                return;
            }
            replaced.await;
        }
    }

    /// A caller asks the server to end.
    pub(super) fn ask_to_end(&self) {
        tracing::info!("a caller asks for the end");
        self.asked_to_end.send_replace(true);
    }

    /// Waits until a caller asks the server to end.
    pub(super) fn asked_to_end(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut asked = self.asked_to_end.subscribe();
        async move {
            // Where nobody can ask any more, nobody does.
            if asked.wait_for(|asked| *asked).await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    pub(super) async fn get(
        &self,
        store: &str,
        key: &str,
        metadata: &Metadata,
    ) -> Result<Secret, ApiError> {
        let served = self.store(store)?;
        if !self.scopes().allow(store, key) {
            return Err(ApiError::denied(store, key));
        }
        let reading = served.store.get(key, metadata);
        self.measured("get", store, reading)
            .await
            .map_err(|why| ApiError::get(store, key, why.kind(), &why.describe()))
    }

    /// What scopes deny is left out.
    pub(super) async fn bulk(&self, store: &str, metadata: &Metadata) -> Result<Secrets, ApiError> {
        let served = self.store(store)?;
        let reading = served.store.bulk_get(metadata);
        let secrets = self
            .measured("bulk_get", store, reading)
            .await
            .map_err(|why| ApiError::bulk(store, why.kind(), &why.describe()))?;
        let scopes = self.scopes();
        Ok(secrets.filtered(|secret| scopes.allow(store, &secret.name)))
    }

    fn store(&self, name: &str) -> Result<Arc<Served>, ApiError> {
        let stores = &self.now().stores;
        if stores.is_empty() {
            return Err(ApiError::no_stores());
        }
        let found = stores.get(name).map(Arc::clone);
        found.ok_or_else(|| ApiError::unknown_store(name))
    }

    async fn measured<T>(
        &self,
        operation: &'static str,
        store: &str,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let (result, took) = self.metrics.measured(store, operation, work).await;
        match &result {
            Ok(_) => tracing::debug!(store, operation, ?took, "read"),
            Err(why) => tracing::warn!(store, operation, ?took, "{}", why.describe()),
        }
        result
    }

    /// What applications have set, and the version of this host.
    pub(super) fn extended(&self) -> BTreeMap<String, String> {
        let mut extended = self
            .extended
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .all()
            .clone();
        extended.insert("daprRuntimeVersion".to_owned(), VERSION.to_owned());
        extended
    }

    pub(super) fn extend(&self, key: String, value: String) -> Result<(), ApiError> {
        let mut extended = self.extended.lock().unwrap_or_else(PoisonError::into_inner);
        extended.set(key, value)
    }
}

/// The version of this host, which daprd's callers ask for as the runtime's.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

//! From folders of resources to stores that serve.

mod only;
mod outcome;
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use tokio::task;

pub use self::{
    outcome::{Failure, Outcome},
    sources::Sources,
};
use crate::{
    files::Stamp,
    memory::{self, Figures},
    resources::{self, Component, Identity, Loaded, Place},
    stores::{Properties, Store, StoreType, StoreTypes},
};

/// A store that serves under the name of its Component.
pub struct Served {
    /// `metadata.name`.
    pub name: String,
    /// `spec.type`.
    pub store_type: StoreType,
    /// `spec.version`.
    pub version: String,
    /// What the store is able to beyond the ordinary: its features, in Dapr's notation.
    pub capabilities: Vec<String>,
    /// The store that answers under this name.
    pub store: Arc<dyn Store>,
    place: Place,
    properties: Properties,
    /// The files besides the resources that it reads, as they were then.
    files: BTreeMap<PathBuf, Option<Stamp>>,
    /// Of the component that serves its type.
    generation: u64,
}

impl Served {
    /// Its properties, references resolved.
    pub(crate) fn properties(&self) -> &Properties {
        &self.properties
    }
}

/// The stores that serve, by the names of their Components.
#[derive(Clone, Default)]
pub struct Stores {
    served: BTreeMap<String, Arc<Served>>,
    /// Whether these are what a load made, so that the next one is a reload.
    loaded: bool,
}

impl Stores {
    /// The store of the Component `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Served>> {
        self.served.get(name)
    }

    /// All stores, sorted by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.served.values()
    }

    /// Whether no store serves.
    pub fn is_empty(&self) -> bool {
        self.served.is_empty()
    }
}

/// Loads the secret stores of some folders.
#[derive(Clone)]
pub struct Loader {
    /// The types that can be served.
    pub types: StoreTypes,
    /// The folders of Component YAML.
    pub folders: Vec<PathBuf>,
    /// The application that the stores are loaded for.
    pub identity: Identity,
    /// `NAMESPACE`, where it is set: Components of other namespaces are passed over.
    pub namespace: Option<String>,
    /// Files that are named elsewhere than in the resources, if there are any: followed with them.
    pub sources: Option<Arc<Sources>>,
    /// What counts what is remembered of the stores: of [`Metrics`](crate::Metrics), or of its own.
    pub figures: Figures,
}

impl Loader {
    /// Starts every secret store in scope, those first that others take values from. A store of
    /// `previous` goes on as it is if its properties, the files that it reads and its component did
    /// not change, and as it was if it fails now, if a reference of it gives nothing now, or if its
    /// file cannot be read now or was emptied.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub async fn load(&self, previous: &Stores) -> io::Result<Outcome> {
        let mut outcome = Outcome::default();
        outcome.stores.loaded = true;
        let loaded = self.read().await?;
        outcome.keep_unreadable(&loaded, previous);
        outcome.problems.extend(loaded.problems);
        outcome.problems.extend(loaded.warnings);
        let mut waiting = loaded.components;
        loop {
            let names: BTreeSet<String> = waiting.iter().map(|it| it.name.clone()).collect();
            let ready = |component: &Component| {
                let store = component.needs();
                store.is_none_or(|store| !names.contains(store))
            };
            let (now, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(ready);
            if now.is_empty() {
                for component in later {
                    outcome.fail(
                        component,
                        "auth.secretStore leads back to itself".to_owned(),
                        previous,
                    );
                }
                return Ok(outcome);
            }
            for component in now {
                match self.start(&component, previous, &mut outcome).await {
                    Ok(served) => {
                        outcome.stores.served.insert(component.name, served);
                    }
                    Err(why) => outcome.fail(component, why, previous),
                }
            }
            waiting = later;
        }
    }

    /// Who gives `served` its keys, for people, where that is known of its type. Never a key.
    pub fn keys_of(&self, served: &Served) -> Option<String> {
        let needs = self.types.needs(&served.store_type, &served.properties);
        needs?.keys_from
    }

    /// Off the threads on which calls run: files may be slow, and are waited for.
    async fn read(&self) -> io::Result<Loaded> {
        let (folders, namespace) = (self.folders.clone(), self.namespace.clone());
        let app_id = self.identity.app_id.clone();
        let reading =
            task::spawn_blocking(move || resources::load(&folders, namespace.as_deref(), &app_id));
        reading.await.map_err(io::Error::other)?
    }

    async fn start(
        &self,
        component: &Component,
        previous: &Stores,
        outcome: &mut Outcome,
    ) -> Result<Arc<Served>, String> {
        if !["", "v0", "v1"].contains(&component.version.as_str()) {
            return Err(format!(
                "there is no version {}, only v1",
                component.version
            ));
        }
        let secrets = match component.needs() {
            Some(name) => {
                let served = outcome.stores.get(name).ok_or_else(|| {
                    format!("the secret store {name} that auth.secretStore names does not serve")
                })?;
                Some(Arc::clone(&served.store))
            }
            None => None,
        };
        let (properties, nothing) =
            resources::resolve(component, secrets.as_deref(), &self.identity).await?;
        let files = stamps(self.types.files(&component.store_type, &properties)).await;
        outcome.files.extend(files.clone());
        let before = previous
            .get(&component.name)
            .filter(|served| served.store_type == component.store_type)
            .filter(|served| served.properties == properties);
        if before.is_none() && previous.loaded && !nothing.is_empty() {
            // It may be back in a moment; until then less would be limited than was written.
            return Err(nothing.join("; "));
        }
        outcome.warn(component, nothing);
        let endpoint = properties.get("endpoint").unwrap_or("://");
        if !endpoint.contains("://") {
            let message = "endpoint names no scheme, so https is taken: write https:// before it";
            outcome.warn(component, [message.to_owned()]);
        }
        // From before it starts: another that comes meanwhile is seen at the next reload.
        let generation = self.types.generation(&component.store_type);
        let same = |served: &&Arc<Served>| served.files == files && served.generation == generation;
        let (store, capabilities) = match before.filter(same) {
            Some(same) => (Arc::clone(&same.store), same.capabilities.clone()),
            None => match self.start_anew(component, &properties).await {
                Ok(started) => started,
                Err(why) => {
                    // What it waits for may come.
                    let waited = self.types.followed(&component.store_type, &properties);
                    outcome.files.extend(stamps(waited).await);
                    return Err(why);
                }
            },
        };
        Ok(Arc::new(Served {
            name: component.name.clone(),
            store_type: component.store_type.clone(),
            version: component.version.clone(),
            capabilities,
            store,
            place: component.place.clone(),
            properties,
            files,
            generation,
        }))
    }

    async fn start_anew(
        &self,
        component: &Component,
        properties: &Properties,
    ) -> Result<(Arc<dyn Store>, Vec<String>), String> {
        let limit = component.init_timeout;
        let (kind, name) = (&component.store_type, &component.name);
        let starting = memory::start(&self.types, kind, name, properties, &self.figures);
        let store = tokio::time::timeout(limit, starting)
            .await
            .map_err(|_| format!("init took longer than its initTimeout of {limit:?}"))?
            .ok_or_else(|| {
                let (known, unknown) = (self.types.names().join(", "), &component.store_type);
                format!(
                    "there is no type {unknown}: this host has {known}; others are loaded with \
                     --component {unknown}=FILE.wasm"
                )
            })?
            .map_err(|why| why.describe())?;
        let capabilities = store.features().await.map_err(|why| why.describe())?;
        Ok((store, capabilities))
    }
}

/// How `files` look now.
async fn stamps(files: Vec<PathBuf>) -> BTreeMap<PathBuf, Option<Stamp>> {
    if files.is_empty() {
        return BTreeMap::new();
    }
    let stamped = |path: PathBuf| {
        let stamp = Stamp::of(&path).ok();
        (path, stamp)
    };
    let looking = task::spawn_blocking(move || files.into_iter().map(stamped).collect());
    looking.await.unwrap_or_default()
}

//! From folders of resources to stores that serve.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use crate::{
    resources::{self, Component, Identity, Loaded, Place, Problem},
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
}

/// The stores that serve, by the names of their Components.
#[derive(Clone, Default)]
pub struct Stores(BTreeMap<String, Arc<Served>>);

impl Stores {
    /// The store of the Component `name`.
    pub fn get(&self, name: &str) -> Option<&Arc<Served>> {
        self.0.get(name)
    }

    /// All stores, sorted by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Served>> {
        self.0.values()
    }

    /// Whether no store serves.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A Component that does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `metadata.name`.
    pub name: String,
    /// `spec.type`.
    pub store_type: StoreType,
    /// Where the Component stands, and why it does not serve.
    pub problem: Problem,
    /// Whether its `ignoreErrors` says to go on without it.
    pub ignored: bool,
}

/// What a [`Loader`] made of its folders.
#[derive(Default)]
pub struct Outcome {
    /// The stores that serve.
    pub stores: Stores,
    /// The Components that do not serve.
    pub failures: Vec<Failure>,
    /// Documents that were left out, and references that gave nothing.
    pub problems: Vec<Problem>,
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
}

impl Loader {
    /// Starts every secret store in scope, those first that others take values from. A store of
    /// `previous` whose properties did not change goes on as it is; one that fails now, or whose
    /// file cannot be read now, goes on as it was.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub async fn load(&self, previous: &Stores) -> io::Result<Outcome> {
        let loaded = resources::load(&self.folders, self.namespace.as_deref())?;
        let mut outcome = Outcome {
            problems: loaded.problems,
            ..Outcome::default()
        };
        outcome.keep_unreadable(previous);
        let mut waiting = loaded.components;
        waiting.retain(|component| self.in_scope(component, &mut outcome));
        loop {
            let names: BTreeSet<String> = waiting.iter().map(|it| it.name.clone()).collect();
            let ready = |component: &Component| {
                let store = component.secret_store.as_ref();
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
                        outcome.stores.0.insert(component.name, served);
                    }
                    Err(why) => outcome.fail(component, why, previous),
                }
            }
            waiting = later;
        }
    }

    /// Starts the Component `name` of `loaded`, and before it only those that it takes values from;
    /// `None` if there is none. The error says where it stands, and why it does not serve.
    pub async fn start_only(
        &self,
        loaded: &Loaded,
        name: &str,
    ) -> Option<Result<Arc<Served>, Problem>> {
        let find = |name: &str| loaded.components.iter().find(|it| it.name == name);
        let mut chain: Vec<&Component> = Vec::new();
        let mut next = find(name);
        while let Some(component) = next {
            if chain.iter().any(|before| before.name == component.name) {
                return Some(Err(Problem {
                    place: component.place.clone(),
                    message: "auth.secretStore leads back to itself".to_owned(),
                }));
            }
            chain.push(component);
            let store = component.secret_store.as_deref();
            next = store
                .and_then(find)
                .filter(|it| it.in_scope(&self.identity.app_id));
        }
        let none = Stores::default();
        let mut outcome = Outcome::default();
        let mut last = None;
        for component in chain.into_iter().rev() {
            let problem = |message| Problem {
                place: component.place.clone(),
                message,
            };
            let started = self.start(component, &none, &mut outcome).await;
            if let Ok(served) = &started {
                let served = Arc::clone(served);
                outcome.stores.0.insert(component.name.clone(), served);
            }
            // What failed below may be the reason.
            last = Some(started.map_err(|why| match &last {
                Some(Err(below)) => problem(format!("{why}; {below}")),
                _ => problem(why),
            }));
        }
        for problem in &outcome.problems {
            tracing::warn!("{problem}");
        }
        last
    }

    fn in_scope(&self, component: &Component, outcome: &mut Outcome) -> bool {
        let app = &self.identity.app_id;
        let inside = component.in_scope(app);
        if !inside && app.is_empty() {
            outcome.problems.push(Problem {
                place: component.place.clone(),
                message: format!(
                    "{} has scopes: say with --app-id who you are",
                    component.name
                ),
            });
        }
        inside
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
        let secrets = match &component.secret_store {
            Some(name) => {
                let served = outcome.stores.get(name).ok_or_else(|| {
                    format!("the secret store {name} that auth.secretStore names does not serve")
                })?;
                Some(Arc::clone(&served.store))
            }
            None => None,
        };
        let (properties, warnings) =
            resources::resolve(component, secrets.as_deref(), &self.identity).await?;
        outcome
            .problems
            .extend(warnings.into_iter().map(|message| Problem {
                place: component.place.clone(),
                message,
            }));
        let same = previous
            .get(&component.name)
            .filter(|served| served.store_type == component.store_type)
            .filter(|served| served.properties == properties);
        if let Some(same) = same {
            return Ok(Arc::clone(same));
        }
        let limit = component.init_timeout;
        let starting = self.types.start(&component.store_type, properties.clone());
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
        Ok(Arc::new(Served {
            name: component.name.clone(),
            store_type: component.store_type.clone(),
            version: component.version.clone(),
            capabilities,
            store,
            place: component.place.clone(),
            properties,
        }))
    }
}

impl Outcome {
    /// Logs what serves, what does not, and why.
    pub fn log(&self) {
        for problem in &self.problems {
            tracing::warn!("{problem}");
        }
        for failure in &self.failures {
            let Failure {
                name, store_type, ..
            } = failure;
            tracing::error!(name, kind = %store_type, "does not start: {}", failure.problem);
        }
        for served in self.stores.all() {
            let Served {
                name, store_type, ..
            } = &**served;
            tracing::info!(name, kind = %store_type, "serves");
        }
    }

    /// The first failure that its Component does not say to ignore.
    pub fn fatal(&self) -> Option<&Failure> {
        self.failures.iter().find(|failure| !failure.ignored)
    }

    /// Whether there are Components, and not one that can be read.
    pub fn is_hollow(&self) -> bool {
        self.stores.is_empty() && self.failures.is_empty() && !self.problems.is_empty()
    }

    /// Stores of files with a mistake in them go on: the file may be half written.
    fn keep_unreadable(&mut self, previous: &Stores) {
        for served in previous.all() {
            let broken = |problem: &Problem| problem.place.file == served.place.file;
            if self.problems.iter().any(broken) {
                self.keep(served);
            }
        }
    }

    fn keep(&mut self, served: &Arc<Served>) {
        let served = Arc::clone(served);
        self.stores.0.insert(served.name.clone(), served);
    }

    fn fail(&mut self, component: Component, message: String, previous: &Stores) {
        if let Some(served) = previous.get(&component.name) {
            self.keep(served);
        }
        self.failures.push(Failure {
            name: component.name,
            store_type: component.store_type,
            problem: Problem {
                place: component.place,
                message,
            },
            ignored: component.ignore_errors,
        });
    }
}

//! What can be served: the types of stores, and what the instances of each are granted.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use super::{
    Store,
    built_in::error,
    configured::{By, Configured, Handed},
    environment::Environment,
    local_env::LocalEnv,
    local_file::LocalFile,
    needs::Needs,
    pool::{Pool, PoolOptions},
    properties::Properties,
    store_type::StoreType,
};
use crate::{
    contract::{CallError, Kind},
    files::HeldTexts,
    outbound::{Origin, Outbound},
    wasm::Component,
};

const LOCAL_ENV: &str = "secretstores.local.env";
const LOCAL_FILE: &str = "secretstores.local.file";

/// The types that can be served: by components, and Dapr's `secretstores.local.env` and
/// `secretstores.local.file`, which are built in.
#[derive(Clone)]
pub struct StoreTypes {
    components: BTreeMap<StoreType, Served>,
    options: PoolOptions,
    /// The texts of files that stores are handed.
    texts: HeldTexts,
    /// What the names of variables begin with that `secretstores.local.env` does not show.
    hidden: Vec<String>,
}

/// What the instances of one type are granted. It has no `Debug`: keys are in the environment.
#[derive(Clone)]
pub struct Grants {
    /// How their requests leave, and what they may all reach.
    pub outbound: Outbound,
    /// What one store needs besides, by the properties of its Component: [`Needs::of_any`], or what
    /// is known of the type.
    pub needs: Arc<dyn Fn(&Properties) -> Needs + Send + Sync>,
    /// What stores of the type are configured from where no Component is there; `None` where there
    /// must be one.
    pub environment: Option<Environment>,
}

/// How one type is served.
#[derive(Clone)]
struct Served {
    /// Shared by the clones of its [`StoreTypes`].
    current: Arc<RwLock<Current>>,
    grants: Grants,
}

/// What serves a type from now on.
#[derive(Clone)]
struct Current {
    component: Component,
    /// How many there were before.
    generation: u64,
}

impl Served {
    fn current(&self) -> Current {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl StoreTypes {
    /// The built-in types only. `options` are for the components to come.
    pub fn new(options: PoolOptions) -> Self {
        Self {
            components: BTreeMap::new(),
            options,
            texts: HeldTexts::default(),
            hidden: Vec::new(),
        }
    }

    /// Shows no application the variables whose names begin with `prefix`, in any case: keys of a
    /// store are among them.
    #[must_use]
    pub fn hiding(mut self, prefix: &str) -> Self {
        self.hidden.push(prefix.to_owned());
        self
    }

    /// Serves `store_type` by `component`, which sees no environment and reaches what the options of
    /// [`StoreTypes::new`] allow, and the `endpoint` of its own Component.
    #[must_use]
    pub fn with(self, store_type: StoreType, component: Component) -> Self {
        let grants = Grants {
            outbound: self.options.outbound.clone(),
            needs: Arc::new(Needs::of_any),
            environment: None,
        };
        self.granting(store_type, component, grants)
    }

    /// Serves `store_type` by `component` with `grants`, and none of the options' own.
    #[must_use]
    pub fn granting(mut self, store_type: StoreType, component: Component, grants: Grants) -> Self {
        let current = Arc::new(RwLock::new(Current {
            component,
            generation: 0,
        }));
        let served = Served { current, grants };
        self.components.insert(store_type, served);
        self
    }

    /// Reads the files again that hold texts for stores, such as tokens.
    pub(crate) fn read_files_again(&self) {
        self.texts.read_again();
    }

    /// Serves `store_type` by another component, with the grants that it has: here, in all clones,
    /// and in stores that start from now on.
    pub fn replace(&self, store_type: &StoreType, component: &Component) {
        if let Some(served) = self.components.get(store_type) {
            let current = served.current.write();
            let mut current = current.unwrap_or_else(PoisonError::into_inner);
            current.component = component.clone();
            current.generation += 1;
        }
    }

    /// How often the component of `store_type` was replaced.
    pub(crate) fn generation(&self, store_type: &StoreType) -> u64 {
        let served = self.components.get(store_type);
        served.map_or(0, |served| served.current().generation)
    }

    /// The types that can be served, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.components.keys().map(StoreType::as_str).collect();
        names.extend([LOCAL_ENV, LOCAL_FILE]);
        names.sort_unstable();
        names
    }

    /// Starts a store of the type `store_type`; `None` if there is no such type.
    pub async fn start(
        &self,
        store_type: &StoreType,
        properties: Properties,
    ) -> Option<Result<Arc<dyn Store>, CallError>> {
        if let Some(served) = self.components.get(store_type) {
            let needs = (served.grants.needs)(&properties);
            return Some(self.pool(served, By::Init(properties), needs).await);
        }
        match store_type.as_str() {
            LOCAL_ENV => {
                let store = LocalEnv::new(&properties).hiding(&self.hidden);
                Some(Ok(Arc::new(store)))
            }
            LOCAL_FILE => {
                let store = LocalFile::open(&properties).await;
                Some(store.map(|store| Arc::new(store) as Arc<dyn Store>))
            }
            _ => None,
        }
    }

    /// The files that a store of the type `store_type` reads when it starts, and never again.
    pub fn files(&self, store_type: &StoreType, properties: &Properties) -> Vec<PathBuf> {
        let reads = store_type.as_str() == LOCAL_FILE && !self.components.contains_key(store_type);
        let file = LocalFile::file(properties).filter(|_| reads);
        file.map(PathBuf::from).into_iter().collect()
    }

    /// The files without which a store of the type `store_type` does not start, and which it follows
    /// itself from then on.
    pub fn followed(&self, store_type: &StoreType, properties: &Properties) -> Vec<PathBuf> {
        let needs = self.needs(store_type, properties).unwrap_or_default();
        needs.files.into_iter().map(|file| file.path).collect()
    }

    /// What a store of the type `store_type` needs that its properties only name; `None` where no
    /// component serves the type.
    pub fn needs(&self, store_type: &StoreType, properties: &Properties) -> Option<Needs> {
        let served = self.components.get(store_type)?;
        Some((served.grants.needs)(properties))
    }

    /// The properties that the host goes by for a store of the type `store_type` that configures
    /// itself from its environment; `None` where there is none for that type.
    pub fn environment(&self, store_type: &StoreType) -> Option<&Properties> {
        let environment = &self.components.get(store_type)?.grants.environment;
        environment
            .as_ref()
            .map(|environment| &environment.properties)
    }

    /// Starts a store of the type `store_type` that configures itself from its environment; `None`
    /// where there is none for that type.
    pub async fn start_from_environment(
        &self,
        store_type: &StoreType,
    ) -> Option<Result<Arc<dyn Store>, CallError>> {
        let served = self.components.get(store_type)?;
        let Environment { needs, properties } = served.grants.environment.clone()?;
        Some(self.pool(served, By::Environment(properties), needs).await)
    }

    async fn pool(
        &self,
        served: &Served,
        by: By,
        needs: Needs,
    ) -> Result<Arc<dyn Store>, CallError> {
        if let Some(why) = needs.refused {
            return Err(error(Kind::InvalidConfig, why));
        }
        let mut options = PoolOptions {
            outbound: served.grants.outbound.clone(),
            ..self.options
        };
        let mut unreadable = None;
        for reach in &needs.reaches {
            match Origin::parse(&reach.url) {
                Ok(origin) => options.outbound = options.outbound.allowing(&origin),
                Err(why) => _ = unreadable.get_or_insert((reach.named_by, why)),
            }
        }
        if let Some(rules) = needs.sharing {
            options.outbound = options.outbound.sharing(rules);
        }
        let mut handed = Vec::new();
        for file in needs.files {
            let text = self.texts.open(&file.path).await.map_err(|why| {
                let (property, path) = (file.named_by, file.path.display());
                let message = format!("{property} {path} cannot be used: {why}");
                error(Kind::InvalidConfig, message)
            })?;
            handed.push(Handed {
                instead_of: file.named_by,
                name: file.handed_as,
                text,
            });
        }
        let component = served.current().component;
        let configured = Configured {
            by,
            variables: needs.variables,
            handed,
        };
        let pool = Pool::start_with(component, options, configured).await?;
        match unreadable {
            // Said after the store's own word on it, which knows more.
            Some((property, why)) => Err(error(Kind::InvalidConfig, format!("{property}: {why}"))),
            None => Ok(Arc::new(pool)),
        }
    }
}

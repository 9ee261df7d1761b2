//! The component types that this host can serve.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    component::Component,
    stores::{LocalEnv, LocalFile, Pool, PoolOptions, Properties, Store},
    types::CallError,
};

/// What a type is served by: components, and Dapr's `secretstores.local.env` and
/// `secretstores.local.file`, which are built in.
#[derive(Clone)]
pub struct Kinds {
    components: BTreeMap<String, Component>,
    options: PoolOptions,
}

impl Kinds {
    /// Knows the built-in types only. `options` are for the components to come.
    pub fn new(options: PoolOptions) -> Self {
        Self {
            components: BTreeMap::new(),
            options,
        }
    }

    /// Serves the type `kind`, which matches in any case, by `component`.
    #[must_use]
    pub fn with(mut self, kind: &str, component: Component) -> Self {
        self.components.insert(kind.to_ascii_lowercase(), component);
        self
    }

    /// The types that can be served, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.components.keys().map(String::as_str).collect();
        names.extend(["secretstores.local.env", "secretstores.local.file"]);
        names.sort_unstable();
        names
    }

    /// Starts a store of the type `kind`; `None` if there is no such type.
    pub async fn start(
        &self,
        kind: &str,
        properties: Properties,
    ) -> Option<Result<Arc<dyn Store>, CallError>> {
        let kind = kind.to_ascii_lowercase();
        Some(match (kind.as_str(), self.components.get(&kind)) {
            (_, Some(component)) => self.pool(component, Some(properties)).await,
            ("secretstores.local.env", _) => Ok(Arc::new(LocalEnv::new(&properties))),
            ("secretstores.local.file", _) => {
                LocalFile::new(&properties).map(|store| Arc::new(store) as Arc<dyn Store>)
            }
            _ => return None,
        })
    }

    /// Starts a store of the type `kind` that configures itself from its environment; `None` if
    /// that is not a component.
    pub async fn start_from_environment(
        &self,
        kind: &str,
    ) -> Option<Result<Arc<dyn Store>, CallError>> {
        let component = self.components.get(&kind.to_ascii_lowercase())?;
        Some(self.pool(component, None).await)
    }

    async fn pool(
        &self,
        component: &Component,
        properties: Option<Properties>,
    ) -> Result<Arc<dyn Store>, CallError> {
        let mut options = self.options.clone();
        // Whoever configures an endpoint means the store to reach it.
        let endpoint = properties.as_ref().and_then(|given| given.get("endpoint"));
        if let Some(allowing) = endpoint.and_then(|it| options.outbound.allowing(origin(it)).ok()) {
            options.outbound = allowing;
        }
        let pool = Pool::start(component.clone(), options, properties).await?;
        Ok(Arc::new(pool))
    }
}

/// An endpoint without the slash, and anything else that a URL may end with.
pub(crate) fn origin(endpoint: &str) -> &str {
    let endpoint = endpoint.trim();
    let host = endpoint.find("://").map_or(0, |at| at + 3);
    let end = endpoint.get(host..).and_then(|rest| rest.find('/'));
    end.and_then(|end| endpoint.get(..host + end))
        .unwrap_or(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_no_path() {
        for (endpoint, expected) in [
            (" https://a.example ", "https://a.example"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("a.example/path", "a.example"),
            ("a.example", "a.example"),
        ] {
            assert_eq!(origin(endpoint), expected);
        }
    }
}

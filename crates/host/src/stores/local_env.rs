//! `secretstores.local.env`: the environment of this process.

use async_trait::async_trait;

use super::{
    built_in::secret,
    environment::{self, is_hidden},
    properties::Properties,
    store::Store,
};
use crate::contract::{CallError, Metadata, Secret, Secrets};

/// Dapr's store of this type
/// (<https://docs.dapr.io/reference/components-reference/supported-secret-stores/envvar-secret-store/>).
/// What is not set reads as empty, as there. `APP_API_TOKEN`, `DAPR_…` and what [`Self::hiding`]
/// names are never shown.
pub struct LocalEnv {
    prefix: String,
    hidden: Vec<String>,
}

impl LocalEnv {
    /// Knows the property `prefix`: put before every name, and taken off in results.
    pub fn new(properties: &Properties) -> Self {
        let prefix = properties.get("prefix").unwrap_or_default().to_owned();
        Self {
            prefix,
            hidden: Vec::new(),
        }
    }

    /// Shows no variable whose name begins with one of `prefixes`, in any case.
    #[must_use]
    pub fn hiding(mut self, prefixes: &[String]) -> Self {
        self.hidden
            .extend(prefixes.iter().map(|prefix| prefix.to_ascii_uppercase()));
        self
    }

    fn shows(&self, variable: &str) -> bool {
        let upper = variable.to_ascii_uppercase();
        !is_hidden(variable) && !self.hidden.iter().any(|prefix| upper.starts_with(prefix))
    }
}

#[async_trait]
impl Store for LocalEnv {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    async fn get(&self, name: &str, _metadata: &Metadata) -> Result<Secret, CallError> {
        let variable = format!("{}{name}", self.prefix);
        let shown = Some(variable).filter(|variable| self.shows(variable));
        let value = shown.and_then(|variable| environment::get(&variable));
        Ok(secret(name, [(name.to_owned(), value.unwrap_or_default())]))
    }

    async fn bulk_get(&self, _metadata: &Metadata) -> Result<Secrets, CallError> {
        let shown = environment::all().filter_map(|(variable, value)| {
            let name = variable.strip_prefix(&self.prefix)?.to_owned();
            self.shows(&variable)
                .then(|| secret(&name, [(name.clone(), value)]))
        });
        let mut secrets: Vec<Secret> = shown.collect();
        secrets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Secrets::new(secrets))
    }

    async fn ping(&self) -> Result<(), CallError> {
        Ok(())
    }
}

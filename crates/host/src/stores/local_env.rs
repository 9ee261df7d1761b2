//! `secretstores.local.env`: the environment of this process.

use std::env;

use async_trait::async_trait;

use super::{Properties, Store, secret};
use crate::types::{CallError, Metadata, Secret};

/// Dapr's store of this type
/// (<https://docs.dapr.io/reference/components-reference/supported-secret-stores/envvar-secret-store/>).
/// What is not set reads as empty, as there. `APP_API_TOKEN` and `DAPR_…` are never shown.
pub struct LocalEnv {
    prefix: String,
}

impl LocalEnv {
    /// Knows the property `prefix`: put before every name, and taken off in results.
    pub fn new(properties: &Properties) -> Self {
        let prefix = properties.get("prefix").unwrap_or_default().to_owned();
        Self { prefix }
    }
}

/// Whether Dapr keeps the variable from applications.
pub(crate) fn is_hidden(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    upper == "APP_API_TOKEN" || upper.starts_with("DAPR_")
}

/// Whether `env::var_os` can be asked for it.
fn is_name(variable: &str) -> bool {
    !variable.is_empty() && !variable.contains(['=', '\0'])
}

#[async_trait]
impl Store for LocalEnv {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        Ok(Vec::new())
    }

    async fn get(&self, name: &str, _metadata: &Metadata) -> Result<Secret, CallError> {
        let variable = format!("{}{name}", self.prefix);
        let value = if is_hidden(&variable) || !is_name(&variable) {
            None
        } else {
            env::var(&variable).ok()
        };
        Ok(secret(name, [(name.to_owned(), value.unwrap_or_default())]))
    }

    async fn bulk_get(&self, _metadata: &Metadata) -> Result<Vec<Secret>, CallError> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let shown = env::vars_os()
            .filter_map(text)
            .filter_map(|(variable, value)| {
                let name = variable.strip_prefix(&self.prefix)?.to_owned();
                (!is_hidden(&variable)).then(|| secret(&name, [(name.clone(), value)]))
            });
        let mut secrets: Vec<Secret> = shown.collect();
        secrets.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(secrets)
    }

    async fn ping(&self) -> Result<(), CallError> {
        Ok(())
    }
}

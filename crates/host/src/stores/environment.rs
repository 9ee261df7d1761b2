//! The environment: what a component may see of it, and this process's own as Dapr shows it.

use std::{env, ffi::OsString};

use super::{needs::Needs, properties::Properties};

/// What a component that nobody initialises configures itself from. It has no `Debug`: keys are
/// among the variables.
#[derive(Clone, Default)]
pub struct Environment {
    /// What it is granted; its variables are all that its instances see.
    pub needs: Needs,
    /// The properties that the host goes by, where the environment sets them: `timeout`, `endpoint`
    /// and those of its cache (`cacheTTL` and the like), whose variables no instance sees.
    pub properties: Properties,
}

/// Whether Dapr keeps the variable from applications and Components.
pub(crate) fn is_hidden(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    upper == "APP_API_TOKEN" || upper.starts_with("DAPR_")
}

/// The value of `variable`, if it is text.
pub(crate) fn get(variable: &str) -> Option<String> {
    // With `=` in the name, the C library may find another variable's value.
    let is_name = !variable.is_empty() && !variable.contains(['=', '\0']);
    is_name.then(|| env::var(variable).ok()).flatten()
}

/// The value of `variable`, where it is not empty.
pub(crate) fn set(variable: &str) -> Option<String> {
    get(variable).filter(|value| !value.is_empty())
}

/// All variables that are text.
pub(crate) fn all() -> impl Iterator<Item = (String, String)> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    env::vars_os().filter_map(text)
}

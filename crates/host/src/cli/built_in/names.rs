//! What the built-in store reads its settings from: properties, and the variables that stand for them.

use std::sync::LazyLock;

use ssm_settings::{TKE, variable_name};

use crate::stores::Properties;

/// What says where keys come from, with the variables that say it in the environment.
static CREDENTIALS: LazyLock<Vec<(&str, Vec<String>)>> = LazyLock::new(|| {
    let variables = |property: &str, names: &[&str]| {
        let variables = names.iter().map(|name| variable_name(property, name));
        variables.collect()
    };
    let properties = ssm_settings::CREDENTIALS.iter();
    properties
        .map(|(property, names)| (*property, variables(property, names)))
        .collect()
});
/// The property that has a web identity's token.
pub(super) const TOKEN: &str = "webIdentityToken";
/// The variable that has it.
pub(super) const TOKEN_VARIABLE: &str = "TENCENTCLOUD_SSM_WEB_IDENTITY_TOKEN";

/// Where settings are looked for.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The properties of a Component.
    Properties(&'a Properties),
    /// The environment.
    Variables(&'a [(String, String)]),
}

/// A setting that was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// The property or variable that has it.
    pub(super) name: &'static str,
    pub(super) value: &'a str,
}

impl<'a> Place<'a> {
    /// The setting `property`; empty counts as absent.
    pub(super) fn find(self, property: &'static str) -> Option<Found<'a>> {
        match self {
            Self::Properties(properties) => {
                let value = properties.get(property)?.trim();
                (!value.is_empty()).then_some(Found {
                    name: property,
                    value,
                })
            }
            Self::Variables(_) => {
                let known = CREDENTIALS.iter().find(|(known, _)| *known == property);
                let (_, names) = known?;
                names.iter().find_map(|name| self.variable(name))
            }
        }
    }

    /// The variable `name`, where this is the environment.
    pub(super) fn variable(self, name: &'static str) -> Option<Found<'a>> {
        let Self::Variables(variables) = self else {
            return None;
        };
        let found = variables.iter().find(|(known, _)| known == name);
        let value = found.map(|(_, value)| value.trim());
        let value = value.filter(|value| !value.is_empty())?;
        Some(Found { name, value })
    }

    pub(super) fn has(self, property: &'static str) -> bool {
        self.find(property).is_some()
    }
}

/// Whether the component reads credentials from the variable `name`.
pub(super) fn is_of_credentials(name: &str) -> bool {
    let mut names = CREDENTIALS.iter().flat_map(|(_, names)| names);
    TKE.contains(&name) || names.any(|known| known == name)
}

/// Whether the variable `name` says where a service is, and not who gives keys.
pub(super) fn is_endpoint(name: &str) -> bool {
    name.ends_with("_ENDPOINT")
}

//! `spin.toml`, as Spin reads it (<https://spinframework.dev/v3/manifest-reference>): what the
//! examples use of it, and nothing that Spin would not know.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    spin_manifest_version: u32,
    #[serde(rename = "application")]
    _application: Application,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(default, rename = "description")]
    _description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variable {
    #[serde(default)]
    required: bool,
    default: Option<String>,
    #[serde(default, rename = "secret")]
    _secret: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<Trigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trigger {
    route: String,
    component: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Component {
    pub(super) source: String,
    #[serde(default)]
    pub(super) allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) variables: BTreeMap<String, String>,
    dependencies_inherit_configuration: Option<bool>,
    #[serde(default)]
    pub(super) dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dependency {
    pub(super) path: String,
    inherit_configuration: Option<Inherit>,
}

/// What a dependency shares with its component. Spin 3 knows it for all dependencies of a component only,
/// and not by keys.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Inherit {
    All(bool),
    Some(Vec<String>),
}

impl Manifest {
    pub(super) fn read(path: &Path) -> Self {
        let manifest: Self = toml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(manifest.spin_manifest_version, 2);
        for (name, variable) in &manifest.variables {
            let both = variable.required && variable.default.is_some();
            let neither = !variable.required && variable.default.is_none();
            assert!(!both && !neither, "{name} is required or has a default");
        }
        manifest
    }

    /// The component that answers every path, with `given` variables put in.
    pub(super) fn component(mut self, given: &[(&str, &str)]) -> Component {
        let [trigger] = self.trigger.http.as_slice() else {
            panic!("one trigger");
        };
        assert_eq!(trigger.route, "/...");
        let mut component = self.component.remove(&trigger.component).unwrap();
        let value = |name: &str| {
            let variable = &self.variables[name];
            given
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
                .or_else(|| variable.default.clone())
                .unwrap_or_else(|| {
                    panic!("{name} is required");
                })
        };
        let templates = component.variables.values_mut();
        for template in templates.chain(&mut component.allowed_outbound_hosts) {
            *template = filled(template, value);
        }
        component
    }
}

/// `{{ name }}` becomes its value. Spin does this for these fields, and not for the environment.
fn filled(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap();
        text += &value(name.trim());
        text += rest;
    }
    text
}

impl Component {
    /// Says anew what dependencies inherit: for all of them, and in the line of each.
    pub(super) fn inherit(&mut self, all: Option<bool>, each: Option<&Inherit>) {
        self.dependencies_inherit_configuration = all;
        for dependency in self.dependencies.values_mut() {
            dependency.inherit_configuration = each.cloned();
        }
    }

    /// What `dependency` inherits.
    ///
    /// # Errors
    /// As Spin 4 when it loads a manifest that says so in two places, whatever it says.
    pub(super) fn inherits(&self, dependency: &Dependency) -> Result<Inherit, &'static str> {
        let all = self.dependencies_inherit_configuration;
        match (all, &dependency.inherit_configuration) {
            (Some(_), Some(_)) => Err("these are mutually exclusive"),
            (None, Some(own)) => Ok(own.clone()),
            (all, None) => Ok(Inherit::All(all.unwrap_or(false))),
        }
    }
}

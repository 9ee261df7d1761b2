//! One YAML document.

use std::time::Duration;

use serde_json::Value;

use super::{
    Component, Item, Place, SecretKeyRef,
    value::{Yaml, field, property, text, texts},
};
use crate::stores::StoreType;

/// What daprd uses where `initTimeout` is absent or cannot be read.
const DEFAULT_INIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Parses YAML 1.1 as Dapr's parser resolves it: `yes` is true, `0600` is octal. On failure says
/// what and in which line of `document`, from 1, and quotes nothing of it.
pub(super) fn parse(document: &str) -> Result<Yaml, (usize, String)> {
    let options = serde_saphyr::options! {
        strict_booleans: false,
        legacy_octal_numbers: true,
        with_snippet: false,
    };
    let parsed = serde_saphyr::from_str_with_options::<Value>(document, options);
    parsed.map(Yaml).map_err(|error| {
        let line = error
            .location()
            .and_then(|location| usize::try_from(location.line()).ok())
            .map_or(1, |line| line.max(1));
        (line, "it is not YAML that can be read".to_owned())
    })
}

/// The secret store that a document describes; `None` if it is another resource, which is no
/// mistake.
pub(super) fn component(yaml: &Yaml, place: &Place) -> Result<Option<Component>, String> {
    let root = &yaml.0;
    let is = |name, wanted| field(root, name).as_str() == Some(wanted);
    if !is("kind", "Component") || !is("apiVersion", "dapr.io/v1alpha1") {
        return Ok(None);
    }
    let (about, spec) = (field(root, "metadata"), field(root, "spec"));
    let name = text(about, "name")?.ok_or("metadata.name is missing")?;
    if !is_path_segment(&name) {
        return Err("metadata.name may not be . or .. nor hold / or %".to_owned());
    }
    let component_type = text(spec, "type")?.ok_or("spec.type is missing")?;
    if !StoreType::is_one_in_name(&component_type) {
        return Ok(None);
    }
    Ok(Some(Component {
        name,
        namespace: text(about, "namespace")?,
        store_type: component_type
            .parse()
            .map_err(|why| format!("spec.type: {why}"))?,
        version: text(spec, "version")?.unwrap_or_default(),
        ignore_errors: field(spec, "ignoreErrors").as_bool().unwrap_or(false),
        init_timeout: init_timeout(field(spec, "initTimeout")),
        metadata: items(field(spec, "metadata"))?,
        secret_store: text(field(root, "auth"), "secretStore")?,
        scopes: texts(root, "scopes")?,
        place: place.clone(),
    }))
}

/// Kubernetes' rule for a name that is part of a path.
fn is_path_segment(name: &str) -> bool {
    name != "." && name != ".." && !name.contains(['/', '%'])
}

fn items(list: &Value) -> Result<Vec<Item>, String> {
    let list = match list {
        Value::Null => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err("spec.metadata is not a list".to_owned()),
    };
    let numbered = list.iter().enumerate();
    let item = |(number, value)| {
        item(value).map_err(|why| format!("entry {} of spec.metadata: {why}", number + 1))
    };
    numbered.map(item).collect()
}

fn item(value: &Value) -> Result<Item, String> {
    let reference = field(value, "secretKeyRef");
    let secret_key_ref = match text(reference, "name")? {
        Some(name) => {
            let key = text(reference, "key")?.unwrap_or_else(|| name.clone());
            Some(SecretKeyRef { name, key })
        }
        None => None,
    };
    Ok(Item {
        name: text(value, "name")?.ok_or("it has no name")?,
        value: property(field(value, "value")),
        secret_key_ref,
        env_ref: text(value, "envRef")?,
    })
}

fn init_timeout(value: &Value) -> Duration {
    let text = value.as_str().unwrap_or_default();
    values::duration(text).unwrap_or(DEFAULT_INIT_TIMEOUT)
}

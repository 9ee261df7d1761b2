//! One YAML document that may be a Component.

use std::time::Duration;

use super::{
    component::{Component, Item, SecretKeyRef},
    misplaced,
    node::{Document, Mistake},
    place::Place,
    value::At,
};
use crate::stores::StoreType;

/// What daprd uses where `initTimeout` is absent or cannot be read.
const DEFAULT_INIT_TIMEOUT: Duration = Duration::from_secs(5);

/// What a document was read as.
pub(super) struct Read {
    /// The secret store that it describes; `None` if it is another resource, which is no mistake.
    pub(super) component: Result<Option<Component>, Mistake>,
    /// What is probably not meant as it is read.
    pub(super) warnings: Vec<Mistake>,
}

pub(super) fn read(document: &Document, place: &Place) -> Read {
    let root = At::root(&document.root);
    let mut warnings = Vec::new();
    let component = component(&root, place, &mut warnings);
    if !matches!(component, Ok(None)) {
        let twice = document.repeated.iter().map(|key| {
            let message = format!("{} is written twice: the last one counts", key.path);
            Mistake::new(key.line, message)
        });
        warnings.extend(twice);
        warnings.extend(document.further.map(|line| {
            let message = "a further document is not read: put --- alone on a line before it";
            Mistake::new(line, message)
        }));
    }
    Read {
        component,
        warnings,
    }
}

fn component(
    root: &At<'_>,
    place: &Place,
    warnings: &mut Vec<Mistake>,
) -> Result<Option<Component>, Mistake> {
    let root = root.clone().map()?;
    let is = |name, wanted| Ok(root.field(name).text()?.as_deref() == Some(wanted));
    if !is("kind", "Component")? || !is("apiVersion", "dapr.io/v1alpha1")? {
        return Ok(None);
    }
    let spec = root.field("spec");
    let component_type = spec.field("type");
    let type_name = component_type.text()?;
    if type_name
        .as_deref()
        .is_some_and(|name| !StoreType::is_one_in_name(name))
    {
        return Ok(None);
    }
    warnings.extend(misplaced::warnings(&root));
    let (about, spec) = (root.field("metadata").map()?, spec.map()?);
    let type_name = type_name.ok_or_else(|| component_type.mistake("it is missing"))?;
    let name = about.field("name");
    let name_text = name.text()?.ok_or_else(|| name.mistake("it is missing"))?;
    if !is_path_segment(&name_text) {
        return Err(name.mistake("it may not be . or .. nor hold / or %"));
    }
    Ok(Some(Component {
        name: name_text,
        namespace: about.field("namespace").text()?,
        store_type: type_name
            .parse()
            .map_err(|why| component_type.mistake(&format!("{why}")))?,
        version: spec.field("version").text()?.unwrap_or_default(),
        ignore_errors: spec.field("ignoreErrors").truth()?,
        init_timeout: init_timeout(&spec.field("initTimeout"))?,
        metadata: items(&spec.field("metadata"), warnings)?,
        secret_store: root.field("auth").map()?.field("secretStore").text()?,
        scopes: root.field("scopes").texts(At::text)?,
        place: place.clone(),
    }))
}

/// Kubernetes' rule for a name that is part of a path.
fn is_path_segment(name: &str) -> bool {
    name != "." && name != ".." && !name.contains(['/', '%'])
}

fn items(list: &At<'_>, warnings: &mut Vec<Mistake>) -> Result<Vec<Item>, Mistake> {
    let mut items: Vec<Item> = Vec::new();
    for at in list.list()? {
        let Some(item) = item(&at.clone().map()?)? else {
            warnings.push(at.mistake("it has no name, so it is ignored"));
            continue;
        };
        if items.iter().any(|known| known.name == item.name) {
            let message = format!(
                "the property {} is given twice: the last one counts",
                item.name
            );
            warnings.push(at.mistake(&message));
        }
        items.push(item);
    }
    Ok(items)
}

fn item(item: &At<'_>) -> Result<Option<Item>, Mistake> {
    let reference = item.field("secretKeyRef").map()?;
    let key = reference.field("key").text()?;
    let secret_key_ref = reference.field("name").text()?.map(|name| SecretKeyRef {
        key: key.unwrap_or_else(|| name.clone()),
        name,
    });
    let env_ref = item.field("envRef").text()?;
    let name = item.field("name").text()?;
    Ok(name.map(|name| Item {
        name,
        value: item.field("value").property(),
        secret_key_ref,
        env_ref,
    }))
}

fn init_timeout(at: &At<'_>) -> Result<Duration, Mistake> {
    let text = at.text()?.unwrap_or_default();
    Ok(values::duration(&text).unwrap_or(DEFAULT_INIT_TIMEOUT))
}

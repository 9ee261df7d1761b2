//! How the items of a Component become its properties.

use std::{collections::BTreeMap, env};

use uuid::Uuid;

use super::component::{Component, Item, SecretKeyRef};
use crate::{
    contract::{Metadata, Secret},
    memory::REFRESH_CACHE,
    stores::{Properties, Store, environment},
};

/// Who asks: what templates in values stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `{appID}`.
    pub app_id: String,
    /// The first part of `{namespace}`, which stands for `NAMESPACE.APPID` as in Dapr.
    pub namespace: String,
    /// `{podName}`, where there is one.
    pub pod_name: Option<String>,
}

/// The properties of `component`, and a line for every reference that gave nothing: such an item
/// is left out, or keeps the value that stands beside it, as in Dapr. `secrets` is the store that `auth.secretStore` names.
///
/// # Errors
/// If a value asks for the name of a pod and there is none.
pub async fn resolve(
    component: &Component,
    secrets: Option<&dyn Store>,
    identity: &Identity,
) -> Result<(Properties, Vec<String>), String> {
    let mut pairs = Vec::new();
    let mut warnings = Vec::new();
    let mut secrets = Secrets {
        store: secrets,
        namespace: component.namespace.as_deref().unwrap_or_default(),
        read: BTreeMap::new(),
    };
    for item in &component.metadata {
        let Resolved { value, nothing } = resolved(item, &mut secrets, identity).await?;
        pairs.extend(value.map(|value| (item.name.clone(), value)));
        warnings.extend(
            nothing.map(|why| format!("{}: the reference gives nothing: {why}", item.name)),
        );
    }
    Ok((Properties::new(pairs), warnings))
}

/// What came of an item.
struct Resolved {
    value: Option<String>,
    /// Why its reference gave nothing; then its literal value counts, if there is one.
    nothing: Option<String>,
}

impl Resolved {
    fn by_reference(read: Result<String, String>, literal: Option<String>) -> Self {
        match read {
            Ok(value) => Self {
                value: Some(value),
                nothing: None,
            },
            Err(why) => Self {
                value: literal,
                nothing: Some(why),
            },
        }
    }
}

async fn resolved(
    item: &Item,
    secrets: &mut Secrets<'_>,
    identity: &Identity,
) -> Result<Resolved, String> {
    let literal = match &item.value {
        Some(value) => Some(fill(value, identity).map_err(|why| format!("{}: {why}", item.name))?),
        None => None,
    };
    // As in Dapr, the environment counts before a reference, and only where there is no value.
    if let (None, Some(variable)) = (&literal, &item.env_ref) {
        return Ok(Resolved::by_reference(self::variable(variable), None));
    }
    Ok(match &item.secret_key_ref {
        Some(reference) => Resolved::by_reference(secrets.value(reference).await, literal),
        None => Resolved {
            value: literal,
            nothing: None,
        },
    })
}

/// What a Component takes from another store: every secret is read once, as by daprd.
struct Secrets<'a> {
    store: Option<&'a dyn Store>,
    namespace: &'a str,
    read: BTreeMap<String, Result<Secret, String>>,
}

impl Secrets<'_> {
    async fn value(&mut self, reference: &SecretKeyRef) -> Result<String, String> {
        let SecretKeyRef { name, key } = reference;
        let read = match self.read.remove(name) {
            Some(read) => read,
            None => self.read(name).await,
        };
        let secret = self
            .read
            .entry(name.clone())
            .or_insert(read)
            .as_ref()
            .map_err(String::clone)?;
        secret
            .value(key)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| format!("secret {name} has no value under the key {key}"))
    }

    async fn read(&self, name: &str) -> Result<Secret, String> {
        let store = self
            .store
            .ok_or("its secretKeyRef needs auth.secretStore")?;
        let metadata: Metadata = vec![
            ("namespace".to_owned(), self.namespace.to_owned()),
            // Whoever loads again means what is there now.
            (REFRESH_CACHE.to_owned(), "true".to_owned()),
        ];
        store
            .get(name, &metadata)
            .await
            .map_err(|why| format!("secret {name}: {}", why.describe()))
    }
}

/// What Dapr lets a Component read of the environment.
fn variable(variable: &str) -> Result<String, String> {
    let upper = variable.to_ascii_uppercase();
    let listed = |keys: String| keys.split(' ').any(|key| key.eq_ignore_ascii_case(&upper));
    let allowed = env::var("DAPR_ENV_KEYS").map_or(true, listed);
    if environment::is_hidden(&upper) || upper.contains(' ') || !allowed {
        return Err(format!("envRef {variable} is not allowed"));
    }
    environment::set(variable)
        .ok_or_else(|| format!("the environment variable {variable} is not set"))
}

/// Dapr's templates. Only values that stand in the file have any: a secret is never rewritten.
fn fill(value: &str, identity: &Identity) -> Result<String, String> {
    let Identity {
        app_id,
        namespace,
        pod_name,
    } = identity;
    let mut filled = value.to_owned();
    while filled.contains("{uuid}") {
        filled = filled.replacen("{uuid}", &Uuid::new_v4().to_string(), 1);
    }
    if filled.contains("{podName}") {
        let pod = pod_name
            .as_deref()
            .ok_or("{podName} is not known: set POD_NAME")?;
        filled = filled.replace("{podName}", pod);
    }
    Ok(filled
        .replace("{namespace}", &format!("{namespace}.{app_id}"))
        .replace("{appID}", app_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            app_id: "shop".to_owned(),
            namespace: "prod".to_owned(),
            pod_name: None,
        }
    }

    #[test]
    fn templates_are_daprs() {
        let filled = fill("{appID}/{namespace}/{other}", &identity()).unwrap();
        assert_eq!(filled, "shop/prod.shop/{other}");
        let uuids = fill("{uuid} {uuid}", &identity()).unwrap();
        let (first, second) = uuids.split_once(' ').unwrap();
        assert!(first.len() == 36 && first != second);
        assert!(fill("{podName}", &identity()).is_err());
    }

    #[test]
    fn the_environment_is_open_where_dapr_opens_it() {
        assert!(variable("PATH").is_ok());
        for refused in [
            "",
            "APP_API_TOKEN",
            "dapr_x",
            "a b",
            "no=name",
            "SURELY_NOT_SET_7",
        ] {
            assert!(variable(refused).is_err(), "{refused}");
        }
    }
}

//! `secretstores.local.file`: a JSON file, as it was when the store was started.

use std::{collections::BTreeMap, path::Path};

use async_trait::async_trait;
use serde_json::Value;
use tokio::task;
use zeroize::Zeroizing;

use super::{
    built_in::{error, secret},
    properties::Properties,
    store::Store,
};
use crate::{
    contract::{CallError, Kind, Metadata, Secret, Secrets},
    files,
};

/// Dapr's store of this type
/// (<https://docs.dapr.io/reference/components-reference/supported-secret-stores/file-secret-store/>).
pub struct LocalFile {
    secrets: BTreeMap<String, BTreeMap<String, Zeroizing<String>>>,
    multi_valued: bool,
}

impl LocalFile {
    /// Reads the file that the property `secretsFile` names. `nestedSeparator` (`:`) joins the
    /// names of nested fields; with `multiValued` every field at the top is one secret whose
    /// entries are what is nested in it. Blocks, also for as long as somebody writes to the file.
    ///
    /// # Errors
    /// `invalid-config` if there is no such property, no such file, or no JSON object in it.
    pub fn new(properties: &Properties) -> Result<Self, CallError> {
        let wrong = |message| error(Kind::InvalidConfig, message);
        let file = Self::file(properties)
            .ok_or_else(|| wrong("secretsFile is missing: name a JSON file in it".to_owned()))?;
        let text = files::read(Path::new(file))
            .and_then(|bytes| files::text(&bytes))
            .map_err(|why| wrong(format!("secretsFile {file} cannot be read: {why}")))?;
        let root: Value = serde_json::from_str(&text).map_err(|why| {
            wrong(format!(
                "secretsFile {file} is not JSON: see its line {}",
                why.line()
            ))
        })?;
        let Value::Object(fields) = root else {
            return Err(wrong(format!(
                "secretsFile {file} does not hold a JSON object"
            )));
        };
        let separator = properties.get("nestedSeparator").unwrap_or(":");
        let multi_valued = properties.is_true("multiValued");
        let mut secrets = BTreeMap::new();
        for (name, value) in fields {
            let mut flat = BTreeMap::new();
            flatten(&mut flat, name.clone(), value, separator);
            if multi_valued {
                let inside = format!("{name}{separator}");
                let strip = |(key, value): (String, _)| {
                    (key.strip_prefix(&inside).unwrap_or(&key).to_owned(), value)
                };
                secrets.insert(name, flat.into_iter().map(strip).collect());
            } else {
                let alone = |(key, value): (String, _)| (key.clone(), [(key, value)].into());
                secrets.extend(flat.into_iter().map(alone));
            }
        }
        Ok(Self {
            secrets,
            multi_valued,
        })
    }

    /// As [`Self::new`], off the threads on which calls run.
    ///
    /// # Errors
    /// As there.
    pub async fn open(properties: &Properties) -> Result<Self, CallError> {
        let properties = properties.clone();
        let opening = task::spawn_blocking(move || Self::new(&properties));
        // It fails only where the runtime ends.
        opening.await.unwrap_or(Err(CallError::Lost))
    }

    /// The file that it reads.
    pub(super) fn file(properties: &Properties) -> Option<&str> {
        properties.get("secretsFile")
    }

    fn secret(name: &str, data: &BTreeMap<String, Zeroizing<String>>) -> Secret {
        let pairs = data
            .iter()
            .map(|(key, value)| (key.clone(), value.to_string()));
        secret(name, pairs)
    }
}

fn flatten(
    into: &mut BTreeMap<String, Zeroizing<String>>,
    name: String,
    value: Value,
    separator: &str,
) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                flatten(into, format!("{name}{separator}{field}"), value, separator);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.into_iter().enumerate() {
                flatten(into, format!("{name}{separator}{index}"), value, separator);
            }
        }
        Value::String(text) => {
            into.insert(name, text.into());
        }
        other => {
            into.insert(name, other.to_string().into());
        }
    }
}

#[async_trait]
impl Store for LocalFile {
    async fn features(&self) -> Result<Vec<String>, CallError> {
        let several = self
            .multi_valued
            .then(|| "MULTIPLE_KEY_VALUES_PER_SECRET".to_owned());
        Ok(several.into_iter().collect())
    }

    async fn get(&self, name: &str, _metadata: &Metadata) -> Result<Secret, CallError> {
        let found = self.secrets.get(name).map(|data| Self::secret(name, data));
        found.ok_or_else(|| error(Kind::NotFound, format!("secret {name} not found")))
    }

    async fn bulk_get(&self, _metadata: &Metadata) -> Result<Secrets, CallError> {
        let secrets = self.secrets.iter();
        let secrets = secrets.map(|(name, data)| Self::secret(name, data));
        Ok(Secrets::new(secrets.collect()))
    }

    async fn ping(&self) -> Result<(), CallError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn store(json: &str, more: &[(&str, &str)]) -> Result<LocalFile, CallError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(json.as_bytes()).unwrap();
        let path = file.path().to_str().unwrap();
        let pairs = [("secretsFile", path)]
            .into_iter()
            .chain(more.iter().copied());
        let owned = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        LocalFile::new(&Properties::new(owned))
    }

    const JSON: &str = r#"{"plain": "p", "db": {"user": "u", "ports": [1, 2]}}"#;

    #[tokio::test]
    async fn nested_fields_are_secrets_of_their_own() {
        let store = store(JSON, &[("nestedSeparator", ".")]).unwrap();
        let names: Vec<String> = store
            .bulk_get(&vec![])
            .await
            .unwrap()
            .iter()
            .map(|it| it.name.clone())
            .collect();
        assert_eq!(names, ["db.ports.0", "db.ports.1", "db.user", "plain"]);
        let secret = store.get("db.ports.1", &vec![]).await.unwrap();
        assert_eq!(secret.value("db.ports.1"), Some("2"));
        let missing = store.get("db", &vec![]).await.unwrap_err();
        assert_eq!(missing.to_string(), "not-found: secret db not found");
    }

    #[tokio::test]
    async fn with_several_values_a_secret_has_its_nested_entries() {
        let store = store(JSON, &[("multiValued", "true")]).unwrap();
        let secret = store.get("db", &vec![]).await.unwrap();
        assert_eq!(secret.value("ports:0"), Some("1"));
        assert_eq!(secret.value("user"), Some("u"));
        assert_eq!(
            store.get("plain", &vec![]).await.unwrap().value("plain"),
            Some("p")
        );
        assert_eq!(
            store.features().await.unwrap(),
            ["MULTIPLE_KEY_VALUES_PER_SECRET"]
        );
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_and_not_quoted() {
        let refused = |json| store(json, &[]).err().unwrap().to_string();
        assert!(refused(r#"{"a": hunter2}"#).contains("line 1"));
        assert!(!refused(r#"{"a": hunter2}"#).contains("hunter2"));
        assert!(refused("[]").contains("JSON object"));
        assert!(LocalFile::new(&Properties::default()).is_err());
    }
}

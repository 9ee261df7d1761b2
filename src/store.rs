//! The secret store: Dapr's operations on top of the SSM client.

use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};

use ssm::{Client, Error, OnError, SecretName, SecretValue, Selection, Transport, VersionId};

use crate::{
    entries::{Shape, entries},
    settings::Settings,
};

/// The feature, in Dapr's notation, of a store whose secrets may have several entries.
const MULTIPLE_KEY_VALUES: &str = "MULTIPLE_KEY_VALUES_PER_SECRET";

/// A configured store.
pub struct Store<T> {
    client: Client<T>,
    version: Option<VersionId>,
    prefix: String,
    shape: Shape,
    on_error: OnError,
}

/// One secret as Dapr sees it. It has no `Debug`: `data` holds the value.
pub struct Secret {
    /// The name to ask for it by, without the configured prefix.
    pub name: String,
    /// What the app gets: entries, sorted by key.
    pub data: Vec<(String, String)>,
    /// The version that was read.
    pub version_id: String,
    /// SSM's `RequestId` of the read.
    pub request_id: String,
}

impl<T: Transport> Store<T> {
    /// A store that has read nothing yet.
    pub fn new(settings: Settings, transport: T) -> Self {
        Self {
            client: Client::new(settings.client, transport),
            version: settings.version,
            prefix: settings.prefix,
            shape: settings.shape,
            on_error: settings.on_error,
        }
    }

    /// What the store can do beyond the ordinary, in Dapr's notation.
    pub fn features(&self) -> Vec<String> {
        if self.shape.multiple {
            vec![MULTIPLE_KEY_VALUES.to_owned()]
        } else {
            Vec::new()
        }
    }

    /// Reads the secret `name`; the metadata `version_id` names a version.
    ///
    /// # Errors
    /// `InvalidRequest` for a malformed name or version; else as [`Client::get`].
    pub async fn get(&self, name: &str, metadata: &[(String, String)]) -> Result<Secret, Error> {
        let full_name = self.full_name(name)?;
        let version = self.version(metadata)?;
        let secret = self.client.get(&full_name, version.as_ref()).await?;
        Ok(self.present(secret))
    }

    /// Reads the secrets in the metadata `names`, or else all of them.
    ///
    /// # Errors
    /// `InvalidRequest` for a malformed name or version; else as [`Client::bulk_get`].
    pub async fn bulk_get(&self, metadata: &[(String, String)]) -> Result<Vec<Secret>, Error> {
        let version = self.version(metadata)?;
        let selection = match request_value(metadata, "names")? {
            Some(names) => Selection::Named(self.full_names(names)?),
            None => Selection::Prefix(self.prefix.clone()),
        };
        let secrets = self
            .client
            .bulk_get(&selection, version.as_ref(), self.on_error)
            .await?;
        Ok(secrets
            .into_iter()
            // A secret named like the prefix alone has no name left to ask for it by.
            .filter(|secret| secret.name.len() > self.prefix.len())
            .map(|secret| self.present(secret))
            .collect())
    }

    /// Asks whether SSM answers signed requests.
    ///
    /// # Errors
    /// As [`Client::ping`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.client.ping().await
    }

    fn version(&self, metadata: &[(String, String)]) -> Result<Option<VersionId>, Error> {
        match request_value(metadata, "versionid")? {
            Some(id) => VersionId::parse(id).map(Some),
            None => Ok(self.version.clone()),
        }
    }

    /// The name in SSM of the secret that apps call `name`.
    fn full_name(&self, name: &str) -> Result<SecretName, Error> {
        if name.is_empty() {
            return SecretName::parse(name);
        }
        SecretName::parse(&format!("{}{name}", self.prefix))
    }

    fn full_names(&self, names: &str) -> Result<Vec<SecretName>, Error> {
        let names: Vec<SecretName> = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| self.full_name(name))
            .collect::<Result<_, _>>()?;
        if names.is_empty() {
            return Err(Error::invalid_request(
                "names has no name in it: list names separated by commas, or leave it out to read \
                 all",
            ));
        }
        Ok(names)
    }

    /// A secret of SSM's as Dapr sees it.
    fn present(&self, secret: SecretValue) -> Secret {
        let name = secret.name[self.prefix.len()..].to_owned();
        Secret {
            version_id: secret.version_id.clone(),
            request_id: secret.request_id.clone(),
            data: entries(&name, secret, self.shape),
            name,
        }
    }
}

/// The value of a request's metadata, an empty one counting as not given.
///
/// Dapr's documentation says `version_id`, its Go component reads `VersionID`: letters alone
/// count, in any case. Metadata of other names is ignored; daprd itself adds `namespace`.
fn request_value<'a>(
    metadata: &'a [(String, String)],
    wanted: &str,
) -> Result<Option<&'a str>, Error> {
    let mut found = None;
    for (name, value) in metadata {
        let letters = name.chars().filter(|c| *c != '_');
        let same = letters.map(|c| c.to_ascii_lowercase()).eq(wanted.chars());
        if value.is_empty() || !same {
            continue;
        }
        if found.is_some_and(|found| found != value) {
            return Err(Error::invalid_request(format!(
                "the metadata names two different values for {name}: give one"
            )));
        }
        found = Some(value.as_str());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn every_spelling_of_the_version_in_use_is_read() {
        for name in ["version_id", "VersionID", "versionId", "VERSION_ID"] {
            let metadata = metadata(&[("namespace", "default"), (name, "v1")]);
            assert_eq!(request_value(&metadata, "versionid"), Ok(Some("v1")));
        }
    }

    #[test]
    fn an_empty_or_unknown_value_counts_as_not_given() {
        let metadata = metadata(&[("version_id", ""), ("version", "v1"), ("id", "v2")]);
        assert_eq!(request_value(&metadata, "versionid"), Ok(None));
    }

    #[test]
    fn two_different_versions_are_refused_and_two_equal_ones_are_not() {
        let two = metadata(&[("version_id", "v1"), ("VersionID", "v2")]);
        let error = request_value(&two, "versionid").unwrap_err();
        assert_eq!(error.kind, ssm::ErrorKind::InvalidRequest);
        let same = metadata(&[("version_id", "v1"), ("VersionID", "v1")]);
        assert_eq!(request_value(&same, "versionid"), Ok(Some("v1")));
    }
}

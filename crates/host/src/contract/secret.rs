//! One secret as a store gives it, kept out of `Debug`.

use std::fmt;

use zeroize::Zeroizing;

use super::bindings::exports::dapr::secretstores::store as wit;

/// One secret as it was read. Values are wiped when dropped and left out of `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The name by which it can be asked for again.
    pub name: String,
    /// What the application receives: key and value.
    pub data: Vec<(String, Zeroizing<String>)>,
    /// The version that was read, in the backend's own notation.
    pub version_id: String,
    /// The backend's id of the request that read it.
    pub request_id: String,
}

impl Secret {
    /// One for tests, with a single value.
    #[cfg(test)]
    pub(crate) fn of(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            data: vec![(name.to_owned(), value.to_owned().into())],
            version_id: String::new(),
            request_id: String::new(),
        }
    }

    /// Its keys and values.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.data.iter();
        entries.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of the entry `key`.
    pub fn value(&self, key: &str) -> Option<&str> {
        let mut entries = self.data.iter();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.data.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("keys", &keys)
            .field("version_id", &self.version_id)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl From<wit::Secret> for Secret {
    fn from(secret: wit::Secret) -> Self {
        let wiped = |(key, value)| (key, Zeroizing::new(value));
        Self {
            name: secret.name,
            data: secret.data.into_iter().map(wiped).collect(),
            version_id: secret.version_id,
            request_id: secret.request_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_keys_and_no_values() {
        let secret = Secret {
            name: "db".into(),
            data: vec![("db".into(), Zeroizing::new("hunter2".into()))],
            version_id: "v1".into(),
            request_id: "r".into(),
        };
        let text = format!("{secret:?}");
        assert!(text.contains("\"db\"") && text.contains("v1"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(secret.value("db"), Some("hunter2"));
        assert_eq!(secret.value("other"), None);
    }
}

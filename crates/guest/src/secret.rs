//! One secret as a store gives it, kept out of `Debug`.

use std::fmt;

use crate::bindings::dapr::secretstores::store;

/// One secret as it was read. Its `Debug` shows names and no values.
#[derive(Clone)]
pub struct Secret {
    /// The name by which it can be asked for again.
    pub name: String,
    /// What the application receives: key and value.
    pub data: Vec<(String, String)>,
    /// The version that was read, in the backend's own notation.
    pub version_id: String,
    /// The backend's id of the request that read it.
    pub request_id: String,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.data.iter().map(|(key, _)| key.as_str()).collect();
        f.debug_struct("Secret")
            .field("name", &self.name)
            .field("keys", &keys)
            .field("version_id", &self.version_id)
            .finish_non_exhaustive()
    }
}

impl From<store::Secret> for Secret {
    fn from(secret: store::Secret) -> Self {
        Self {
            name: secret.name,
            data: secret.data,
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
            name: "db".to_owned(),
            data: vec![("user".to_owned(), "hunter2".to_owned())],
            version_id: "v1".to_owned(),
            request_id: "r".to_owned(),
        };
        let text = format!("{secret:?}");
        assert!(text.contains("db") && text.contains("user"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

//! Secret stores by one trait, be they components or built in.

mod local_env;
mod local_file;
mod pool;

use async_trait::async_trait;
use zeroize::Zeroize;

pub use local_env::LocalEnv;
pub use local_file::LocalFile;
pub use pool::{Pool, PoolOptions};

use crate::types::{CallError, ErrorKind, Metadata, Secret, StoreError};

/// A configured secret store that takes any number of calls at once.
#[async_trait]
pub trait Store: Send + Sync {
    /// Its optional abilities, in Dapr's notation.
    async fn features(&self) -> Result<Vec<String>, CallError>;
    /// Reads one secret.
    async fn get(&self, name: &str, metadata: &Metadata) -> Result<Secret, CallError>;
    /// Reads many secrets, sorted by name.
    async fn bulk_get(&self, metadata: &Metadata) -> Result<Vec<Secret>, CallError>;
    /// Asks whether its backend answers.
    async fn ping(&self) -> Result<(), CallError>;
}

/// The properties of one Component, references resolved. They are wiped when dropped and have no
/// `Debug`: some are keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties(Metadata);

impl Properties {
    /// Of two properties of one name the later counts, as in Dapr.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut properties = Self::default();
        for (name, value) in pairs {
            match properties.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => {
                    old.zeroize();
                    *old = value;
                }
                None => properties.0.push((name, value)),
            }
        }
        properties.0.sort();
        properties
    }

    /// All of them, sorted by name.
    pub fn pairs(&self) -> &Metadata {
        &self.0
    }

    /// The value of `name`, which matches in any case; empty counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.0.iter();
        let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Whether `name` is set to what Dapr takes for true; anything else is false.
    fn is_true(&self, name: &str) -> bool {
        let text = self.get(name).unwrap_or_default().trim();
        ["y", "yes", "true", "t", "on", "1"]
            .iter()
            .any(|yes| text.eq_ignore_ascii_case(yes))
    }
}

impl Drop for Properties {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

/// An error of a store that is built in.
fn error(kind: ErrorKind, message: String) -> CallError {
    CallError::Store(StoreError {
        kind,
        message,
        code: None,
        request_id: None,
        retryable: false,
    })
}

/// A secret of a store that is built in.
fn secret(name: &str, data: impl IntoIterator<Item = (String, String)>) -> Secret {
    let wiped = |(key, value): (String, String)| (key, value.into());
    Secret {
        name: name.to_owned(),
        data: data.into_iter().map(wiped).collect(),
        version_id: String::new(),
        request_id: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_of_two_properties_counts_and_names_match_in_any_case() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let properties = Properties::new([
            pair("b", "1"),
            pair("a", "x"),
            pair("b", "Yes"),
            pair("c", ""),
        ]);
        assert_eq!(
            properties.pairs(),
            &[pair("a", "x"), pair("b", "Yes"), pair("c", "")]
        );
        assert_eq!(
            (properties.get("B"), properties.get("c")),
            (Some("Yes"), None)
        );
        assert!(properties.is_true("b") && !properties.is_true("a"));
    }
}

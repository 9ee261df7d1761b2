//! The name of a kind of secret store.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// What all types of secret stores begin with.
const CATEGORY: &str = "secretstores.";

/// The type of a secret store, such as `secretstores.local.env`: Dapr's `spec.type`, in lower case
/// because Dapr matches it in any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreType(String);

/// Text that is not the type of a secret store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is not the type of a secret store: say secretstores.NAME")]
pub struct InvalidStoreType;

impl StoreType {
    /// Whether a Component of the type `text` means to be a secret store, rightly written or not.
    pub fn is_one_in_name(text: &str) -> bool {
        let category = text.get(..CATEGORY.len());
        category.is_some_and(|category| category.eq_ignore_ascii_case(CATEGORY))
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows `secretstores.`.
    pub fn name(&self) -> &str {
        self.0.strip_prefix(CATEGORY).unwrap_or(&self.0)
    }
}

impl FromStr for StoreType {
    type Err = InvalidStoreType;

    fn from_str(text: &str) -> Result<Self, InvalidStoreType> {
        let lower = text.to_ascii_lowercase();
        // It becomes a file's name where it is offered on a socket.
        let good = lower
            .strip_prefix(CATEGORY)
            .is_some_and(|name| !name.is_empty() && !name.contains(['/', '\0']));
        good.then_some(Self(lower)).ok_or(InvalidStoreType)
    }
}

impl fmt::Display for StoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_one_in_any_case() {
        let parsed: StoreType = "SecretStores.Local.Env".parse().unwrap();
        assert_eq!(parsed.as_str(), "secretstores.local.env");
        assert_eq!(parsed.name(), "local.env");
        for wrong in [
            "",
            "secretstores.",
            "state.redis",
            "secretstores.a/b",
            "local.env",
        ] {
            assert_eq!(wrong.parse::<StoreType>(), Err(InvalidStoreType), "{wrong}");
        }
    }
}

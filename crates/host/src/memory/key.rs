//! What is asked of a store, so that equal reads are known as such.

use crate::contract::Metadata;

/// Request metadata of the host: asks the store whatever is remembered.
pub(crate) const REFRESH_CACHE: &str = "refresh_cache";

/// One read: its secret, or all of them, and the request metadata that the store sees.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// `None` for a bulk read.
    pub(super) name: Option<String>,
    /// Sorted.
    pub(super) metadata: Metadata,
}

impl Key {
    /// The read of the current version of `name`.
    pub(super) fn current(name: &str) -> Self {
        Self {
            name: Some(name.to_owned()),
            metadata: Metadata::new(),
        }
    }

    /// Whether it is the bulk read of current versions.
    pub(super) fn is_all_current(&self) -> bool {
        self.name.is_none() && self.metadata.is_empty()
    }

    /// What it takes in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let pairs = self.metadata.iter();
        let metadata: usize = pairs.map(|(name, value)| name.len() + value.len()).sum();
        self.name.as_ref().map_or(0, String::len) + metadata
    }
}

/// A read as a caller asks for it.
pub(super) struct Asked {
    pub(super) key: Key,
    /// Whether what is remembered does not count.
    pub(super) refresh: bool,
}

impl Asked {
    /// Takes what is the host's out of `metadata`.
    pub(super) fn new(name: Option<&str>, metadata: &Metadata) -> Self {
        let is_ours = |pair: &(String, String)| pair.0.eq_ignore_ascii_case(REFRESH_CACHE);
        let (ours, theirs): (Metadata, Metadata) = metadata.iter().cloned().partition(is_ours);
        let mut key = Key {
            name: name.map(str::to_owned),
            metadata: theirs,
        };
        key.metadata.sort();
        Self {
            key,
            refresh: ours.iter().any(|(_, value)| values::is_truthy(value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Asked::new(Some("db"), &owned.collect())
    }

    #[test]
    fn reads_are_equal_in_any_order_of_their_metadata() {
        let one = asked(&[("version_id", "1"), ("namespace", "n")]);
        let other = asked(&[("namespace", "n"), ("version_id", "1")]);
        assert!(one.key == other.key && !one.refresh);
        assert!(one.key != asked(&[("version_id", "1")]).key);
        assert!(Key::current("db") == asked(&[]).key);
        assert!(Asked::new(None, &Metadata::new()).key.is_all_current());
    }

    #[test]
    fn a_wish_for_the_store_itself_is_read_as_dapr_reads_booleans_and_no_part_of_the_read() {
        for (name, value, refresh) in [
            ("refresh_cache", "true", true),
            ("Refresh_Cache", "YES", true),
            ("refresh_cache", "false", false),
            ("refresh_cache", "", false),
        ] {
            let asked = asked(&[(name, value)]);
            assert!(asked.key == Key::current("db"));
            assert_eq!(asked.refresh, refresh, "{value}");
        }
    }
}

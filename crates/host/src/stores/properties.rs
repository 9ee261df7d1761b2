//! The properties of one Component.

use zeroize::Zeroize;

use crate::contract::Metadata;

/// The properties of one Component, references resolved. They are wiped when dropped and have no
/// `Debug`: some are keys.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Properties {
    pairs: Metadata,
    of_a_peer: bool,
}

impl Properties {
    /// Of two properties of one name the later counts, as in Dapr.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut properties = Self::default();
        for (name, value) in pairs {
            match properties
                .pairs
                .iter_mut()
                .find(|(known, _)| *known == name)
            {
                Some((_, old)) => {
                    old.zeroize();
                    *old = value;
                }
                None => properties.pairs.push((name, value)),
            }
        }
        properties.pairs.sort();
        properties
    }

    /// Marks them as what somebody sent who may connect, and not what the operator of this host wrote:
    /// they get nothing of the host's for themselves.
    #[must_use]
    pub fn of_a_peer(mut self) -> Self {
        self.of_a_peer = true;
        self
    }

    /// Whether somebody sent them.
    pub fn are_of_a_peer(&self) -> bool {
        self.of_a_peer
    }

    /// All of them, sorted by name.
    pub fn pairs(&self) -> &Metadata {
        &self.pairs
    }

    /// The value of `name`, which matches in any case; empty counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All but those of `names`, which match in any case.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let is_left = |pair: &&(String, String)| {
            let mut names = names.iter();
            !names.any(|name| pair.0.eq_ignore_ascii_case(name))
        };
        Self {
            pairs: self.pairs.iter().filter(is_left).cloned().collect(),
            of_a_peer: self.of_a_peer,
        }
    }

    /// Adds one that is not there yet.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// These, and one that is not there yet.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.add(name, value);
        self.pairs.sort();
        self
    }

    /// Whether `name` is set to what Dapr takes for true; anything else is false.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(values::is_truthy)
    }
}

impl Drop for Properties {
    fn drop(&mut self) {
        self.pairs.iter_mut().for_each(|(_, value)| value.zeroize());
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

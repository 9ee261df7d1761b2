//! What is remembered of secrets.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::cell::RefCell;

use crate::names::VersionId;

/// Of how many secrets something is remembered: a region holds at most 1000.
const REMEMBERED: usize = 1_024;

/// Of each secret that was seen to have no `SSM_Current` the version last seen to be the newest, and of
/// SSH key pairs that they are. What has been there longest is forgotten first. Never a value.
pub(crate) struct Remembered {
    /// `None` is an SSH key pair.
    of: RefCell<Vec<(String, Option<VersionId>)>>,
}

impl Remembered {
    pub(crate) fn new() -> Self {
        Self {
            of: RefCell::new(Vec::new()),
        }
    }

    /// The newest version of the secret `name`.
    pub(crate) fn newest(&self, name: &str) -> Option<VersionId> {
        self.get(name)?
    }

    /// Whether the secret `name` is known to be an SSH key pair.
    pub(crate) fn is_ssh_key(&self, name: &str) -> bool {
        matches!(self.get(name), Some(None))
    }

    /// Remembers the newest version of a secret, or that it is an SSH key pair.
    pub(crate) fn insert(&self, name: &str, newest: Option<VersionId>) {
        let mut of = self.of.borrow_mut();
        if let Some((_, known)) = of.iter_mut().find(|(known, _)| known == name) {
            *known = newest;
            return;
        }
        if of.len() == REMEMBERED {
            of.remove(0);
        }
        of.push((name.to_owned(), newest));
    }

    pub(crate) fn forget(&self, name: &str) {
        let mut of = self.of.borrow_mut();
        if let Some(place) = of.iter().position(|(known, _)| known == name) {
            of.remove(place);
        }
    }

    fn get(&self, name: &str) -> Option<Option<VersionId>> {
        let of = self.of.borrow();
        let (_, known) = of.iter().find(|(known, _)| known == name)?;
        Some(known.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_and_the_last_word_counts() {
        let memory = Remembered::new();
        let version = |id| VersionId::parse(id).ok();
        for number in 0..=REMEMBERED {
            memory.insert(&number.to_string(), version("v1"));
            memory.insert(&number.to_string(), version("v2"));
        }
        assert_eq!(memory.of.borrow().len(), REMEMBERED);
        assert_eq!(memory.newest("0"), None);
        assert_eq!(memory.newest("1"), version("v2"));
        assert!(!memory.is_ssh_key("1") && !memory.is_ssh_key("0"));
        memory.insert("1", None);
        assert_eq!(memory.newest("1"), None);
        assert!(memory.is_ssh_key("1"));
        memory.forget("1");
        assert!(!memory.is_ssh_key("1"));
        assert_eq!(memory.of.borrow().len(), REMEMBERED - 1);
    }
}

//! What is remembered of secrets without `SSM_Current`: which version was the newest.

use alloc::{borrow::ToOwned, collections::VecDeque, string::String};
use core::cell::RefCell;

use crate::names::VersionId;

/// Of how many secrets it is remembered: a region holds at most 1000.
const REMEMBERED: usize = 1_024;

/// The version last seen to be the newest of each secret that was seen to have no `SSM_Current`. The
/// oldest is forgotten first. Never a value.
pub(crate) struct NewestVersions {
    of: RefCell<VecDeque<(String, VersionId)>>,
}

impl NewestVersions {
    pub(crate) fn new() -> Self {
        Self {
            of: RefCell::new(VecDeque::new()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<VersionId> {
        let of = self.of.borrow();
        let mut known = of.iter();
        let (_, newest) = known.find(|(known, _)| known == name)?;
        Some(newest.clone())
    }

    /// Remembers `newest`, unless it has no form of SSM's.
    pub(crate) fn insert(&self, name: &str, newest: &str) {
        let Ok(newest) = VersionId::parse(newest) else {
            return;
        };
        let mut of = self.of.borrow_mut();
        if let Some((_, known)) = of.iter_mut().find(|(known, _)| known == name) {
            *known = newest;
            return;
        }
        if of.len() == REMEMBERED {
            of.pop_front();
        }
        of.push_back((name.to_owned(), newest));
    }

    pub(crate) fn forget(&self, name: &str) {
        self.of.borrow_mut().retain(|(known, _)| known != name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded_and_the_last_word_counts() {
        let memory = NewestVersions::new();
        for number in 0..=REMEMBERED {
            memory.insert(&number.to_string(), "v1");
            memory.insert(&number.to_string(), "v2");
        }
        assert_eq!(memory.of.borrow().len(), REMEMBERED);
        assert_eq!(memory.get("0"), None);
        assert_eq!(memory.get("1").unwrap().as_str(), "v2");
        memory.forget("1");
        assert_eq!(memory.get("1"), None);
        assert_eq!(memory.of.borrow().len(), REMEMBERED - 1);
    }

    #[test]
    fn what_is_no_version_id_of_ssms_is_not_remembered() {
        let memory = NewestVersions::new();
        for id in ["", "a b", &"x".repeat(65)] {
            memory.insert("x", id);
        }
        assert_eq!(memory.get("x"), None);
    }
}

//! What is remembered by the names of secrets.

use alloc::{borrow::ToOwned, collections::VecDeque, string::String};
use core::cell::RefCell;

/// Of how many secrets something is remembered: a region holds at most 1000.
const REMEMBERED: usize = 1_024;

/// Something known of each of some secrets, such as which version was the newest. What has been there
/// longest is forgotten first. Never a value.
pub(crate) struct Remembered<V> {
    of: RefCell<VecDeque<(String, V)>>,
}

impl<V: Clone> Remembered<V> {
    pub(crate) fn new() -> Self {
        Self {
            of: RefCell::new(VecDeque::new()),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<V> {
        let of = self.of.borrow();
        let mut known = of.iter();
        let (_, value) = known.find(|(known, _)| known == name)?;
        Some(value.clone())
    }

    pub(crate) fn insert(&self, name: &str, value: V) {
        let mut of = self.of.borrow_mut();
        if let Some((_, known)) = of.iter_mut().find(|(known, _)| known == name) {
            *known = value;
            return;
        }
        if of.len() == REMEMBERED {
            of.pop_front();
        }
        of.push_back((name.to_owned(), value));
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
        let memory = Remembered::new();
        for number in 0..=REMEMBERED {
            memory.insert(&number.to_string(), "v1");
            memory.insert(&number.to_string(), "v2");
        }
        assert_eq!(memory.of.borrow().len(), REMEMBERED);
        assert_eq!(memory.get("0"), None);
        assert_eq!(memory.get("1"), Some("v2"));
        memory.forget("1");
        assert_eq!(memory.get("1"), None);
        assert_eq!(memory.of.borrow().len(), REMEMBERED - 1);
    }
}

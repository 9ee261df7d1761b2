//! The memory of all instances: one budget.

use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;

/// The memory that all instances may have together.
pub(super) struct Budget {
    most: usize,
    used: AtomicUsize,
}

/// There is not enough left of the [`Budget`].
#[derive(Debug, Error)]
#[error("the memory that all instances may have together is in use")]
pub(super) struct Spent;

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            used: AtomicUsize::new(0),
        }
    }

    /// How much is in use, in bytes.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `bytes`, if there are as many left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let enough = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.most);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, enough)
            .is_ok()
    }

    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_taken_than_there_is() {
        let budget = Budget::new(10);
        assert!(budget.take(6) && !budget.take(5) && budget.take(4));
        assert!(!budget.take(usize::MAX));
        budget.give_back(6);
        assert_eq!(budget.used(), 4);
        assert!(budget.take(6));
    }
}

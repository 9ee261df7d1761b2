//! Calls that wait, counted so that there are never too many.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::contract::Waited;

/// One of those that wait, until dropped.
pub(crate) struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    /// Takes one of `most` places, of which `waiting` counts those that are taken.
    ///
    /// # Errors
    /// [`Waited::Behind`] if there is none left.
    pub(crate) fn take(waiting: &'a AtomicUsize, most: usize) -> Result<Self, Waited> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::AcqRel) >= most {
            return Err(Waited::Behind(most));
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

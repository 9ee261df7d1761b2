//! What failed on the way, in the log: the whole cause, and not a thousand times.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long the same cause is not a warning again.
const SAME_CAUSE_AGAIN: Duration = Duration::from_secs(60);
/// How many causes are remembered.
const MAX_CAUSES: usize = 256;

/// Warns of a cause when it is new, or again after a minute; in between it is for `debug`.
#[derive(Default)]
pub(super) struct Reports(Mutex<HashMap<String, Instant>>);

impl Reports {
    pub(super) fn failed(&self, cause: &str) {
        if self.is_new(cause, Instant::now()) {
            tracing::warn!("a request of a component failed: {cause}");
        } else {
            tracing::debug!("a request of a component failed again: {cause}");
        }
    }

    fn is_new(&self, cause: &str, now: Instant) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |told: &Instant| now.duration_since(*told) < SAME_CAUSE_AGAIN;
        if known.get(cause).is_some_and(recent) {
            return false;
        }
        if known.len() >= MAX_CAUSES {
            known.retain(|_, told| recent(told));
        }
        if known.len() >= MAX_CAUSES {
            return false;
        }
        known.insert(cause.to_owned(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once_in_a_while_and_the_number_of_causes_is_bounded() {
        let reports = Reports::default();
        let now = Instant::now();
        assert!(reports.is_new("a", now) && !reports.is_new("a", now) && reports.is_new("b", now));
        for number in 0..2 * MAX_CAUSES {
            reports.is_new(&format!("{number}"), now);
        }
        assert_eq!(reports.0.lock().unwrap().len(), MAX_CAUSES);
        assert!(reports.is_new("a", now + SAME_CAUSE_AGAIN));
    }
}

//! Memory that is set aside.

use std::sync::Arc;

use super::engine::Engine;

/// A part of the memory that all instances may have together, kept for what will need it or has
/// left an instance. Given back when dropped.
pub(crate) struct Room {
    engine: Arc<Engine>,
    bytes: usize,
}

impl Room {
    /// Sets `bytes` aside, if there are as many when idle instances have been given back.
    pub(super) fn set_aside(engine: &Arc<Engine>, bytes: usize) -> Option<Self> {
        let there = engine.may_reserve(bytes) && engine.reserve(bytes);
        there.then(|| Self::taken(engine, bytes))
    }

    /// As [`Self::set_aside`], of what nobody has.
    pub(super) fn of_what_is_left(engine: &Arc<Engine>, bytes: usize) -> Option<Self> {
        engine
            .budget
            .take(bytes)
            .then(|| Self::taken(engine, bytes))
    }

    /// `bytes` that were taken of the budget.
    pub(super) fn taken(engine: &Arc<Engine>, bytes: usize) -> Self {
        Self {
            engine: Arc::clone(engine),
            bytes,
        }
    }

    /// Uses up to `bytes`, which are then the caller's to give back; says how many.
    pub(super) fn draw(&mut self, bytes: usize) -> usize {
        let drawn = bytes.min(self.bytes);
        self.bytes -= drawn;
        drawn
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.engine.budget.give_back(self.bytes);
    }
}

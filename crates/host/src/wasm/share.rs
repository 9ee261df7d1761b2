//! What one instance takes of the memory of all.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::{budget::Spent, engine::Engine, room::Room};

/// How many entries the tables of one instance may have together: each is a pointer.
const MAX_TABLE: usize = 100_000;

/// One instance's part of the budget, given back when it is dropped.
pub(super) struct Share {
    engine: Arc<Engine>,
    taken: usize,
    /// What was taken last, until it is known whether the memory really grew.
    pending: usize,
    /// What it may take before it asks the budget.
    ahead: Option<Room>,
    /// What it would have had, with the memory that it was refused.
    wanted: usize,
    table_entries: usize,
}

impl Share {
    pub(super) fn new(engine: &Arc<Engine>, ahead: Option<Room>) -> Self {
        Self {
            engine: Arc::clone(engine),
            taken: 0,
            pending: 0,
            ahead,
            wanted: 0,
            table_entries: 0,
        }
    }

    /// What was set aside for an instance that could not be made.
    pub(super) fn into_ahead(mut self) -> Option<Room> {
        self.ahead.take()
    }

    /// What the instance has, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.taken
    }

    /// What it would have had, with the memory that it was refused, in bytes.
    pub(super) fn wanted(&self) -> usize {
        self.wanted
    }

    pub(super) fn need_no_more(&mut self) {
        self.ahead = None;
    }

    /// Makes `bytes` of it, as far as it has them, the room of something else. For an instance that is
    /// about to end: it may take that much more of what others need.
    pub(super) fn leave(&mut self, bytes: usize) -> Room {
        let left = bytes.min(self.taken);
        self.taken -= left;
        Room::taken(&self.engine, left)
    }
}

impl ResourceLimiter for Share {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.pending = 0;
        let more = desired.saturating_sub(current);
        // Its own limit the component is told, as any program is; it may do with less.
        if self.taken.saturating_add(more) > self.engine.limits.max_memory {
            return Ok(false);
        }
        let drawn = self.ahead.as_mut().map_or(0, |ahead| ahead.draw(more));
        if !self.engine.reserve(more - drawn) {
            self.engine.budget.give_back(drawn);
            self.wanted = self.taken.saturating_add(more);
            return Err(Spent.into());
        }
        self.taken += more;
        self.pending = more;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _why: wasmtime::Error) -> wasmtime::Result<()> {
        let unused = std::mem::take(&mut self.pending);
        self.taken -= unused;
        self.engine.budget.give_back(unused);
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let entries = self.table_entries.saturating_add(more);
        if entries > MAX_TABLE {
            return Ok(false);
        }
        self.table_entries = entries;
        Ok(true)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.engine.budget.give_back(self.taken);
    }
}

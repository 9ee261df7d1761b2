//! What a process holds.

use std::fmt;

use crate::support::Process;

/// What a process may hold more than once it was warm, in kB: instances and connections come and
/// go with the load, a leak goes on.
const MORE_MEMORY: u64 = 24 << 10;
const MORE_DESCRIPTORS: usize = 64;

pub(super) struct Figures {
    /// In kB.
    memory: u64,
    descriptors: usize,
}

impl Figures {
    pub(super) fn of(process: &Process) -> Self {
        Self {
            memory: process.memory(),
            descriptors: process.descriptors(),
        }
    }

    pub(super) fn are_no_worse_than(&self, warm: &Self) {
        let memory = warm.memory + warm.memory / 2 + MORE_MEMORY;
        assert!(self.memory < memory, "memory: {warm} -> {self}");
        let descriptors = warm.descriptors + MORE_DESCRIPTORS;
        assert!(self.descriptors < descriptors, "files: {warm} -> {self}");
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kB/{} files", self.memory, self.descriptors)
    }
}

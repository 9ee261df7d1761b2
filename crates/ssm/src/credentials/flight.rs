//! One at a time: who gets new keys, and who waits for them.

use alloc::vec::Vec;
use core::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    task::{Poll, Waker},
};

/// A turn that one future has at a time. It passes on when it ends or is dropped.
pub(crate) struct Flight {
    under_way: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Flight {
    pub(crate) fn new() -> Self {
        Self {
            under_way: Cell::new(false),
            waiting: RefCell::new(Vec::new()),
        }
    }

    /// Whether somebody has the turn.
    pub(crate) fn under_way(&self) -> bool {
        self.under_way.get()
    }

    /// Waits for the turn.
    pub(crate) fn turn(&self) -> impl Future<Output = Turn<'_>> {
        poll_fn(|context| {
            if self.under_way.replace(true) {
                self.waiting.borrow_mut().push(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(Turn(self))
        })
    }
}

/// The turn, until dropped.
pub(crate) struct Turn<'a>(&'a Flight);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.under_way.set(false);
        self.0.waiting.take().into_iter().for_each(Waker::wake);
    }
}

//! One instance, one thread, many requests: a future is run by waiting on `wasi:io/poll`.
//!
//! Whatever a future waits for is owned here, not by the future. A pollable is a child of the
//! stream or response it came from, and a child that outlives its parent traps: so it is dropped
//! as soon as it is ready, or with the [`Ready`] that waits for it.

use alloc::{sync::Arc, task::Wake, vec, vec::Vec};
use core::{
    future::Future,
    pin::{Pin, pin},
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll, Waker},
};

use component_rt::Static;
use wasi::{
    clocks::monotonic_clock::{self, Instant},
    io::poll::{Pollable, poll},
};

static REACTOR: Static<Reactor> = Static::new(Reactor::new());

/// Runs `future` to its end.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let woken = Arc::new(Woken(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        wait_for(&woken);
    }
}

/// Blocks, waking what is ready, until `woken` is among it.
fn wait_for(woken: &Woken) {
    while !woken.0.swap(false, Ordering::Relaxed) {
        for waker in REACTOR.with(Reactor::wait) {
            waker.wake();
        }
    }
}

/// Waits until `pollable` is ready.
pub(crate) fn ready(pollable: Pollable) -> Ready {
    let key = REACTOR.with(|reactor| {
        let key = reactor.next_key();
        reactor.waiting.push(Waiting {
            key,
            pollable,
            waker: Waker::noop().clone(),
        });
        key
    });
    Ready { key }
}

/// Waits until the monotonic clock shows `instant`.
pub(crate) fn sleep_until(instant: Instant) -> Sleep {
    let key = REACTOR.with(Reactor::next_key);
    Sleep {
        key,
        instant,
        started: false,
    }
}

/// Whether the future that [`block_on`] runs was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The future of [`ready`].
pub(crate) struct Ready {
    key: u64,
}

impl Future for Ready {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let key = self.key;
        REACTOR.with(|reactor| {
            let mut waiting = reactor.waiting.iter_mut();
            match waiting.find(|waiting| waiting.key == key) {
                Some(waiting) => {
                    waiting.waker.clone_from(context.waker());
                    Poll::Pending
                }
                None => Poll::Ready(()),
            }
        })
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        let key = self.key;
        REACTOR.with(|reactor| reactor.waiting.retain(|waiting| waiting.key != key));
    }
}

/// The future of [`sleep_until`].
pub(crate) struct Sleep {
    key: u64,
    instant: Instant,
    started: bool,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker();
        REACTOR.with(|reactor| {
            let mut timers = reactor.timers.iter_mut();
            match timers.find(|timer| timer.key == self.key) {
                Some(timer) => timer.waker.clone_from(waker),
                None if self.started => return Poll::Ready(()),
                None => {
                    reactor.timers.push(Timer {
                        key: self.key,
                        instant: self.instant,
                        waker: waker.clone(),
                    });
                    self.started = true;
                }
            }
            Poll::Pending
        })
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let key = self.key;
        REACTOR.with(|reactor| reactor.timers.retain(|timer| timer.key != key));
    }
}

struct Waiting {
    key: u64,
    pollable: Pollable,
    waker: Waker,
}

struct Timer {
    key: u64,
    instant: Instant,
    waker: Waker,
}

/// All that is waited for in this instance.
///
/// In plain vectors: there are a few hundred entries at most, and a map costs more code than the
/// search costs time.
struct Reactor {
    next_key: u64,
    waiting: Vec<Waiting>,
    timers: Vec<Timer>,
    /// The pollable of the earliest timer, kept while that timer is the earliest.
    alarm: Option<(Instant, Pollable)>,
}

impl Reactor {
    const fn new() -> Self {
        Self {
            next_key: 0,
            waiting: Vec::new(),
            timers: Vec::new(),
            alarm: None,
        }
    }

    fn next_key(&mut self) -> u64 {
        self.next_key += 1;
        self.next_key
    }

    /// Blocks until something is ready; gives the wakers of all that is.
    fn wait(&mut self) -> Vec<Waker> {
        let earliest = self.timers.iter().map(|timer| timer.instant).min();
        if self.alarm.as_ref().map(|(instant, _)| *instant) != earliest {
            self.alarm =
                earliest.map(|instant| (instant, monotonic_clock::subscribe_instant(instant)));
        }

        let waiting = self.waiting.iter().map(|waiting| &waiting.pollable);
        let alarm = self.alarm.iter().map(|(_, pollable)| pollable);
        let all: Vec<&Pollable> = waiting.chain(alarm).collect();
        let mut ready = vec![false; all.len()];
        for index in poll(&all) {
            if let Some(ready) = ready.get_mut(index as usize) {
                *ready = true;
            }
        }

        let mut wakers = Vec::new();
        if ready.len() > self.waiting.len() && ready.pop() == Some(true) {
            self.expire(&mut wakers);
        }
        // From the end, so that what moves into a gap was looked at already.
        for index in (0..ready.len()).rev().filter(|index| ready[*index]) {
            wakers.push(self.waiting.swap_remove(index).waker);
        }
        wakers
    }

    /// Takes out the timers that are due.
    fn expire(&mut self, wakers: &mut Vec<Waker>) {
        self.alarm = None;
        let now = monotonic_clock::now();
        self.timers.retain(|timer| {
            let due = timer.instant <= now;
            if due {
                wakers.push(timer.waker.clone());
            }
            !due
        });
    }
}

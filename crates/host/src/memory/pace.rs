//! How fast a store may be asked, learnt from its `throttled` answers: how many calls a second, and
//! how many at once. No clock and no I/O.

use std::time::{Duration, Instant};

/// After this long without a `throttled` answer nothing is known any more, and nothing is limited.
const PACE_MEMORY: Duration = Duration::from_secs(30);
/// How long is looked back for how many calls a second succeed, and how often the pace is slowed
/// down at most: backends count by the second.
pub(super) const PACE_WINDOW: Duration = Duration::from_millis(1_000);
/// For how long calls that did not start when they might have may start at once later.
const PACE_CREDIT: Duration = Duration::from_millis(100);
/// What is left of a rate that was throttled.
const LESS: f64 = 0.8;
/// How fast a rate grows: CUBIC's constant (RFC 9438), as in the adaptive retries of AWS's SDKs.
const GROWTH: f64 = 0.4;
/// The parts of the window in which successes are counted.
const PARTS: usize = 10;

/// The pace of one store: without limits until it is throttled for the first time.
pub(super) struct Pace {
    in_flight: usize,
    successes: Successes,
    learnt: Option<Learnt>,
}

/// What a `throttled` answer taught.
struct Learnt {
    /// When that was. Calls that began earlier say nothing new.
    since: Instant,
    /// The rate, in calls a second, that was too much.
    most: f64,
    /// How many calls may run at once.
    window: usize,
    /// How many have succeeded since `window` last changed.
    grown: usize,
    /// When the next call may start.
    next: Instant,
}

/// Whether a call may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Now; it has started.
    Now,
    /// Not before this moment.
    At(Instant),
    /// Not before another has ended.
    AfterAnother,
}

/// What a call says about the pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The backend took it.
    Good,
    /// The backend was asked too often.
    Throttled,
    /// Nothing.
    Otherwise,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            in_flight: 0,
            successes: Successes::new(now),
            learnt: None,
        }
    }

    /// Starts a call, or says when to ask again.
    pub(super) fn start(&mut self, now: Instant) -> Start {
        if self.is_forgotten(now) {
            self.learnt = None;
        }
        if let Some(learnt) = &mut self.learnt {
            if self.in_flight >= learnt.window {
                return Start::AfterAnother;
            }
            if learnt.next > now {
                return Start::At(learnt.next);
            }
            let earliest = now.checked_sub(PACE_CREDIT).unwrap_or(now);
            let interval = Duration::from_secs_f64(1.0 / learnt.rate(now));
            learnt.next = learnt.next.max(earliest) + interval;
        }
        self.in_flight += 1;
        Start::Now
    }

    /// Takes note of the end of a call that started at `started`. Says whether that made the pace
    /// slower.
    pub(super) fn end(&mut self, now: Instant, started: Instant, how: Ended) -> bool {
        let at_once = self.in_flight;
        self.in_flight = at_once.saturating_sub(1);
        match how {
            Ended::Good => {
                self.successes.add(now);
                if let Some(learnt) = &mut self.learnt {
                    learnt.succeeded();
                }
                false
            }
            Ended::Throttled => self.throttled(now, started, at_once),
            Ended::Otherwise => false,
        }
    }

    /// How many calls a second may start, if that is limited.
    pub(super) fn rate(&self, now: Instant) -> Option<f64> {
        let learnt = self.learnt.as_ref().filter(|_| !self.is_forgotten(now));
        learnt.map(|learnt| learnt.rate(now))
    }

    /// How many calls may run at once, if that is limited.
    pub(super) fn at_once(&self, now: Instant) -> Option<usize> {
        let learnt = self.learnt.as_ref().filter(|_| !self.is_forgotten(now));
        learnt.map(|learnt| learnt.window)
    }

    fn is_forgotten(&self, now: Instant) -> bool {
        let learnt = self.learnt.as_ref();
        learnt.is_some_and(|it| now.saturating_duration_since(it.since) >= PACE_MEMORY)
    }

    fn throttled(&mut self, now: Instant, started: Instant, at_once: usize) -> bool {
        let seen = self.successes.lately(now);
        let learnt = match &self.learnt {
            // One of a burst, or one that was under way when the pace was slowed down.
            Some(learnt) if started <= learnt.since || now < learnt.since + PACE_WINDOW => {
                return false;
            }
            Some(learnt) if !self.is_forgotten(now) => Learnt {
                most: learnt.rate(now).min(seen),
                window: learnt.window.min(at_once),
                ..*learnt
            },
            _ => Learnt {
                since: now,
                most: seen,
                window: at_once,
                grown: 0,
                next: now,
            },
        };
        self.learnt = Some(Learnt {
            since: now,
            most: learnt.most.max(1.0),
            window: (learnt.window / 2).max(1),
            grown: 0,
            next: learnt.next,
        });
        true
    }
}

impl Learnt {
    /// Back to what was too much in a while, slowly near it, and then beyond.
    fn rate(&self, now: Instant) -> f64 {
        let back = (self.most * (1.0 - LESS) / GROWTH).cbrt();
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        GROWTH * (passed - back).powi(3) + self.most
    }

    /// One more at once when as many as there may be have succeeded.
    fn succeeded(&mut self) {
        self.grown += 1;
        if self.grown >= self.window {
            self.window += 1;
            self.grown = 0;
        }
    }
}

/// Counts successes of the last while.
struct Successes {
    begin: Instant,
    /// The part of time that was counted last, from `begin`.
    last: u128,
    counts: [u32; PARTS],
}

impl Successes {
    fn new(now: Instant) -> Self {
        Self {
            begin: now,
            last: 0,
            counts: [0; PARTS],
        }
    }

    fn add(&mut self, now: Instant) {
        let index = self.turn(now);
        self.counts[index] = self.counts[index].saturating_add(1);
    }

    /// How many a second there were.
    fn lately(&mut self, now: Instant) -> f64 {
        self.turn(now);
        let sum: u32 = self
            .counts
            .iter()
            .fold(0, |sum, it| sum.saturating_add(*it));
        f64::from(sum) / PACE_WINDOW.as_secs_f64()
    }

    /// Empties what lies too far back; the place to count in.
    fn turn(&mut self, now: Instant) -> usize {
        let part = PACE_WINDOW.as_millis() / PARTS as u128;
        let at = now.saturating_duration_since(self.begin).as_millis() / part;
        let passed = at.saturating_sub(self.last);
        for step in 1..=passed.min(PARTS as u128) {
            let index = ((self.last + step) % PARTS as u128) as usize;
            self.counts[index] = 0;
        }
        self.last = self.last.max(at);
        (self.last % PARTS as u128) as usize
    }
}

#[cfg(test)]
mod tests;

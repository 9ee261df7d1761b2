//! A store that is throttled, its backend and its callers, by a clock of their own.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::super::{Ended, Pace, Start};

const MILLISECOND: Duration = Duration::new(0, 1_000_000);
const SECOND: Duration = Duration::new(1, 0);

/// A backend that takes `limit` requests a second, and answers after `latency`; a store that
/// repeats a throttled request up to `repeats` times, each time after a random part of a second, of
/// two, of four; and 64 callers that ask again at once.
struct World {
    repeats: u32,
    limit: usize,
    latency: Duration,
    taken: VecDeque<Instant>,
    sent: usize,
    served: usize,
    random: u64,
    callers: VecDeque<Caller>,
}

enum Caller {
    Waits,
    /// Since when its call runs, when it sends next, and how often it did.
    Runs(Instant, Instant, u32),
    /// The answer is on its way.
    Answered(Instant, Instant, bool, u32),
}

impl World {
    fn new(repeats: u32, limit: usize, latency: Duration) -> Self {
        Self {
            repeats,
            limit,
            latency,
            taken: VecDeque::new(),
            sent: 0,
            served: 0,
            random: 1,
            callers: (0..64).map(|_| Caller::Waits).collect(),
        }
    }

    fn send(&mut self, now: Instant) -> bool {
        self.sent += 1;
        while self.taken.front().is_some_and(|at| *at + SECOND <= now) {
            self.taken.pop_front();
        }
        let good = self.taken.len() < self.limit;
        if good {
            self.taken.push_back(now);
        }
        good
    }

    fn part_of(&mut self, most: Duration) -> Duration {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        most.mul_f64((self.random >> 33) as f64 / (1_u64 << 31) as f64)
    }

    fn run(&mut self, pace: &mut Pace, begin: Instant, seconds: u32) -> Instant {
        let mut callers = std::mem::take(&mut self.callers);
        for step in 0..seconds * 1_000 {
            let now = begin + MILLISECOND * step;
            for _ in 0..callers.len() {
                let Some(caller) = callers.pop_front() else {
                    break;
                };
                let next = self.step(pace, now, caller);
                callers.push_back(next);
            }
        }
        self.callers = callers;
        begin + SECOND * seconds
    }

    fn step(&mut self, pace: &mut Pace, now: Instant, caller: Caller) -> Caller {
        match caller {
            Caller::Waits if pace.start(now) == Start::Now => Caller::Runs(now, now, 0),
            Caller::Runs(began, at, tries) if at <= now => {
                let good = self.send(now);
                Caller::Answered(began, now + self.latency, good, tries + 1)
            }
            Caller::Answered(began, at, good, tries) if at <= now => {
                if good {
                    self.served += 1;
                    pace.end(now, began, Ended::Good);
                    Caller::Waits
                } else if tries > self.repeats {
                    pace.end(now, began, Ended::Throttled);
                    Caller::Waits
                } else {
                    let wait = self.part_of(SECOND * (1 << (tries - 1)));
                    Caller::Runs(began, now + wait, tries)
                }
            }
            other => other,
        }
    }
}

/// What is served and sent in half a minute, in parts of what the backend takes; the first five
/// seconds, in which is learnt, do not count.
fn learnt(repeats: u32, limit: usize, latency: Duration) -> (f64, f64) {
    let now = Instant::now();
    let (mut pace, mut world) = (Pace::new(now), World::new(repeats, limit, latency));
    let now = world.run(&mut pace, now, 5);
    (world.served, world.sent) = (0, 0);
    world.run(&mut pace, now, 30);
    let part = |count: usize| count as f64 / (limit * 30) as f64;
    (part(world.served), part(world.sent))
}

#[test]
fn of_what_a_backend_takes_most_is_served_and_little_more_is_sent() {
    // A store that repeats by itself sends too much where little is allowed.
    let limits = [
        (0, &[10, 20, 50, 100, 300, 600][..]),
        (3, &[50, 100, 300, 600]),
    ];
    for (repeats, limit) in limits
        .into_iter()
        .flat_map(|(repeats, limits)| limits.iter().map(move |limit| (repeats, *limit)))
    {
        for latency in [1, 20, 100].map(|count| MILLISECOND * count) {
            let (served, sent) = learnt(repeats, limit, latency);
            let good = served >= 0.8 && sent <= 1.5;
            assert!(good, "{repeats} {limit} {latency:?}: {served} {sent}");
        }
    }
}

//! Staying under a rate without waiting while under it.

use alloc::collections::VecDeque;
use core::{
    cell::{Cell, RefCell},
    time::Duration,
};

/// The window that a rate counts over. SSM says "a second"; the rest allows for requests that
/// leave evenly and arrive in a bunch.
const RATE_WINDOW: Duration = Duration::from_millis(1_050);

/// Gives out moments at which a request may start: at most `rate` in any [`RATE_WINDOW`].
///
/// When the server throttles, it slows down to what the server last took in a window, and
/// recovers by an eighth of the rate for every quiet window.
pub(crate) struct Pacer {
    /// The rate to stay under.
    rate: usize,
    /// How many are allowed in a window at present: up to `rate`.
    allowed: Cell<usize>,
    /// When `allowed` last changed.
    changed: Cell<Duration>,
    /// No request may start before this moment.
    not_before: Cell<Duration>,
    /// The last `rate` moments given out, in order.
    given: RefCell<VecDeque<Duration>>,
    /// When the server took the last `rate` requests, in order.
    taken: RefCell<VecDeque<Duration>>,
}

impl Pacer {
    pub(crate) fn new(rate: usize) -> Self {
        Self {
            rate,
            allowed: Cell::new(rate),
            changed: Cell::new(Duration::ZERO),
            not_before: Cell::new(Duration::ZERO),
            given: RefCell::new(VecDeque::new()),
            taken: RefCell::new(VecDeque::new()),
        }
    }

    /// Takes the next free moment. Returns how long to wait for it: usually not at all.
    pub(crate) fn take(&self, now: Duration) -> Duration {
        let mut given = self.given.borrow_mut();
        // Never before one that was given out already: the count over a window relies on their order.
        let last = given.back().copied().unwrap_or_default();
        let mut at = now.max(self.not_before.get()).max(last);
        if let Some(index) = given.len().checked_sub(self.allowed.get()) {
            at = at.max(given[index] + RATE_WINDOW);
        }
        push_bounded(&mut given, at, self.rate);
        at - now
    }

    /// Allows fewer requests, and none for `pause`, because the server throttled one. The others of
    /// the same bunch, throttled with it, change nothing more.
    pub(crate) fn throttled(&self, now: Duration, pause: Duration) {
        self.not_before.set(self.not_before.get().max(now + pause));
        let allowed = self.allowed.get();
        if allowed < self.rate && now < self.changed.get() + RATE_WINDOW {
            return;
        }
        let taken = self.taken.borrow();
        let lately = taken.iter().filter(|at| **at + RATE_WINDOW > now).count();
        // Answers of the same bunch may still be under way, so few is not taken for none.
        let fewer = lately.max(allowed / 8).min(allowed / 2).max(1);
        self.allowed.set(fewer);
        self.changed.set(now);
    }

    /// Takes note that the server took a request, and recovers by a step if it is time.
    pub(crate) fn accepted(&self, now: Duration) {
        push_bounded(&mut self.taken.borrow_mut(), now, self.rate);
        let allowed = self.allowed.get();
        if allowed < self.rate && now >= self.changed.get() + RATE_WINDOW {
            let more = (self.rate / 8).max(1);
            self.allowed.set((allowed + more).min(self.rate));
            self.changed.set(now);
        }
    }
}

fn push_bounded(moments: &mut VecDeque<Duration>, moment: Duration, bound: usize) {
    if moments.len() == bound {
        moments.pop_front();
    }
    moments.push_back(moment);
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn take_many(pacer: &Pacer, count: usize) -> Vec<Duration> {
        (0..count).map(|_| pacer.take(START)).collect()
    }

    #[test]
    fn nobody_waits_below_the_rate() {
        let pacer = Pacer::new(30);
        assert!(take_many(&pacer, 30).iter().all(Duration::is_zero));
    }

    #[test]
    fn no_window_ever_holds_more_than_the_rate() {
        let pacer = Pacer::new(30);
        let moments = take_many(&pacer, 95);
        for window in moments.windows(31) {
            assert!(window[30] - window[0] >= RATE_WINDOW, "{window:?}");
        }
        assert_eq!(moments[94], 3 * RATE_WINDOW);
    }

    #[test]
    fn a_pause_frees_the_rate_again() {
        let pacer = Pacer::new(30);
        take_many(&pacer, 30);
        assert!(pacer.take(START + RATE_WINDOW).is_zero());
    }

    #[test]
    fn throttling_slows_down_to_what_the_server_took_once_a_bunch_and_pauses() {
        let pacer = Pacer::new(40);
        let pause = Duration::from_millis(200);
        (0..7).for_each(|_| pacer.accepted(START));
        for _ in 0..10 {
            pacer.throttled(START, pause);
        }
        let moments = take_many(&pacer, 8);
        assert_eq!(moments[6], pause);
        assert_eq!(moments[7], pause + RATE_WINDOW);
    }

    #[test]
    fn throttling_for_ever_still_lets_one_through() {
        let pacer = Pacer::new(40);
        let mut now = START;
        for _ in 0..20 {
            now += RATE_WINDOW;
            pacer.throttled(now, Duration::ZERO);
        }
        assert!(pacer.take(now).is_zero());
        assert_eq!(pacer.take(now), RATE_WINDOW);
    }

    #[test]
    fn a_request_never_overtakes_one_that_waits_already() {
        let pacer = Pacer::new(40);
        take_many(&pacer, 40);
        pacer.throttled(START, Duration::ZERO);
        let last = START + take_many(&pacer, 15)[14];
        let now = START + RATE_WINDOW;
        pacer.accepted(now);
        assert!(now + pacer.take(now) >= last);
    }

    #[test]
    fn quiet_windows_bring_the_rate_back() {
        let pacer = Pacer::new(40);
        let mut now = START;
        pacer.throttled(now, Duration::ZERO);
        assert_eq!(pacer.allowed.get(), 5);
        for _ in 0..7 {
            now += RATE_WINDOW;
            pacer.accepted(now);
        }
        assert_eq!(pacer.allowed.get(), 40);
    }

    /// What happens to a pacer, and how many milliseconds later.
    #[derive(Clone, Debug)]
    enum Event {
        Take,
        Accepted,
        Throttled(u64),
    }

    fn events() -> impl Strategy<Value = Vec<(u64, Event)>> {
        let event = prop_oneof![
            6 => Just(Event::Take),
            3 => Just(Event::Accepted),
            1 => (0_u64..2_000).prop_map(Event::Throttled),
        ];
        let later = prop_oneof![4 => Just(0_u64), 4 => 0_u64..30, 1 => 0_u64..3_000];
        vec((later, event), 1..400)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_happens_no_window_holds_more_than_the_rate(
            rate in 1_usize..50,
            events in events(),
        ) {
            let pacer = Pacer::new(rate);
            let (mut now, mut starts) = (START, Vec::new());
            for (later, event) in events {
                now += Duration::from_millis(later);
                match event {
                    Event::Take => starts.push(now + pacer.take(now)),
                    Event::Accepted => pacer.accepted(now),
                    Event::Throttled(pause) => pacer.throttled(now, Duration::from_millis(pause)),
                }
            }
            starts.sort();
            for window in starts.windows(rate + 1) {
                prop_assert!(window[rate] - window[0] >= RATE_WINDOW, "{window:?}");
            }
        }

        #[test]
        fn whatever_happens_a_request_starts_in_the_end(rate in 1_usize..50, events in events()) {
            let pacer = Pacer::new(rate);
            let (mut now, mut taken) = (START, 0_u32);
            for (later, event) in events {
                now += Duration::from_millis(later);
                match event {
                    Event::Take => {
                        // At the worst one a window, behind all before it and the longest pause.
                        taken += 1;
                        let most = RATE_WINDOW * taken + Duration::from_secs(2);
                        prop_assert!(pacer.take(now) <= most);
                    }
                    Event::Accepted => pacer.accepted(now),
                    Event::Throttled(pause) => pacer.throttled(now, Duration::from_millis(pause)),
                }
            }
        }
    }
}

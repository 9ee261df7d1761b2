mod simulation;

use super::*;

const SECOND: Duration = Duration::new(1, 0);

/// A pace with `at_once` calls under way, and `good` that have succeeded at `now`.
fn pace(now: Instant, at_once: usize, good: usize) -> Pace {
    let mut pace = Pace::new(now);
    for _ in 0..good {
        assert_eq!(pace.start(now), Start::Now);
        pace.end(now, now, Ended::Good);
    }
    for _ in 0..at_once {
        assert_eq!(pace.start(now), Start::Now);
    }
    pace
}

#[test]
fn nothing_is_limited_until_something_is_throttled() {
    let now = Instant::now();
    let pace = pace(now, 100_000, 1_000);
    assert_eq!(pace.rate(now), None);
}

#[test]
fn throttling_leaves_a_part_of_what_succeeded_and_half_of_what_ran_at_once() {
    let now = Instant::now();
    let mut pace = pace(now, 64, 300);
    let later = now + SECOND / 2;
    assert!(pace.end(later, now, Ended::Throttled));
    let rate = pace.rate(later).unwrap();
    assert!((rate - 240.0).abs() < 1.0, "{rate}");
    for _ in 0..31 {
        pace.end(later, now, Ended::Otherwise);
    }
    assert_eq!(pace.start(later), Start::AfterAnother);
    pace.end(later, now, Ended::Otherwise);
    assert_eq!(pace.start(later), Start::Now);
}

#[test]
fn a_burst_counts_once_and_so_does_what_began_before() {
    let now = Instant::now();
    let mut pace = pace(now, 64, 300);
    let later = now + SECOND;
    assert!(pace.end(later - SECOND / 2, now, Ended::Throttled));
    for _ in 0..10 {
        assert!(!pace.end(later, later - SECOND / 4, Ended::Throttled));
        assert!(!pace.end(later + SECOND * 3, now, Ended::Throttled));
    }
    let began = later + SECOND;
    assert!(pace.end(later + SECOND * 3, began, Ended::Throttled));
}

#[test]
fn calls_start_at_even_intervals_and_make_up_for_little_lost_time() {
    let now = Instant::now();
    let mut pace = pace(now, 64, 100);
    assert!(pace.end(now, now, Ended::Throttled));
    for _ in 0..63 {
        pace.end(now, now, Ended::Otherwise);
    }
    assert_eq!(pace.start(now), Start::Now);
    let Start::At(next) = pace.start(now) else {
        panic!("80 a second");
    };
    let interval = next - now;
    assert!(interval > SECOND / 90 && interval < SECOND / 70);
    let late = now + SECOND * 2;
    let burst = (0..32).take_while(|_| pace.start(late) == Start::Now);
    assert!((8..14).contains(&burst.count()));
}

#[test]
fn more_at_once_when_all_that_may_have_succeeded() {
    let now = Instant::now();
    let mut pace = pace(now, 8, 100_000);
    assert!(pace.end(now, now, Ended::Throttled));
    let later = now + SECOND * 5;
    for _ in 0..7 {
        pace.end(later, now, Ended::Good);
    }
    let started = (0..100).take_while(|_| pace.start(later) == Start::Now);
    assert_eq!(started.count(), 5);
}

#[test]
fn a_rate_comes_back_and_is_forgotten() {
    let now = Instant::now();
    let mut pace = pace(now, 1, 300);
    assert!(pace.end(now, now, Ended::Throttled));
    let after = |seconds| pace.rate(now + SECOND * seconds);
    assert!(after(5).is_some_and(|rate| rate > 290.0 && rate < 305.0));
    assert!(after(20).is_some_and(|rate| rate > 1_000.0));
    assert_eq!(after(30), None);
}

#[test]
fn what_is_always_throttled_is_still_asked() {
    let start = Instant::now();
    let mut pace = Pace::new(start);
    for round in 0..100 {
        let now = start + SECOND * 2 * round;
        assert_eq!(pace.start(now), Start::Now);
        pace.end(now + SECOND, now, Ended::Throttled);
    }
}

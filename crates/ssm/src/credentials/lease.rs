//! How long keys are good, and when new ones are asked for.

use core::time::Duration;

/// New keys are asked for when no more than this is left of the old ones, or a tenth of their life if
/// that is more, but never before half of it has passed.
const REFRESH_MARGIN: Duration = Duration::from_secs(300);
/// How long keys are taken to be good that do not say so. Those refused earlier are renewed at once.
const UNKNOWN_LIFE: Duration = Duration::from_secs(600);
/// The longest life that is believed. STS gives 12 hours at most.
const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

/// How long keys are good, in moments of the monotonic clock: a clock that is set does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lease {
    /// When they end.
    pub(crate) until: Duration,
    /// From when on new ones are asked for.
    pub(crate) renew: Duration,
}

impl Lease {
    /// For keys that came at `now`, when the server's clock showed `server_seconds`, and that end at
    /// `expired_time` of that clock, both in Unix seconds.
    pub(crate) fn new(now: Duration, server_seconds: i64, expired_time: Option<i64>) -> Self {
        let life = expired_time.map_or(UNKNOWN_LIFE, |end| {
            let seconds = end.saturating_sub(server_seconds).max(0);
            Duration::from_secs(seconds.unsigned_abs()).min(LONGEST_LIFE)
        });
        let margin = REFRESH_MARGIN.max(life / 10).min(life / 2);
        Self {
            until: now + life,
            renew: now + life - margin,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERVER: i64 = 1_700_000_000;

    /// How many seconds before their end keys of this `life` are renewed.
    fn margin(life: i64) -> f64 {
        let lease = Lease::new(Duration::from_secs(9), SERVER, Some(SERVER + life));
        (lease.until - lease.renew).as_secs_f64()
    }

    #[test]
    fn keys_are_renewed_five_minutes_or_a_tenth_of_their_life_before_the_end_but_not_before_half_of_it()
     {
        assert_eq!(margin(7_200), 720.0);
        assert_eq!(margin(43_200), 4_320.0);
        assert_eq!(margin(3_000), 300.0);
        assert_eq!(margin(1_800), 300.0);
        assert_eq!(margin(600), 300.0);
        assert_eq!(margin(500), 250.0);
        assert_eq!(margin(8), 4.0);
        assert_eq!(margin(0), 0.0);
        assert_eq!(margin(-5), 0.0);
    }

    #[test]
    fn keys_that_do_not_say_when_they_end_are_renewed_after_a_while() {
        let lease = Lease::new(Duration::ZERO, SERVER, None);
        assert_eq!(lease.until, UNKNOWN_LIFE);
        assert_eq!(lease.renew, REFRESH_MARGIN);
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_keys_are_renewed_in_the_second_half_of_a_life_that_is_not_absurd(
            now in 0_u64..1 << 40,
            server_seconds in any::<i64>(),
            expired_time in any::<Option<i64>>(),
        ) {
            let now = Duration::from_secs(now);
            let lease = Lease::new(now, server_seconds, expired_time);
            prop_assert!(now <= lease.renew && lease.renew <= lease.until);
            let life = lease.until - now;
            prop_assert!(life <= LONGEST_LIFE);
            prop_assert!(lease.renew - now >= life / 2);
            prop_assert!(lease.until - lease.renew <= REFRESH_MARGIN.max(life / 10));
        }
    }
}

//! How long to wait before trying again: exponential backoff with full jitter
//! (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).

use core::{cell::Cell, time::Duration};

use sha2::{Digest, Sha256};

use crate::{
    error::{Error, ErrorKind},
    transport::Now,
};

/// The first backoff is up to this long, each next one up to twice the last.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// The first backoff after throttling is up to this long: SSM counts by the second, so less would
/// hit the same second.
const FIRST_BACKOFF_THROTTLED: Duration = Duration::from_secs(1);
/// The longest backoff.
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// The longest backoff after the failure `error` of attempt number `attempt` (from 0).
pub(crate) fn ceiling(error: &Error, attempt: u32) -> Duration {
    let base = match error.kind {
        ErrorKind::Throttled => FIRST_BACKOFF_THROTTLED,
        _ => FIRST_BACKOFF,
    };
    base.saturating_mul(1 << attempt.min(10))
        .min(LONGEST_BACKOFF)
}

/// Spreads the backoffs of many callers.
///
/// The numbers come from the clocks and a hash: the component imports no source of randomness,
/// and nothing secret depends on them.
pub(crate) struct Jitter {
    state: Cell<u64>,
}

impl Jitter {
    pub(crate) fn new() -> Self {
        Self {
            state: Cell::new(0),
        }
    }

    /// A duration between zero and `ceiling`.
    pub(crate) fn up_to(&self, ceiling: Duration, now: Now) -> Duration {
        let mut hash = Sha256::new();
        hash.update(self.state.get().to_le_bytes());
        hash.update(now.monotonic.as_nanos().to_le_bytes());
        hash.update(now.unix.as_nanos().to_le_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        let number = u64::from_le_bytes(first);
        self.state.set(number);
        let nanos = ceiling.as_nanos() as u64;
        Duration::from_nanos(((u128::from(number) * u128::from(nanos)) >> 64) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Now = Now {
        monotonic: Duration::from_secs(1),
        unix: Duration::from_secs(1_700_000_000),
    };

    #[test]
    fn backoff_doubles_up_to_its_cap() {
        let network = Error::new(ErrorKind::Unavailable, "");
        let throttled = Error::new(ErrorKind::Throttled, "");
        let millis = |error, attempt| ceiling(error, attempt).as_millis();
        assert_eq!(
            [0, 1, 2, 5, 6, 99].map(|n| millis(&network, n)),
            [100, 200, 400, 3_200, 5_000, 5_000]
        );
        assert_eq!(
            [0, 1, 2, 3].map(|n| millis(&throttled, n)),
            [1_000, 2_000, 4_000, 5_000]
        );
    }

    #[test]
    fn jitter_covers_the_whole_range_even_when_the_clock_stands_still() {
        let jitter = Jitter::new();
        let draws: Vec<u128> = (0..1_000)
            .map(|_| jitter.up_to(LONGEST_BACKOFF, NOW).as_millis())
            .collect();
        for fifth in 0..5 {
            let range = fifth * 1_000..(fifth + 1) * 1_000;
            let count = draws.iter().filter(|draw| range.contains(*draw)).count();
            assert!((120..=280).contains(&count), "{count} draws in {range:?}");
        }
        assert_eq!(jitter.up_to(Duration::ZERO, NOW), Duration::ZERO);
    }
}

//! The properties of a Component that are the host's.

use std::time::Duration;

use crate::{
    contract::{CallError, Kind},
    stores::{Properties, error},
};

const TTL: &str = "cacheTTL";
const MEMORY_LIMIT: &str = "cacheMemoryLimit";
const STALE_ON_ERROR: &str = "cacheStaleOnError";
/// Whether a store repeats reads that are throttled; by this host they are repeated in their turn, with
/// those of all other callers.
const RETRY_THROTTLED: &str = "retryThrottled";
/// How often that is.
const MAX_RETRIES: &str = "maxRetries";
/// As often, where nothing else is said.
const DEFAULT_MAX_RETRIES: u32 = 3;
/// What the values of one store may take in memory where nothing else is said, in bytes.
const DEFAULT_CACHE_MEMORY: usize = 16 << 20;

/// What a Component says of what this host does for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// How long a value counts.
    pub(super) ttl: Duration,
    /// How much longer it counts where the store cannot be asked.
    pub(super) stale: Duration,
    /// What all of them may take in memory, in bytes.
    pub(super) limit: usize,
    /// How often a read that was throttled is repeated.
    pub(super) max_retries: u32,
}

impl Options {
    /// # Errors
    /// `invalid-config`, if one of them cannot be read.
    pub(super) fn of(properties: &Properties) -> Result<Self, CallError> {
        let limit = match properties.get(MEMORY_LIMIT) {
            None => DEFAULT_CACHE_MEMORY,
            Some(text) => values::quantity(text)
                .and_then(|bytes| usize::try_from(bytes).ok())
                .filter(|bytes| *bytes > 0)
                .ok_or_else(|| {
                    invalid(
                        MEMORY_LIMIT,
                        "an amount of memory: say it as Kubernetes does, such as 16Mi",
                    )
                })?,
        };
        Ok(Self {
            ttl: duration(properties, TTL)?,
            stale: duration(properties, STALE_ON_ERROR)?,
            limit,
            max_retries: max_retries(properties),
        })
    }

    /// Whether anything is to be kept.
    pub(super) fn keeps(&self) -> bool {
        !self.life().is_zero()
    }

    /// How long a value is kept.
    pub(super) fn life(&self) -> Duration {
        self.ttl.saturating_add(self.stale)
    }

    /// What the store gets: all but the host's, and that it need not repeat what is throttled.
    pub(super) fn for_store(properties: &Properties) -> Properties {
        let properties = properties.without(&[TTL, MEMORY_LIMIT, STALE_ON_ERROR]);
        match properties.get(RETRY_THROTTLED) {
            None => properties.with(RETRY_THROTTLED, "false"),
            Some(_) => properties,
        }
    }
}

/// None where the store repeats by itself. What is no number is the store's to refuse.
fn max_retries(properties: &Properties) -> u32 {
    let by_itself = properties.get(RETRY_THROTTLED).and_then(values::boolean);
    let number = || properties.get(MAX_RETRIES)?.trim().parse().ok();
    match by_itself {
        Some(true) => 0,
        _ => number().unwrap_or(DEFAULT_MAX_RETRIES),
    }
}

fn duration(properties: &Properties, name: &str) -> Result<Duration, CallError> {
    let Some(text) = properties.get(name) else {
        return Ok(Duration::ZERO);
    };
    values::duration(text)
        .ok_or_else(|| invalid(name, "a duration: say it as Go does, such as 30s or 5m"))
}

fn invalid(name: &str, wanted: &str) -> CallError {
    error(Kind::InvalidConfig, format!("{name} is not {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Properties::new(owned)
    }

    #[test]
    fn nothing_is_kept_unless_a_component_says_so() {
        let none = Options::of(&properties(&[("cacheMemoryLimit", "1Mi")])).unwrap();
        assert!(!none.keeps());
        let some = properties(&[("CacheTtl", "1m"), ("cacheMemoryLimit", "1Mi")]);
        let some = Options::of(&some).unwrap();
        assert_eq!(
            (some.life(), some.limit),
            (Duration::from_secs(60), 1 << 20)
        );
        let stale = Options::of(&properties(&[("cachestaleonerror", "1h")])).unwrap();
        assert!(stale.keeps());
        assert_eq!((stale.ttl, stale.limit), (Duration::ZERO, 16 << 20));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("cacheTTL", "30"),
            ("cacheTTL", "-1s"),
            ("cacheStaleOnError", "soon"),
            ("cacheMemoryLimit", "16mb"),
            ("cacheMemoryLimit", "0"),
        ] {
            let why = Options::of(&properties(&[(name, value)])).unwrap_err();
            assert_eq!(why.kind(), Kind::InvalidConfig);
            assert!(why.to_string().contains(name), "{why}");
        }
    }

    #[test]
    fn what_is_throttled_is_repeated_as_often_as_the_component_says_unless_the_store_does() {
        for (pairs, repeats) in [
            (&[][..], 3),
            (&[("maxRetries", "0")], 0),
            (&[("MaxRetries", " 7 ")], 7),
            (&[("maxRetries", "many")], 3),
            (&[("retryThrottled", "false")], 3),
            (&[("retrythrottled", "true"), ("maxRetries", "7")], 0),
        ] {
            let properties = properties(pairs);
            assert_eq!(Options::of(&properties).unwrap().max_retries, repeats);
            let told = Options::for_store(&properties);
            let own = properties.get(RETRY_THROTTLED).unwrap_or("false");
            assert_eq!(told.get(RETRY_THROTTLED), Some(own));
        }
    }

    #[test]
    fn the_store_sees_none_of_the_caches() {
        let all = properties(&[
            ("CACHETTL", "1m"),
            ("cacheTTL", "2m"),
            ("cacheMemoryLimit", "1Mi"),
            ("cacheStaleOnError", "1m"),
            ("region", "r"),
            ("retryThrottled", "true"),
        ]);
        let left = Options::for_store(&all);
        assert_eq!(left.pairs().len(), 2);
        assert_eq!(left.get("region"), Some("r"));
    }
}

//! How many requests a second are taken.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use crate::reply::ApiError;

/// How many requests a second are taken of each action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates(BTreeMap<String, usize>);

impl Rates {
    /// The documented rates
    /// (<https://www.tencentcloud.com/document/product/1078/38633>,
    /// <https://www.tencentcloud.com/document/product/1150/49443>).
    pub fn documented() -> Self {
        Self::none()
            .with("GetSecretValue", 300)
            .with("ListSecrets", 30)
            .with("ListSecretVersionIds", 40)
            .with("DescribeSecret", 40)
            .with("GetServiceStatus", 50)
            .with("GetRegions", 20)
            .with("GetSSHKeyPairValue", 20)
            .with("AssumeRole", 600)
            .with("AssumeRoleWithWebIdentity", 20)
            .with("GetCallerIdentity", 20)
    }

    /// No limits at all.
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Sets another limit for one action.
    #[must_use]
    pub fn with(mut self, action: &str, per_second: usize) -> Self {
        self.0.insert(action.to_owned(), per_second);
        self
    }
}

/// Counts requests in the last second, by key and action.
#[derive(Default)]
pub(crate) struct Counter(BTreeMap<(String, String), VecDeque<Instant>>);

/// A request beyond the rate: the limit, and how many came.
pub(crate) struct Exceeded {
    limit: usize,
    count: usize,
}

impl From<Exceeded> for ApiError {
    fn from(exceeded: Exceeded) -> Self {
        Self::new(
            "RequestLimitExceeded",
            format!(
                "Your current request times equals to `{}` in a second, which exceeds the \
                 frequency limit `{}` for a second. Please reduce the frequency of calls.",
                exceeded.count, exceeded.limit
            ),
        )
    }
}

impl Counter {
    pub(crate) fn count(
        &mut self,
        rates: &Rates,
        secret_id: &str,
        action: &str,
        now: Instant,
    ) -> Result<(), Exceeded> {
        let Some(&limit) = rates.0.get(action) else {
            return Ok(());
        };
        let key = (secret_id.to_owned(), action.to_owned());
        let taken = self.0.entry(key).or_default();
        while taken
            .front()
            .is_some_and(|first| now.duration_since(*first) >= Duration::from_secs(1))
        {
            taken.pop_front();
        }
        if taken.len() >= limit {
            let count = taken.len() + 1;
            return Err(Exceeded { limit, count });
        }
        taken.push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_takes_as_many_as_the_rate_for_each_key_and_action() {
        let rates = Rates::none().with("A", 2);
        let mut counter = Counter::default();
        let start = Instant::now();
        let mut take = |id: &str, action: &str, millis| {
            let now = start + Duration::from_millis(millis);
            counter.count(&rates, id, action, now).is_ok()
        };
        assert!(take("k", "A", 0) && take("k", "A", 500));
        assert!(!take("k", "A", 999));
        assert!(take("other", "A", 999) && take("k", "B", 999));
        assert!(take("k", "A", 1_000));
        assert!(!take("k", "A", 1_499));
        assert!(take("k", "A", 1_500));
    }
}

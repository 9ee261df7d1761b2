//! Which of a secret's versions is the current one, and which was it before.

use crate::actions::Version;

/// The alias of the version in use
/// (<https://www.tencentcloud.com/document/product/1078/38656>).
pub(crate) const CURRENT: &str = "SSM_Current";
/// What stands for the version before the current one, of secrets that have none of this name.
pub(crate) const PREVIOUS: &str = "previous";

/// `SSM_Current`, or the id created last. Of two of the same second the first counts: SSM's
/// lists are newest first as far as seen, though it promises no order.
pub(crate) fn newest<'a>(versions: &[Version<'a>]) -> Option<&'a str> {
    match created(versions, CURRENT) {
        Some(_) => Some(CURRENT),
        None => latest(versions, i64::MAX, ""),
    }
}

/// The version called `previous`, or the one before the [`newest`]: of those created earlier than
/// `SSM_Current` the latest; without `SSM_Current` the second, in the order of [`newest`].
///
/// What is as old as `SSM_Current` is no earlier version: it may be what the alias stands for.
pub(crate) fn previous<'a>(versions: &[Version<'a>]) -> Option<&'a str> {
    if created(versions, PREVIOUS).is_some() {
        return Some(PREVIOUS);
    }
    let (until, except) = match created(versions, CURRENT) {
        Some(since) => (since.checked_sub(1)?, CURRENT),
        None => (i64::MAX, latest(versions, i64::MAX, "")?),
    };
    latest(versions, until, except)
}

/// When the version `id` was created, if it is there. One of unknown time is older than any other.
fn created(versions: &[Version<'_>], id: &str) -> Option<i64> {
    let mut versions = versions.iter();
    let found = versions.find(|version| version.version_id == Some(id))?;
    Some(found.create_time.unwrap_or(i64::MIN))
}

/// Of the versions created `until` then the first of the latest, but for `except` and those without an
/// id.
fn latest<'a>(versions: &[Version<'a>], until: i64, except: &str) -> Option<&'a str> {
    let mut latest: Option<(i64, &str)> = None;
    for version in versions {
        let created = version.create_time.unwrap_or(i64::MIN);
        if let Some(id) = version.version_id
            && !id.is_empty()
            && id != except
            && created <= until
            && latest.is_none_or(|(known, _)| created > known)
        {
            latest = Some((created, id));
        }
    }
    Some(latest?.1)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn version(id: &str, create_time: Option<i64>) -> Version<'_> {
        Version {
            version_id: Some(id),
            create_time,
        }
    }

    #[test]
    fn the_newest_version_is_the_one_created_last_in_whatever_order() {
        let mut versions = [
            version("v1", Some(10)),
            version("v3", Some(30)),
            version("v2", Some(20)),
        ];
        assert_eq!(newest(&versions), Some("v3"));
        assert_eq!(previous(&versions), Some("v2"));
        versions.reverse();
        assert_eq!(newest(&versions), Some("v3"));
        assert_eq!(previous(&versions), Some("v2"));
    }

    #[test]
    fn of_versions_of_one_second_the_first_listed_counts_and_the_next_was_before_it() {
        let versions = [
            version("b", Some(10)),
            version("a", Some(10)),
            version("c", Some(10)),
        ];
        assert_eq!(newest(&versions), Some("b"));
        assert_eq!(previous(&versions), Some("a"));
    }

    #[test]
    fn a_current_version_that_appeared_is_preferred() {
        let versions = [version("v9", Some(99)), version(CURRENT, Some(1))];
        assert_eq!(newest(&versions), Some(CURRENT));
    }

    #[test]
    fn before_the_alias_is_what_was_created_before_it_and_never_what_it_stands_for() {
        for (versions, before) in [
            (
                vec![("SSM_Current", 30), ("old", 20), ("older", 10)],
                Some("old"),
            ),
            (
                vec![("v3", 30), ("v2", 20), ("SSM_Current", 30)],
                Some("v2"),
            ),
            (vec![("SSM_Current", 10), ("v2", 20), ("v3", 30)], None),
            (vec![("SSM_Current", 10)], None),
        ] {
            let versions: Vec<Version<'_>> = versions
                .iter()
                .map(|(id, created)| version(id, Some(*created)))
                .collect();
            assert_eq!(previous(&versions), before);
        }
    }

    #[test]
    fn a_version_that_is_called_previous_is_meant_by_its_name() {
        let versions = [
            version("v3", Some(30)),
            version("v2", Some(20)),
            version(PREVIOUS, Some(10)),
        ];
        assert_eq!(previous(&versions), Some(PREVIOUS));
    }

    #[test]
    fn versions_without_id_or_time_do_no_harm() {
        assert_eq!(newest(&[]), None);
        assert_eq!(previous(&[]), None);
        let nameless = Version {
            version_id: None,
            create_time: Some(5),
        };
        let versions = [nameless, version("", Some(9)), version("v", None)];
        assert_eq!(newest(&versions), Some("v"));
        assert_eq!(previous(&versions), None);
        let twice = [version("v", Some(2)), version("v", Some(1))];
        assert_eq!(previous(&twice), None);
    }

    proptest! {
        #[test]
        fn the_order_of_versions_of_different_times_does_not_matter(
            times in vec(0..1_000_i64, 0..10),
            alias in any::<bool>(),
            turn in any::<prop::sample::Index>(),
        ) {
            let mut times = times;
            times.sort();
            times.dedup();
            let named: Vec<(String, i64)> = times
                .iter()
                .enumerate()
                .map(|(at, time)| (format!("v{at}"), *time))
                .collect();
            let mut versions: Vec<Version<'_>> =
                named.iter().map(|(id, time)| version(id, Some(*time))).collect();
            if alias && let Some(last) = times.last() {
                versions.push(version(CURRENT, Some(*last)));
            }
            let expected = named.iter().rev().nth(1).map(|(id, _)| id.as_str());
            if !versions.is_empty() {
                let at = turn.index(versions.len());
                versions.rotate_left(at);
            }
            prop_assert_eq!(previous(&versions), expected);
        }
    }
}

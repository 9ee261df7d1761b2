//! Values of properties, and errors that name the property.
//!
//! No error quotes what was given: a key may have slipped into the wrong property.

use alloc::format;
use core::{ops::RangeInclusive, time::Duration};

use ssm::{Error, duration_text};

/// A boolean in any spelling that Dapr takes.
pub(crate) fn boolean(property: &str, text: &str) -> Result<bool, Error> {
    values::boolean(text).ok_or_else(|| {
        Error::invalid_config(format!(
            "{property} is neither true nor false: write one of them"
        ))
    })
}

/// A whole number within `range`.
pub(crate) fn number(property: &str, text: &str, range: RangeInclusive<u32>) -> Result<u32, Error> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            Error::invalid_config(format!(
                "{property} is not a whole number from {} to {}",
                range.start(),
                range.end()
            ))
        })
}

/// A duration of `min` to `max` milliseconds, in the syntax of [`values::duration`].
pub(crate) fn duration(
    property: &str,
    text: &str,
    (min, max): (u64, u64),
) -> Result<Duration, Error> {
    let duration = values::duration(text).ok_or_else(|| {
        Error::invalid_config(format!(
            "{property} is not a duration: write a number with its unit, such as 500ms, 30s or \
             1m30s"
        ))
    })?;
    let (min, max) = (Duration::from_millis(min), Duration::from_millis(max));
    if (min..=max).contains(&duration) {
        return Ok(duration);
    }
    Err(Error::invalid_config(format!(
        "{property} is out of range: it may be from {} to {}",
        duration_text(min),
        duration_text(max)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_duration_is_refused_and_not_quoted() {
        for text in ["", "30", "-1s", "five", "99999999999h"] {
            let error = duration("timeout", text, (0, u64::MAX)).unwrap_err();
            assert!(
                error.message.starts_with("timeout is not a duration"),
                "{text}"
            );
        }
        let error = duration("timeout", "AKIDs3cr3t", (0, u64::MAX)).unwrap_err();
        assert!(!error.message.contains("s3cr3t"));
    }

    #[test]
    fn durations_and_numbers_out_of_range_tell_the_range() {
        let error = duration("timeout", "1h", (1_000, 600_000)).unwrap_err();
        assert!(error.message.contains("from 1s to 600s"), "{error}");
        for text in ["0", "257", "-1", "1.5", "x", "99999999999"] {
            let error = number("maxInFlight", text, 1..=256).unwrap_err();
            assert!(error.message.contains("from 1 to 256"), "{error}");
        }
        assert_eq!(number("maxInFlight", " 64 ", 1..=256), Ok(64));
    }

    #[test]
    fn what_is_no_boolean_is_refused_by_the_name_of_its_property() {
        assert_eq!(boolean("legacyKeys", "TRUE"), Ok(true));
        assert_eq!(boolean("legacyKeys", "off"), Ok(false));
        let error = boolean("legacyKeys", "maybe").unwrap_err();
        assert!(error.message.starts_with("legacyKeys"));
    }
}

//! Values of properties: booleans, whole numbers, durations.
//!
//! No error quotes what was given: a key may have slipped into the wrong property.

use std::{ops::RangeInclusive, time::Duration};

use ssm::{Error, duration_text};

/// A boolean in any spelling that Dapr takes.
pub(crate) fn boolean(property: &str, text: &str) -> Result<bool, Error> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(Error::invalid_config(format!(
            "{property} is neither true nor false: write one of them"
        ))),
    }
}

/// A whole number within `range`.
pub(crate) fn number(property: &str, text: &str, range: RangeInclusive<u32>) -> Result<u32, Error> {
    let number = text.trim().parse().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            Error::invalid_config(format!(
                "{property} is not a whole number from {} to {}",
                range.start(),
                range.end()
            ))
        })
}

/// A duration of `min` to `max` milliseconds, in the syntax of Go's `time.ParseDuration`: `30s`,
/// `1m30s`, `1.5s`, `500ms`.
pub(crate) fn duration(
    property: &str,
    text: &str,
    (min, max): (u64, u64),
) -> Result<Duration, Error> {
    let duration = go_duration(text.trim()).ok_or_else(|| {
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

fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total: u64 = 0;
    loop {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(number_len);
        let unit_len = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        total = total.checked_add(nanos(number, unit)?)?;
        if after.is_empty() {
            return Some(Duration::from_nanos(total));
        }
        rest = after;
    }
}

fn nanos(number: &str, unit: &str) -> Option<u64> {
    let unit: u64 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut nanos = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        nanos = nanos.checked_add(u64::from(digit.to_digit(10)?) * place)?;
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: (u64, u64) = (0, u64::MAX);

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, millis) in [
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("1.5s", 1_500),
            (".5s", 500),
            ("1.s", 1_000),
            ("500ms", 500),
            ("1h", 3_600_000),
            ("1h1ms", 3_600_001),
            ("2000us", 2),
            ("+5s", 5_000),
            ("0", 0),
            (" 7s ", 7_000),
        ] {
            let duration = duration("timeout", text, ANY).unwrap();
            assert_eq!(duration, Duration::from_millis(millis), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_and_not_quoted() {
        for text in [
            "",
            "30",
            "s",
            ".",
            ".s",
            "-1s",
            "1d",
            "1 s",
            "1s2",
            "1.2.3s",
            "five",
            "1e3s",
            "99999999999h",
        ] {
            let error = duration("timeout", text, ANY).unwrap_err();
            assert!(
                error.message.starts_with("timeout is not a duration"),
                "{text}"
            );
        }
        let error = duration("timeout", "AKIDs3cr3t", ANY).unwrap_err();
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
    fn booleans_are_read_as_dapr_reads_them() {
        for text in ["true", "TRUE", "t", "yes", "Y", "on", "1"] {
            assert_eq!(boolean("legacyKeys", text), Ok(true));
        }
        for text in ["false", "F", "no", "n", "off", "0"] {
            assert_eq!(boolean("legacyKeys", text), Ok(false));
        }
        let error = boolean("legacyKeys", "maybe").unwrap_err();
        assert!(error.message.starts_with("legacyKeys"));
    }
}

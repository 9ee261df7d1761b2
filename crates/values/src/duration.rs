//! Go's durations.

use core::time::Duration;

/// The longest duration that Go knows, in nanoseconds: about 292 years.
const MAX: u64 = i64::MAX as u64;

/// A duration in the syntax of Go's `time.ParseDuration`
/// (<https://pkg.go.dev/time#ParseDuration>): `30s`, `1m30s`, `1.5h`, `500ms`, `0`.
///
/// Never negative. Outer blanks do not matter; parts of a nanosecond are cut off. `None` for any
/// other text (a number without its unit, such as `30`, is one) and for more than Go can hold.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total: u64 = 0;
    loop {
        let number_len = rest.find(|c: char| !is_of_number(c))?;
        let (number, after) = rest.split_at(number_len);
        let unit_len = after.find(is_of_number).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        total = total.checked_add(nanos(number, unit)?)?;
        if after.is_empty() {
            return (total <= MAX).then(|| Duration::from_nanos(total));
        }
        rest = after;
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn nanos(number: &str, unit: &str) -> Option<u64> {
    let unit: u64 = match unit {
        "ns" => 1,
        // Go takes both letters: the micro sign (U+00B5) and the Greek mu (U+03BC).
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
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
    let whole: u64 = match whole {
        "" => 0,
        digits => digits.parse().ok()?,
    };
    // From the last digit to the first, so that what is cut off never adds up.
    let fraction = fraction.chars().rev().try_fold(0, |less, digit| {
        Some((u64::from(digit.to_digit(10)?) * unit + less) / 10)
    });
    whole.checked_mul(unit)?.checked_add(fraction?)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::{string::String, vec::Vec};

    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, millis) in [
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("1.5s", 1_500),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("1.s", 1_000),
            ("500ms", 500),
            ("1h", 3_600_000),
            ("1h1ms", 3_600_001),
            ("1s1h", 3_601_000),
            ("2000us", 2),
            ("2000µs", 2),
            ("2000μs", 2),
            ("3000000ns", 3),
            ("+5s", 5_000),
            ("0", 0),
            ("+0", 0),
            ("0s", 0),
            (" 7s ", 7_000),
            ("\t+7s\n", 7_000),
        ] {
            assert_eq!(
                duration(text),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn fractions_are_exact_to_the_nanosecond() {
        for (text, nanos) in [
            ("0.000000001s", 1),
            ("0.0000000019s", 1),
            ("1.9ns", 1),
            ("0.1h", 360_000_000_000),
            ("0.000000000009h", 32),
            ("0.333333333333333333333333333333h", 1_199_999_999_999),
            ("0.999999999999999999999999999999m", 59_999_999_999),
        ] {
            assert_eq!(duration(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "", " ", "30", "+", "++1s", "+ 1s", "s", ".", ".s", "-1s", "-0", "1d", "1 s", "1s2",
            "1s 2s", "1s-2s", "1.2.3s", "five", "1e3s", "NaNs", "infs", "1S", "١s", "1µ",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn what_go_cannot_hold_is_refused() {
        assert_eq!(
            duration("9223372036854775807ns"),
            Some(Duration::from_nanos(MAX))
        );
        for text in [
            "9223372036854775808ns",
            "99999999999h",
            "18446744073709551615ns1ns",
            "18446744073709551616ns",
            "18446744073709549568s2047s",
            "2562047h47m16.854775808s",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn no_short_text_is_a_panic() {
        let alphabet = "019.+- nuµμmshé";
        let mut texts = Vec::from([String::new()]);
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text| {
                alphabet.chars().map(move |next| {
                    let mut text = text.clone();
                    text.push(next);
                    text
                })
            });
            texts = longer.collect();
            for text in &texts {
                let _ = duration(text);
            }
        }
        assert_eq!(texts.len(), 15_usize.pow(4));
    }
}

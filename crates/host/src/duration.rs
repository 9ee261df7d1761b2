//! Durations in Go's notation, which Dapr's YAML uses.

use std::time::Duration;

/// A duration such as `500ms`, `30s` or `1m30s` (<https://pkg.go.dev/time#ParseDuration>), never
/// negative.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total = None;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| c.is_ascii_alphabetic())?);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let number: f64 = number.parse().ok()?;
        let part = Duration::try_from_secs_f64(number * seconds(unit)?).ok()?;
        total = Some(total.unwrap_or(Duration::ZERO).checked_add(part)?);
        rest = after;
    }
    total
}

fn seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("0", 0),
        ] {
            let expected = Some(Duration::from_millis(milliseconds));
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in ["", "30", "-1s", "1d", "s", "1s2", "NaNs"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

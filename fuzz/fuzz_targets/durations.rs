//! Durations as Go reads them, by another reading with wide numbers; booleans as Dapr does.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;

const UNITS: [(&str, u128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Nanoseconds of one text; `Err` where it is too long for this reading.
fn reference(text: &str) -> Result<Option<u128>, ()> {
    let text = text.trim();
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Some(0));
    }
    let mut total = 0_u128;
    loop {
        let is_unit = |c: char| c != '.' && !c.is_ascii_digit();
        let Some(end) = rest.find(is_unit) else {
            return Ok(None);
        };
        let (number, after) = rest.split_at(end);
        let end = after.find(|c| !is_unit(c)).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if whole.len() + part.len() > 24 {
            return Err(());
        }
        let digits = format!("{whole}{part}");
        let unit = UNITS.iter().find(|(name, _)| *name == unit);
        let (Some((_, unit)), Ok(digits)) = (unit, digits.parse::<u128>()) else {
            return Ok(None);
        };
        total += digits * unit / 10_u128.pow(u32::try_from(part.len()).unwrap());
        if after.is_empty() {
            return Ok(Some(total).filter(|total| *total <= i64::MAX.unsigned_abs().into()));
        }
        rest = after;
    }
}

fuzz_target!(|text: &str| {
    let ours = values::duration(text);
    if let Ok(expected) = reference(text) {
        assert_eq!(ours.as_ref().map(Duration::as_nanos), expected);
    }
    let word = text.trim().to_ascii_lowercase();
    let boolean = match &*word {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    };
    assert_eq!(values::boolean(text), boolean);
    assert_eq!(values::is_truthy(text), boolean == Some(true));
});

//! Amounts as Kubernetes writes them.

/// What a suffix of Kubernetes' quantities multiplies by, the binary ones first.
const SUFFIXES: [(&str, u64); 12] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

/// The whole number of bytes that `text` says as a quantity of Kubernetes: `512Mi`, `1.5G`, `4096`.
/// `None` if it says none, a part of a byte or more than fits.
/// (<https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>)
#[must_use]
pub fn quantity(text: &str) -> Option<u64> {
    let (digits, unit) = SUFFIXES
        .into_iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, unit)))
        .unwrap_or((text, 1));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = number(whole)?.checked_mul(unit.into())?;
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = number(fraction)?.checked_mul(unit.into())?;
    if part % scale != 0 {
        return None;
    }
    u64::try_from(whole.checked_add(part / scale)?).ok()
}

/// Nothing is zero: `.5` and `5.` are numbers to Kubernetes.
fn number(digits: &str) -> Option<u128> {
    digits.bytes().try_fold(0_u128, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        sum.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("512Mi", 512 << 20),
            ("1.5Gi", 3 << 29),
            (".5k", 500),
            ("5.M", 5_000_000),
            ("15Ei", 15 << 60),
            ("2Ki", 2 << 10),
            ("2Gi", 2 << 30),
            ("2Ti", 2 << 40),
            ("2Pi", 2 << 50),
            ("2G", 2_000_000_000),
            ("2T", 2_000_000_000_000),
            ("2P", 2_000_000_000_000_000),
            ("2E", 2_000_000_000_000_000_000),
        ] {
            assert_eq!(quantity(text), Some(bytes), "{text}");
        }
        for text in [
            "",
            ".",
            "Mi",
            "-1",
            "+1",
            "1m",
            "1 Mi",
            "1mi",
            "0.5",
            "16Ei",
            "99999999999999999999999999999999999999999999",
            "0.00000000000000000000000000000000000000000001Ei",
        ] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }
}

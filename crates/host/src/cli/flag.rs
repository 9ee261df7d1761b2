//! Flags as daprd takes them: with one dash, booleans with and without a value, quantities.

use std::ffi::OsString;

/// The arguments with two dashes where a long flag has one, as daprd reads its own.
pub(super) fn with_two_dashes(
    arguments: impl IntoIterator<Item = OsString>,
) -> impl Iterator<Item = OsString> {
    arguments.into_iter().map(|argument| {
        let bytes = argument.as_encoded_bytes();
        // Not `-h`, not `-`, and no number.
        let is_long = bytes.len() > 2 && bytes[0] == b'-' && bytes[1].is_ascii_alphabetic();
        if !is_long {
            return argument;
        }
        let mut longer = OsString::from("-");
        longer.push(argument);
        longer
    })
}

/// A boolean in any spelling of Dapr's.
pub(super) fn boolean(text: &str) -> Result<bool, String> {
    values::boolean(text).ok_or_else(|| "say true or false".to_owned())
}

/// A number of bytes as Kubernetes writes it: `4Mi`, `500k`, `1.5Gi`, `4194304`. What is not more
/// than nothing is no limit, as for daprd.
pub(super) fn quantity(text: &str) -> Result<usize, String> {
    let wrong = || "say a number of bytes, such as 4Mi".to_owned();
    let end = text.find(|it: char| it.is_ascii_alphabetic());
    let (written, suffix) = text.split_at(end.unwrap_or(text.len()));
    let unit: u128 = match suffix {
        "" => 1,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        _ => return Err(wrong()),
    };
    let (is_negative, number) = match written.strip_prefix('-') {
        Some(number) => (true, number),
        None => (false, written.strip_prefix('+').unwrap_or(written)),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |digits: &str| {
        let is_number = digits.bytes().all(|it| it.is_ascii_digit()) && digits.len() <= 18;
        is_number.then(|| digits.parse::<u128>().ok()).flatten()
    };
    let wholes = digits(whole).ok_or_else(wrong)?;
    let parts = digits(part).ok_or_else(wrong)?;
    // At most 18 digits.
    let scale = 10_u128.pow(u32::try_from(part.len()).unwrap_or_default());
    let bytes = wholes * unit + parts * unit / scale;
    if is_negative || bytes == 0 {
        return Ok(usize::MAX);
    }
    usize::try_from(bytes).map_err(|_| wrong())
}

/// A number of MiB, as `--dapr-http-max-request-size` has it.
pub(super) fn mebibytes(text: &str) -> Result<usize, String> {
    quantity(&format!("{text}Mi"))
}

/// A number of KiB, as `--dapr-http-read-buffer-size` has it.
pub(super) fn kibibytes(text: &str) -> Result<usize, String> {
    quantity(&format!("{text}Ki"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dash_is_two() {
        let given = ["-app-id", "-x", "-h", "--app-id", "-", "-1", "-15", "shop"];
        let read = with_two_dashes(given.map(OsString::from));
        let expected = ["--app-id", "-x", "-h", "--app-id", "-", "-1", "-15", "shop"];
        assert!(read.eq(expected.map(OsString::from)));
    }

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, bytes) in [
            ("4Mi", Some(4 << 20)),
            ("16k", Some(16_000)),
            ("1.5Ki", Some(1_536)),
            ("4194304", Some(4 << 20)),
            ("0", Some(usize::MAX)),
            ("-1", Some(usize::MAX)),
            ("", None),
            ("Mi", None),
            ("4mi", None),
            ("4 Mi", None),
            ("1.2.3", None),
            ("999999999999999999Gi", None),
        ] {
            assert_eq!(quantity(text).ok(), bytes, "{text}");
        }
        assert_eq!(mebibytes("8"), Ok(8 << 20));
        assert_eq!(mebibytes("-1"), Ok(usize::MAX));
        assert!(kibibytes("4Ki").is_err());
    }
}

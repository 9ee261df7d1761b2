//! Base64 (RFC 4648), undone.

use alloc::vec::Vec;

/// The bytes of `text`, if it is base64 in the standard alphabet: padded or not, in one line or
/// several.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.trim_ascii_end().trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'\r' | b'\n' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    // What is left over is less than a digit, and nothing.
    (count < 6 && bits == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_are_undone_padded_or_not() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
            let bare = text.trim_end_matches('=');
            assert_eq!(decode(bare).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decode("Zm9v\r\nYmFy\n").unwrap(), b"foobar");
        assert_eq!(decode("+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
    }

    #[test]
    fn what_is_no_base64_is_not_taken_for_some() {
        for text in [
            "Z", "A", "Zm9vZ", "Zm9vA", "Zh==", "Zm9=", "Zm 9v", "Zm9v-_", "=Zm9v", "é",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}

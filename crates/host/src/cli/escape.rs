//! Text from outside on a line of ours: whoever writes it must not end the line, move a terminal's
//! cursor, or show text in another order than it is.

use std::borrow::Cow;

/// `text` on one line.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    with(text, self::text)
}

/// `text` with what `escape` gives in the place of characters.
pub(super) fn with(text: &str, escape: fn(char) -> Option<String>) -> Cow<'_, str> {
    if !text.chars().any(is_foul) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match escape(character) {
            Some(instead) => escaped.push_str(&instead),
            None => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// As Rust writes it: `\n`, `\u{2028}`.
pub(super) fn text(character: char) -> Option<String> {
    is_foul(character).then(|| match character {
        '\n' | '\r' | '\t' => character.escape_default().to_string(),
        _ => character.escape_unicode().to_string(),
    })
}

/// As JSON writes it, wherever in JSON it stands: these characters stand only in its strings.
pub(super) fn json(character: char) -> Option<String> {
    is_foul(character).then(|| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    })
}

/// Controls, separators of lines, and what turns the direction of text.
fn is_foul(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_foul_is_escaped() {
        for (given, as_text, as_json) in [
            ("a\nb\r\tc", "a\\nb\\r\\tc", "a\\u000ab\\u000d\\u0009c"),
            ("\u{1b}[2J", "\\u{1b}[2J", "\\u001b[2J"),
            ("\u{2028}\u{202e}", "\\u{2028}\\u{202e}", "\\u2028\\u202e"),
            ("a\\n \"你\"", "a\\n \"你\"", "a\\n \"你\""),
        ] {
            assert_eq!(line(given), as_text);
            assert_eq!(with(given, json), as_json);
        }
    }
}

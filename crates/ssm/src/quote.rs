//! Text of the server's in messages of ours.

use alloc::string::String;

/// The longest text of the server's that goes into a message, in characters.
const MAX_QUOTE: usize = 300;

/// Text from the server, fit for an error message: one line, shortened, without `secrets`.
pub(crate) fn quote(text: &str, secrets: &[&str]) -> String {
    let mut line = String::new();
    let mut rest = text;
    let mut length = 0;
    while let Some(next) = rest.chars().next()
        && length < MAX_QUOTE
    {
        let after_secret = secrets
            .iter()
            .filter(|secret| !secret.is_empty())
            .filter_map(|secret| rest.strip_prefix(secret))
            // The longest: a part of one may be another.
            .min_by_key(|after| after.len());
        if let Some(after) = after_secret {
            line.push_str("[removed]");
            rest = after;
        } else {
            line.push(if next.is_control() { ' ' } else { next });
            rest = rest.strip_prefix(next).unwrap_or_default();
        }
        length += 1;
    }
    while line.ends_with([' ', '.']) {
        line.pop();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_one_short_line_without_secrets() {
        assert_eq!(
            quote("key=hunter2\r\ntoken=abc.\n", &["hunter2", "", "abc"]),
            "key=[removed]  token=[removed]"
        );
        assert_eq!(quote("AKIDlonger", &["AKID", "AKIDlonger"]), "[removed]");
        let long = "é".repeat(1000);
        assert_eq!(quote(&long, &[]).chars().count(), MAX_QUOTE);
    }
}

//! Dapr's booleans.

const TRUE: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
const FALSE: [&str; 6] = ["false", "f", "no", "n", "off", "0"];

/// A boolean, in any spelling that Dapr takes for true
/// (<https://pkg.go.dev/github.com/dapr/kit/utils#IsTruthy>) or in its counterpart for false.
///
/// Case and outer blanks do not matter. `None` for any other text: where a wrong value must be
/// reported, not taken for false as by [`is_truthy`].
pub fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_among = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    match (is_among(&TRUE), is_among(&FALSE)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Whether Dapr takes `text` for true (`IsTruthy` of its kit); any other text is false.
pub fn is_truthy(text: &str) -> bool {
    boolean(text) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans_are_read_as_dapr_reads_them() {
        for text in ["true", "TRUE", "t", "yes", "Y", "on", "1", " Yes\n"] {
            assert_eq!(boolean(text), Some(true), "{text}");
            assert!(is_truthy(text), "{text}");
        }
        for text in ["false", "F", "no", "n", "off", "0", " Off "] {
            assert_eq!(boolean(text), Some(false), "{text}");
            assert!(!is_truthy(text), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_no_boolean_and_not_true() {
        for text in ["", " ", "x", "maybe", "tru", "truee", "2", "y es", "ｙ"] {
            assert_eq!(boolean(text), None, "{text}");
            assert!(!is_truthy(text), "{text}");
        }
    }
}

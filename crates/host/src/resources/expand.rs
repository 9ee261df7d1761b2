//! `$NAME` and `${NAME}` in a text, as Go's `os.ExpandEnv` reads them.

use zeroize::Zeroizing;

/// Stands for the variable behind it that could not be filled in: its number, then [`END`].
const BEGIN: char = '\u{E000}';
const END: char = '\u{E001}';

/// A text with its variables filled in.
pub(super) struct Expanded {
    pub(super) text: Zeroizing<String>,
    /// What could not be filled in, as it may be shown.
    unresolved: Vec<String>,
}

impl Expanded {
    /// `value` gives the value of a variable, if it is set.
    pub(super) fn of(text: &str, value: impl Fn(&str) -> Option<String>) -> Self {
        let mut expanded = Self {
            text: Zeroizing::default(),
            unresolved: Vec::new(),
        };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.text.push_str(before);
            let (name, length) = variable(after);
            match name {
                // No name follows: the sign stands for itself.
                "" if length == 0 => expanded.text.push('$'),
                name => match value(name) {
                    Some(value) => expanded.text.push_str(&value),
                    None => expanded.mark(name),
                },
            }
            rest = after.get(length..).unwrap_or_default();
        }
        expanded.text.push_str(rest);
        expanded
    }

    fn mark(&mut self, name: &str) {
        let mark = format!("{BEGIN}{}{END}", self.unresolved.len());
        self.text.push_str(&mark);
        // Between braces may stand anything.
        let shown = !name.is_empty() && name.len() <= 64 && !name.contains(|c| !is_of_name(c));
        let name = if shown { name } else { "{…}" };
        self.unresolved.push(format!("${name}"));
    }

    /// The first variable that is missing in `text`, a part of this text after parsing.
    pub(super) fn missing_in(&self, text: &str) -> Option<&str> {
        // What stands for a variable may stand in the text too.
        text.split(BEGIN).skip(1).find_map(|behind| {
            let (number, _) = behind.split_once(END)?;
            let number: usize = number.parse().ok()?;
            self.unresolved.get(number).map(String::as_str)
        })
    }

    /// All that is missing.
    pub(super) fn missing(&self) -> &[String] {
        &self.unresolved
    }
}

/// The name at the start of `text`, and how long it is with its braces.
fn variable(text: &str) -> (&str, usize) {
    if let Some(inside) = text.strip_prefix('{') {
        return match inside.split_once('}') {
            Some((name, _)) => (name, name.len() + 2),
            None => ("", 1),
        };
    }
    let special = text
        .chars()
        .next()
        .filter(|c| "*#$@!?-0123456789".contains(*c));
    let length = match special {
        Some(_) => 1,
        None => text.find(|c| !is_of_name(c)).unwrap_or(text.len()),
    };
    (text.get(..length).unwrap_or_default(), length)
}

fn is_of_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Expanded {
        Expanded::of(text, |name| match name {
            "A" | "LONG_1" => Some(format!("<{name}>")),
            _ => None,
        })
    }

    #[test]
    fn variables_are_filled_in_as_go_does() {
        for (text, filled) in [
            ("$A.${A}x$LONG_1-", "<A>.<A>x<LONG_1>-"),
            ("plain", "plain"),
            ("a $ b$", "a $ b$"),
            ("ü$A", "ü<A>"),
        ] {
            assert_eq!(*expanded(text).text, filled, "{text}");
        }
    }

    #[test]
    fn what_is_missing_can_be_found_again_behind_the_parser() {
        for (text, name) in [
            ("x$NOT.y", "$NOT"),
            ("${NOT}", "$NOT"),
            ("$$", "${…}"),
            ("${}", "${…}"),
            ("${never closed", "${…}"),
            ("${s3cr3t: }", "${…}"),
            ("\u{e000}: $NOT", "$NOT"),
            ("\u{e000}7\u{e001}$NOT", "$NOT"),
        ] {
            let expanded = expanded(text);
            assert_eq!(expanded.missing_in(&expanded.text), Some(name), "{text}");
            assert_eq!(expanded.missing(), [name]);
            assert_eq!(expanded.missing_in("something else"), None);
        }
    }
}

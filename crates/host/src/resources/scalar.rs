//! What a YAML scalar means: YAML 1.1 as daprd's parser reads it
//! (<https://github.com/kubernetes-sigs/yaml/blob/v1.4.0/goyaml.v2/resolve.go>).

use zeroize::Zeroizing;

/// A scalar as it stands in the file, and what that is. It has no `Debug`: it may be a key.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) written: Zeroizing<String>,
    pub(super) meaning: Meaning,
}

/// What a scalar is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer beyond `i64`.
    Large(u64),
    Float(f64),
    Text,
}

impl Scalar {
    pub(super) fn null() -> Self {
        Self {
            written: Zeroizing::default(),
            meaning: Meaning::Null,
        }
    }

    /// `tag` is what follows YAML's own `!!`, where there is such a tag.
    pub(super) fn new(written: String, plain: bool, tag: Option<&str>) -> Result<Self, String> {
        let meaning = match tag {
            None if plain => Meaning::of(&written),
            None | Some("str" | "timestamp") => Meaning::Text,
            Some(tag @ ("bool" | "int" | "float" | "null")) => {
                tagged(tag, Meaning::of(&written))
                    .ok_or_else(|| format!("what has the tag !!{tag} here is none"))?
            }
            Some("binary") => return Err("the tag !!binary is not read here".to_owned()),
            Some(_) => Meaning::Text,
        };
        if matches!(meaning, Meaning::Float(float) if !float.is_finite()) {
            return Err("a number is expected that JSON has, or text in quotes".to_owned());
        }
        Ok(Self {
            written: Zeroizing::new(written),
            meaning,
        })
    }

    /// What it is where text is expected; `None` for null.
    pub(super) fn text(&self) -> Option<String> {
        Some(match self.meaning {
            Meaning::Null => return None,
            Meaning::Float(float) => short(float),
            Meaning::Text => self.written.to_string(),
            meaning => meaning.json(),
        })
    }
}

fn tagged(tag: &str, meaning: Meaning) -> Option<Meaning> {
    match (tag, meaning) {
        ("bool", Meaning::Bool(_))
        | ("int", Meaning::Int(_) | Meaning::Large(_))
        | ("float", Meaning::Float(_))
        | ("null", Meaning::Null) => Some(meaning),
        #[expect(clippy::cast_precision_loss, reason = "as the tag asks for")]
        ("float", Meaning::Int(int)) => Some(Meaning::Float(int as f64)),
        _ => None,
    }
}

impl Meaning {
    fn of(plain: &str) -> Self {
        let not_numbers = match plain {
            "" | "~" | "null" | "Null" | "NULL" => Some(Self::Null),
            "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                Some(Self::Bool(true))
            }
            "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off"
            | "OFF" => Some(Self::Bool(false)),
            ".nan" | ".NaN" | ".NAN" => Some(Self::Float(f64::NAN)),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
                Some(Self::Float(f64::INFINITY))
            }
            "-.inf" | "-.Inf" | "-.INF" => Some(Self::Float(f64::NEG_INFINITY)),
            _ => None,
        };
        not_numbers.unwrap_or_else(|| number(plain).unwrap_or(Self::Text))
    }

    /// As Go writes it into JSON; nothing for text.
    pub(super) fn json(self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(int) => int.to_string(),
            Self::Large(int) => int.to_string(),
            Self::Float(float) => long(float),
            Self::Text => String::new(),
        }
    }
}

fn number(plain: &str) -> Option<Meaning> {
    let first = plain.chars().next()?;
    if first == '.' {
        return float(plain);
    }
    if !matches!(first, '0'..='9' | '+' | '-') {
        return None;
    }
    let digits = plain.replace('_', "");
    integer(&digits).or_else(|| float(&digits))
}

/// Go's integers with a prefix for their base; a leading 0 is octal.
fn integer(digits: &str) -> Option<Meaning> {
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let prefixed = |prefixes: [&str; 2]| prefixes.iter().find_map(|it| unsigned.strip_prefix(it));
    let (digits_alone, base) = if let Some(rest) = prefixed(["0x", "0X"]) {
        (rest, 16)
    } else if let Some(rest) = prefixed(["0b", "0B"]) {
        (rest, 2)
    } else if let Some(rest) = prefixed(["0o", "0O"]) {
        (rest, 8)
    } else if let Some(rest) = unsigned.strip_prefix('0').filter(|rest| !rest.is_empty()) {
        (rest, 8)
    } else {
        (unsigned, 10)
    };
    if !digits_alone.chars().all(|digit| digit.is_digit(base)) {
        return None;
    }
    let sign = if digits.starts_with('-') { "-" } else { "" };
    if let Ok(int) = i64::from_str_radix(&format!("{sign}{digits_alone}"), base) {
        return Some(Meaning::Int(int));
    }
    let without_sign = unsigned.len() == digits.len();
    let large = u64::from_str_radix(digits_alone, base).ok()?;
    without_sign.then_some(Meaning::Large(large))
}

/// A decimal number, with or without a point and an exponent.
fn float(text: &str) -> Option<Meaning> {
    let digits = text
        .chars()
        .all(|c| matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
    // Too large a number is text, as in Go.
    let float: f64 = text.parse().ok().filter(|_| digits)?;
    float.is_finite().then_some(Meaning::Float(float))
}

/// Go's JSON text of a number.
fn long(float: f64) -> String {
    let size = float.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return exponent(&format!("{float:e}"), 1);
    }
    float.to_string()
}

/// Go's text of a number where text is expected, which has the precision of an `f32`.
#[expect(clippy::cast_possible_truncation, reason = "as daprd's parser does")]
fn short(float: f64) -> String {
    let float = float as f32;
    let scientific = format!("{float:e}");
    let power = scientific.split_once('e').map(|(_, power)| power.parse());
    match power {
        Some(Ok(-4..6)) => float.to_string(),
        _ => exponent(&scientific, 2),
    }
}

/// Rust's `1e21` is `1e+21` in Go, with at least `digits` digits after the sign.
fn exponent(scientific: &str, digits: usize) -> String {
    let Some((mantissa, power)) = scientific.split_once('e') else {
        return scientific.to_owned();
    };
    let (sign, power) = match power.strip_prefix('-') {
        Some(power) => ('-', power),
        None => ('+', power),
    };
    format!("{mantissa}e{sign}{power:0>digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_daprds_parser_makes_of_them() {
        for (written, json, text) in [
            ("yes", "true", Some("true")),
            ("Off", "false", Some("false")),
            ("yEs", "", Some("yEs")),
            ("~", "null", None),
            ("0600", "384", Some("384")),
            ("0o17", "15", Some("15")),
            ("0x1F", "31", Some("31")),
            ("-0b11", "-3", Some("-3")),
            ("08", "8", Some("8")),
            ("1_000", "1000", Some("1000")),
            ("+5", "5", Some("5")),
            (
                "18446744073709551615",
                "18446744073709551615",
                Some("18446744073709551615"),
            ),
            (
                "123456789012345678901234567890",
                "1.2345678901234568e+29",
                Some("1.2345679e+29"),
            ),
            ("1.50", "1.5", Some("1.5")),
            ("1.0", "1", Some("1")),
            (".5", "0.5", Some("0.5")),
            ("5.", "5", Some("5")),
            ("1e3", "1000", Some("1000")),
            ("1e6", "1000000", Some("1e+06")),
            ("1e21", "1e+21", Some("1e+21")),
            ("1e-7", "1e-7", Some("1e-07")),
            ("1e999", "", Some("1e999")),
            ("1:30", "", Some("1:30")),
            ("2026-11-25", "", Some("2026-11-25")),
            ("1.2.3", "", Some("1.2.3")),
            ("-", "", Some("-")),
            ("0x", "", Some("0x")),
            ("_1", "", Some("_1")),
            ("nan", "", Some("nan")),
        ] {
            let scalar = Scalar::new(written.to_owned(), true, None).ok().unwrap();
            assert_eq!(scalar.meaning.json(), json, "{written}");
            assert_eq!(scalar.text().as_deref(), text, "{written}");
        }
    }

    #[test]
    fn quotes_and_tags_say_what_a_scalar_is() {
        let of = |written: &str, plain, tag| {
            let scalar = Scalar::new(written.to_owned(), plain, tag);
            scalar.map(|scalar| (scalar.meaning.json(), scalar.text().unwrap_or_default()))
        };
        let pair = |json: &str, text: &str| Ok((json.to_owned(), text.to_owned()));
        assert_eq!(of("0600", false, None), pair("", "0600"));
        assert_eq!(of("yes", true, Some("str")), pair("", "yes"));
        assert_eq!(of("5", false, Some("int")), pair("5", "5"));
        assert_eq!(of("5", true, Some("float")), pair("5", "5"));
        for (written, tag) in [("a", "int"), ("5", "bool"), ("YQ==", "binary")] {
            let refused = of(written, true, Some(tag)).unwrap_err();
            assert!(refused.contains(tag), "{refused}");
        }
        assert!(of(".inf", true, None).is_err());
    }
}

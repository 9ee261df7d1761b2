//! From a secret's value to the map that Dapr hands to the app.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec::Vec,
};

use ssm::{Json, SecretValue, Value};

/// How the map of a secret differs from the plain one, which has the value as its only entry.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// A value that is a JSON object becomes one entry a field.
    pub(crate) multiple: bool,
    /// Adds what Dapr's Go component adds: `SecretValueType` and `RequestID`.
    pub(crate) legacy: bool,
}

/// The entries for `secret`, which the app knows as `name`; sorted, never empty.
///
/// A secret's own entry is never displaced by a legacy one of the same name.
pub(crate) fn entries(name: &str, secret: SecretValue, shape: Shape) -> Vec<(String, String)> {
    let fields = match &secret.value {
        Value::Text(text) if shape.multiple => fields(text),
        _ => None,
    };
    let value_type = match secret.value {
        Value::Text(_) => "10",
        Value::Binary(_) => "20",
    };
    let mut entries = Entries::default();
    if shape.legacy {
        entries.put("SecretValueType".to_owned(), value_type.to_owned());
        entries.put("RequestID".to_owned(), secret.request_id);
    }
    match (fields, secret.value) {
        (Some(fields), _) => {
            for (key, value) in fields.0 {
                entries.put(key, value);
            }
        }
        (None, Value::Text(text) | Value::Binary(text)) => entries.put(name.to_owned(), text),
    }
    entries.0
}

/// Entries in the order of their keys, each key once.
#[derive(Default)]
struct Entries(Vec<(String, String)>);

impl Entries {
    /// A later value takes the place of an earlier one.
    fn put(&mut self, key: String, value: String) {
        match self.0.binary_search_by(|(there, _)| there.cmp(&key)) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }
}

/// The fields of a JSON object: strings as they are, anything else as the JSON text that stands
/// there, so that no number loses a digit. `None` if it is not an object or has no fields.
fn fields(text: &str) -> Option<Entries> {
    let Some(Json::Object(_)) = Json::parse(text.as_bytes()) else {
        return None;
    };
    let decoded = |json: &str| match Json::parse(json.as_bytes()) {
        Some(Json::Text(text)) => text.to_string(),
        _ => json.to_owned(),
    };
    let mut entries = Entries::default();
    for (key, value) in cut(text) {
        entries.put(decoded(key), decoded(value));
    }
    Some(entries).filter(|entries| !entries.0.is_empty())
}

/// Cuts a valid JSON object into its keys and values, each still JSON.
fn cut(object: &str) -> Vec<(&str, &str)> {
    let part = |from: usize, to: usize| object.get(from..to).unwrap_or_default().trim_ascii();
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let (mut start, mut key) = (0, "");
    let mut fields = Vec::new();
    for (at, byte) in object.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b':' if depth == 1 => (key, start) = (part(start, at), at + 1),
            b',' | b'}' if depth == 1 && !key.is_empty() => {
                fields.push((key, part(start, at)));
                (key, start) = ("", at + 1);
            }
            b'{' | b'[' => {
                depth += 1;
                if depth == 1 {
                    start = at + 1;
                }
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};
    use serde_json::Value as Reading;

    use super::*;

    const PLAIN: Shape = Shape {
        multiple: false,
        legacy: false,
    };
    const MULTIPLE: Shape = Shape {
        multiple: true,
        legacy: false,
    };
    const LEGACY: Shape = Shape {
        multiple: false,
        legacy: true,
    };

    fn map(name: &str, value: Value, shape: Shape) -> Vec<(String, String)> {
        let secret = SecretValue {
            name: "full-name".into(),
            version_id: "v1".into(),
            value,
            request_id: "r-1".into(),
        };
        entries(name, secret, shape)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect()
    }

    #[test]
    fn by_default_there_is_the_value_and_nothing_else() {
        assert_eq!(map("x", text("v"), PLAIN), pairs(&[("x", "v")]));
        assert_eq!(
            map("x", text(r#"{"a":"b"}"#), PLAIN),
            pairs(&[("x", r#"{"a":"b"}"#)])
        );
        let binary = Value::Binary("aGk=".into());
        assert_eq!(map("x", binary, PLAIN), pairs(&[("x", "aGk=")]));
    }

    #[test]
    fn a_json_object_becomes_one_entry_a_field_and_keeps_every_digit() {
        let value = r#"{"user":"root","q":"a\"b","port":3306,"big":12345678901234567890123,
            "on":true , "none":null,"list":[1, 2],"deep":{"a":"b,}:"},"":"e\u00e9",
            "k\"ey:":"}", "on" : false }"#;
        assert_eq!(
            map("x", text(value), MULTIPLE),
            pairs(&[
                ("", "eé"),
                ("big", "12345678901234567890123"),
                ("deep", r#"{"a":"b,}:"}"#),
                ("k\"ey:", "}"),
                ("list", "[1, 2]"),
                ("none", "null"),
                ("on", "false"),
                ("port", "3306"),
                ("q", "a\"b"),
                ("user", "root"),
            ])
        );
    }

    #[test]
    fn what_is_no_json_object_with_fields_stays_whole() {
        for value in [
            "plain",
            "",
            "[1]",
            "\"s\"",
            "{}",
            r#"{"a":1"#,
            "7",
            &"[".repeat(500_000),
        ] {
            assert_eq!(map("x", text(value), MULTIPLE), pairs(&[("x", value)]));
        }
        let binary = Value::Binary("e30=".into());
        assert_eq!(map("x", binary, MULTIPLE), pairs(&[("x", "e30=")]));
    }

    #[test]
    fn legacy_entries_never_displace_the_value() {
        assert_eq!(
            map("x", text("v"), LEGACY),
            pairs(&[("RequestID", "r-1"), ("SecretValueType", "10"), ("x", "v")])
        );
        assert_eq!(
            map("RequestID", text("v"), LEGACY),
            pairs(&[("RequestID", "v"), ("SecretValueType", "10")])
        );
        let binary = Value::Binary("aGk=".into());
        assert_eq!(
            map("SecretValueType", binary, LEGACY),
            pairs(&[("RequestID", "r-1"), ("SecretValueType", "aGk=")])
        );
    }

    /// Any JSON, as text with any white space.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|flag| flag.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?",
            string(),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(" , "))),
                object(inner),
            ]
        })
    }

    /// A JSON string of characters that could mislead: quotes, brackets, escapes.
    fn string() -> impl Strategy<Value = String> {
        let plain = any::<String>().prop_map(|text| Reading::from(text).to_string());
        let sly = "[\"\\\\{}\\[\\]:, a]{0,8}".prop_map(|text| Reading::from(text).to_string());
        let escaped = "\"(\\\\u00[0-7][0-9a-f]|\\\\[bfnrt/\"\\\\]|[a-z]){0,6}\"";
        prop_oneof![plain, sly, escaped]
    }

    fn object(values: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
        let space = "[ \n\t\r]{0,2}";
        let key = prop_oneof![string(), Just("\"a\"".to_owned())];
        let field = (space, key, space, space, values, space).prop_map(
            |(before, key, after, ahead, value, behind)| {
                format!("{before}{key}{after}:{ahead}{value}{behind}")
            },
        );
        vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")))
    }

    proptest! {
        #[test]
        fn the_entries_are_what_serde_json_reads(value in prop_oneof![4 => object(json()), 1 => json()]) {
            let entries = map("x", text(&value), MULTIPLE);
            // A number that is too large for it is no JSON to serde_json, and so is not to us.
            match serde_json::from_str(&value) {
                Ok(Reading::Object(fields)) if !fields.is_empty() => {
                    let keys: Vec<&String> = entries.iter().map(|(key, _)| key).collect();
                    let mut expected: Vec<&String> = fields.keys().collect();
                    expected.sort();
                    prop_assert_eq!(keys, expected);
                    for (key, entry) in &entries {
                        match &fields[key] {
                            Reading::String(text) => prop_assert_eq!(entry, text),
                            other => {
                                let read: Reading = serde_json::from_str(entry).unwrap();
                                prop_assert_eq!(&read, other);
                            }
                        }
                    }
                }
                _ => prop_assert_eq!(entries, pairs(&[("x", &value)])),
            }
        }

        #[test]
        fn text_that_is_nearly_json_stays_whole_or_is_read_as_serde_json_does(
            value in object(json()),
            at in any::<prop::sample::Index>(),
            byte in "[\"\\\\{}\\[\\]:,0 ]",
        ) {
            let mut places: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
            places.push(value.len());
            let at = places[at.index(places.len())];
            let spoilt = format!("{}{byte}{}", &value[..at], &value[at..]);
            let entries = map("x", text(&spoilt), MULTIPLE);
            let fields = match serde_json::from_str(&spoilt) {
                Ok(Reading::Object(fields)) => fields.len(),
                _ => 0,
            };
            if fields == 0 {
                prop_assert_eq!(entries, pairs(&[("x", &spoilt)]));
            } else {
                prop_assert_eq!(entries.len(), fields);
            }
        }
    }
}

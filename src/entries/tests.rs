use proptest::{collection, prelude::*};
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

fn key_pair() -> SshKeyPair {
    SshKeyPair {
        private_key: "-----BEGIN x".into(),
        public_key: "ssh-rsa y".into(),
        key_id: "skey-1".into(),
        key_name: "login".into(),
    }
}

#[test]
fn an_ssh_key_pair_is_its_private_key_or_one_entry_each_of_what_is_there() {
    let pair = || Value::SshKey(key_pair());
    assert_eq!(map("x", pair(), PLAIN), pairs(&[("x", "-----BEGIN x")]));
    assert_eq!(
        map("x", pair(), MULTIPLE),
        pairs(&[
            ("KeyId", "skey-1"),
            ("KeyName", "login"),
            ("PrivateKey", "-----BEGIN x"),
            ("PublicKey", "ssh-rsa y"),
        ])
    );
    let alone = Value::SshKey(SshKeyPair {
        public_key: String::new(),
        key_id: String::new(),
        key_name: String::new(),
        ..key_pair()
    });
    assert_eq!(
        map("x", alone, MULTIPLE),
        pairs(&[("PrivateKey", "-----BEGIN x")])
    );
    assert_eq!(
        map("x", pair(), LEGACY),
        pairs(&[
            ("RequestID", "r-1"),
            ("SecretValueType", "10"),
            ("x", "-----BEGIN x")
        ])
    );
}

#[test]
fn a_products_secret_is_one_entry_or_one_a_field() {
    let value = r#"{"UserName":"app","Password":"p,\"w"}"#;
    assert_eq!(map("x", text(value), PLAIN), pairs(&[("x", value)]));
    assert_eq!(
        map("x", text(value), MULTIPLE),
        pairs(&[("Password", "p,\"w"), ("UserName", "app")])
    );
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
            collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(" , "))),
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
    collection::vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")))
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

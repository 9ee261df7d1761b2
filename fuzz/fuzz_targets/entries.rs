//! A secret's value becomes entries as `serde_json` reads it: the fields of an object, texts
//! decoded, anything else as it stands there, of two of one name the last; or the value alone.

#![no_main]

extern crate alloc;

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use ssm::{SecretValue, Value};

#[path = "../../src/entries.rs"]
mod entries;

use entries::{Shape, entries as read};

fuzz_target!(|text: &str| {
    let secret = SecretValue {
        name: "full-name".to_owned(),
        version_id: "v1".to_owned(),
        value: Value::Text(text.to_owned()),
        request_id: "r-1".to_owned(),
    };
    let shape = Shape {
        multiple: true,
        legacy: false,
    };
    let ours: BTreeMap<_, _> = read("name", secret, shape).into_iter().collect();
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text).unwrap_or_default();
    // 128 levels are the store's limit, and `RawValue` has none.
    let fields =
        Some(fields).filter(|it| !it.is_empty() && ssm::Json::parse(text.as_bytes()).is_some());
    let expected: BTreeMap<_, _> = match fields {
        None => [("name".to_owned(), text.to_owned())].into(),
        Some(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let plain = serde_json::from_str::<String>(value.get());
                (name, plain.unwrap_or_else(|_| value.get().to_owned()))
            })
            .collect(),
    };
    assert_eq!(ours, expected);
});

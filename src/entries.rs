//! From a secret's value to the map that Dapr hands to the app.

use alloc::{
    borrow::ToOwned,
    string::{String, ToString},
    vec,
    vec::Vec,
};

use ssm::{Json, SecretValue, SshKeyPair, Value};

/// How the map of a secret differs from the plain one, which has the value as its only entry.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// A value that is a JSON object becomes one entry a field, an SSH key pair one each.
    pub(crate) multiple: bool,
    /// Adds what Dapr's Go component adds: `SecretValueType` and `RequestID`.
    pub(crate) legacy: bool,
}

/// The entries for `secret`, which the app knows as `name`; sorted, never empty.
///
/// A secret's own entry is never displaced by a legacy one of the same name.
pub(crate) fn entries(name: &str, secret: SecretValue, shape: Shape) -> Vec<(String, String)> {
    let value_type = match secret.value {
        Value::Text(_) | Value::SshKey(_) => "10",
        Value::Binary(_) => "20",
    };
    let mut entries = Entries::default();
    if shape.legacy {
        entries.put("SecretValueType".to_owned(), value_type.to_owned());
        entries.put("RequestID".to_owned(), secret.request_id);
    }
    match secret.value {
        Value::SshKey(pair) if shape.multiple => put_pair(&mut entries, pair),
        Value::SshKey(pair) => entries.put(name.to_owned(), pair.private_key),
        Value::Binary(text) => entries.put(name.to_owned(), text),
        Value::Text(text) => {
            let several = if shape.multiple { fields(&text) } else { None };
            let one = || Entries(vec![(name.to_owned(), text)]);
            for (key, value) in several.unwrap_or_else(one).0 {
                entries.put(key, value);
            }
        }
    }
    entries.0
}

/// Without what SSM left out.
fn put_pair(entries: &mut Entries, pair: SshKeyPair) {
    let mut put = |key: &str, value: String| {
        if !value.is_empty() {
            entries.put(key.to_owned(), value);
        }
    };
    put("PrivateKey", pair.private_key);
    put("PublicKey", pair.public_key);
    put("KeyId", pair.key_id);
    put("KeyName", pair.key_name);
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
mod tests;

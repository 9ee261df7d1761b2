//! Parsed YAML, and how its values become the strings that a component gets.

use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

/// A parsed document. Its texts are wiped when dropped, because some are keys.
pub(super) struct Yaml(pub(super) Value);

impl Drop for Yaml {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The field `name` of an object, matched without regard to case as Go's JSON decoder does; an
/// exact match counts more.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    const NOTHING: &Value = &Value::Null;
    let Value::Object(fields) = value else {
        return NOTHING;
    };
    let folded = || {
        let mut fields = fields.iter();
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name))
    };
    fields
        .get(name)
        .or_else(|| folded().map(|(_, value)| value))
        .unwrap_or(NOTHING)
}

/// The text in the field `name`; absent, `null` and empty are alike.
pub(super) fn text(value: &Value, name: &str) -> Result<Option<String>, String> {
    match field(value, name) {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        _ => Err(format!("{name} is not text: put it in quotes")),
    }
}

/// The texts in the list `name`; absent is empty.
pub(super) fn texts(value: &Value, name: &str) -> Result<Vec<String>, String> {
    let wrong = || format!("{name} is not a list of texts");
    match field(value, name) {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) => list
            .iter()
            .map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        _ => Err(wrong()),
    }
}

/// What an item's `value` is for the component: text as it is, anything else as compact JSON.
pub(super) fn property(value: &Value) -> Option<Zeroizing<String>> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(Zeroizing::new(text)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_text_as_in_dapr() {
        for (value, expected) in [
            (json!("as it is"), Some("as it is")),
            (json!("3"), Some("3")),
            (json!(3), Some("3")),
            (json!(1.5), Some("1.5")),
            (json!(true), Some("true")),
            (
                json!({"b": 1, "a": [true, null]}),
                Some(r#"{"a":[true,null],"b":1}"#),
            ),
            (json!(""), None),
            (json!(null), None),
        ] {
            let text = property(&value);
            assert_eq!(text.as_ref().map(|text| text.as_str()), expected, "{value}");
        }
    }

    #[test]
    fn fields_match_without_regard_to_case_and_exactly_first() {
        let value = json!({"SecretKeyRef": 1, "NAME": "upper", "name": "exact"});
        assert_eq!(field(&value, "secretKeyRef"), &json!(1));
        assert_eq!(text(&value, "name"), Ok(Some("exact".to_owned())));
        assert_eq!(text(&value, "absent"), Ok(None));
        assert!(text(&value, "secretKeyRef").is_err());
        assert_eq!(field(&json!("no object"), "name"), &Value::Null);
    }
}

//! What is printed.

use serde_json::{Map, Value, json};

/// A secret that has one value is that value; one with several is a JSON object.
pub fn plain(data: &[(String, String)]) -> String {
    match data {
        [(_, value)] => value.clone(),
        many => object(many).to_string(),
    }
}

/// Keys and values as a JSON object.
pub fn object(data: &[(String, String)]) -> Value {
    let entry = |(key, value)| (key, Value::String(value));
    Value::Object(data.iter().cloned().map(entry).collect::<Map<_, _>>())
}

/// An error on one line: for people, or as JSON.
pub fn failure(
    json: bool,
    kind: &str,
    message: &str,
    code: Option<&str>,
    request_id: Option<&str>,
    retryable: bool,
) -> String {
    if json {
        let error = json!({
            "kind": kind,
            "message": message,
            "code": code,
            "requestId": request_id,
            "retryable": retryable,
        });
        return error.to_string();
    }
    format!("{kind}: {message}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn one_value_is_printed_as_it_is() {
        assert_eq!(plain(&pairs(&[("token", "a\"b\n")])), "a\"b\n");
    }

    #[test]
    fn several_values_are_an_object() {
        let data = pairs(&[("user", "root"), ("password", "x\"y")]);
        assert_eq!(plain(&data), r#"{"password":"x\"y","user":"root"}"#);
        assert_eq!(plain(&[]), "{}");
    }

    #[test]
    fn an_error_begins_with_its_kind() {
        let said = |json| failure(json, "throttled", "wait", Some("Limit"), None, true);
        assert_eq!(said(false), "throttled: wait");
        assert_eq!(
            said(true),
            r#"{"code":"Limit","kind":"throttled","message":"wait","requestId":null,"retryable":true}"#
        );
    }
}

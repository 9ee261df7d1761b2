//! What is answered over HTTP.

use std::{collections::BTreeMap, io};

use serde::Serialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::ApiError;

/// An answer over HTTP. Its body may hold secrets: it is wiped when dropped, and there is no
/// `Debug`.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers: lower-case names with values in ASCII.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body; nothing with 204.
    pub body: Zeroizing<String>,
}

impl Answer {
    /// The header that says which of the contract's error kinds made a call fail; Dapr has none.
    pub const KIND: &str = "dapr-error-kind";

    /// One secret: its keys and values. A secret without any is 204.
    pub fn secret<'a>(data: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let data: BTreeMap<_, _> = data.into_iter().collect();
        if data.is_empty() {
            return Self::empty();
        }
        Self::json(200, &data)
    }

    /// Many secrets: names, each with its keys and values.
    pub fn secrets<'a, D>(secrets: impl IntoIterator<Item = (&'a str, D)>) -> Self
    where
        D: IntoIterator<Item = (&'a str, &'a str)>,
    {
        let data = |data: D| data.into_iter().collect::<BTreeMap<_, _>>();
        let secrets = secrets.into_iter().map(|(name, it)| (name, data(it)));
        Self::json(200, &secrets.collect::<BTreeMap<_, _>>())
    }

    /// One of many secrets as [`Self::secrets`] writes it, `"name":{…}`: for who writes them one after
    /// the other, sorted by name, in braces and with a line's end.
    pub fn entry<'a>(
        name: &str,
        data: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Zeroizing<String> {
        let data: BTreeMap<_, _> = data.into_iter().collect();
        let mut entry = as_go(&name);
        entry.push(':');
        entry.push_str(&as_go(&data));
        entry
    }

    /// The length of [`Self::entry`] in bytes.
    pub fn entry_length<'a>(
        name: &str,
        data: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> usize {
        let data: BTreeMap<_, _> = data.into_iter().collect();
        length_as_go(&name) + ":".len() + length_as_go(&data)
    }

    /// The header of a body of them.
    pub const JSON: (&str, &str) = ("content-type", "application/json");

    /// What `GET /v1.0/metadata` tells; `components` are objects of `name`, `type`, `version` and
    /// `capabilities`.
    pub fn metadata(
        app_id: &str,
        runtime_version: &str,
        components: &[serde_json::Value],
        extended: &BTreeMap<String, String>,
    ) -> Self {
        let metadata = json!({
            "id": app_id,
            "runtimeVersion": runtime_version,
            "actorRuntime": { "runtimeStatus": "DISABLED", "hostReady": false },
            "components": components,
            "extended": extended,
        });
        Self::json(200, &metadata)
    }

    /// Done, and nothing to tell.
    pub fn empty() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Zeroizing::default(),
        }
    }

    /// The token is missing or wrong.
    pub fn unauthorized() -> Self {
        Self::text(401, "invalid api token\n")
    }

    /// A request that is none, said as Go's server says it.
    pub fn bad_request(why: &str) -> Self {
        Self::text(400, &format!("400 Bad Request: {why}"))
    }

    /// A part of the path cannot be unescaped.
    pub(crate) fn not_unescaped() -> Self {
        let why = "failed to unescape request parameter: a % is not followed by two hexadecimal \
                   digits, or it is not UTF-8\n";
        Self::text(400, why)
    }

    fn text(status: u16, text: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", "text/plain; charset=utf-8")],
            body: text.to_owned().into(),
        }
    }

    fn json(status: u16, value: &impl Serialize) -> Self {
        let mut body = as_go(value);
        body.push('\n');
        Self {
            status,
            headers: vec![Self::JSON],
            body,
        }
    }
}

/// How long what [`as_go`] writes is.
fn length_as_go(value: &impl Serialize) -> usize {
    let mut length = Length(0);
    // It fails as little as there.
    let _ = serde_json::to_writer(&mut length, value);
    length.0
}

/// Counts what is written to it, in bytes, with what Go's encoder escapes besides.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let angled = text
            .iter()
            .filter(|byte| matches!(byte, b'<' | b'>' | b'&'));
        let lines = text
            .windows(3)
            .filter(|part| matches!(part, [0xe2, 0x80, 0xa8 | 0xa9]));
        self.0 += text.len() + 5 * angled.count() + 3 * lines.count();
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As Go's encoder writes it, byte for byte, but for the line's end.
fn as_go(value: &impl Serialize) -> Zeroizing<String> {
    // Only text, and maps with text as keys, come here, which always can be written.
    let mut body = Zeroizing::new(serde_json::to_string(value).unwrap_or_default());
    for (character, escaped) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        if body.contains(character) {
            body = Zeroizing::new(body.replace(character, escaped));
        }
    }
    body
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        let body = json!({ "errorCode": error.code, "message": error.message });
        let mut answer = Self::json(error.http, &body);
        answer
            .headers
            .extend(error.kind.map(|kind| (Self::KIND, kind.name())));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn secrets_are_sorted_and_escaped_as_go_does() {
        let answer = Answer::secret([("b", "<&>"), ("a", "\u{2028}\"")]);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers, [("content-type", "application/json")]);
        assert_eq!(
            *answer.body,
            "{\"a\":\"\\u2028\\\"\",\"b\":\"\\u003c\\u0026\\u003e\"}\n"
        );
        let many = Answer::secrets([("z", vec![("k", "v")]), ("a", Vec::new())]);
        assert_eq!(*many.body, "{\"a\":{},\"z\":{\"k\":\"v\"}}\n");
        for text in [
            "",
            "<&>",
            "\u{2028}a\u{2029}",
            "\"\\\n\u{1}",
            "é<€\u{2027}",
            "\u{2028}",
        ] {
            let data = || [("k", text), (text, "v")];
            let length = Answer::entry(text, data()).len();
            assert_eq!(Answer::entry_length(text, data()), length, "{text:?}");
        }
        assert_eq!(
            *Answer::entry("<", [("k", "v")]),
            "\"\\u003c\":{\"k\":\"v\"}"
        );
    }

    #[test]
    fn no_data_is_no_content() {
        let answer = Answer::secret([]);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }

    #[test]
    fn an_error_has_daprs_code_and_the_kind_as_a_header() {
        let answer = Answer::from(ApiError::get("s", "k", Kind::NotFound, "not-found: no k"));
        assert_eq!(answer.status, 500);
        assert!(answer.headers.contains(&("dapr-error-kind", "not-found")));
        assert_eq!(
            *answer.body,
            "{\"errorCode\":\"ERR_SECRET_GET\",\"message\":\"failed getting secret with key k from \
             secret store s: not-found: no k\"}\n"
        );
    }
}

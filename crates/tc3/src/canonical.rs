//! Stages 1 and 2: the payload's hash and the canonical request.

use alloc::{string::String, vec::Vec};

use sha2::{Digest, Sha256};

use crate::error::SigningError;

/// What is signed of a request.
///
/// The bytes of `payload` must be the very bytes sent, and each header's value the value sent.
/// Control characters are refused everywhere but in `payload`: what is signed is lines of text.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `POST` or `GET`.
    pub method: &'a str,
    /// The path. API 3.0 has only `/`.
    pub path: &'a str,
    /// The query string as sent, without `?`. Empty for `POST`.
    pub query: &'a str,
    /// The headers to sign, in any order. `content-type` and `host` must be among them; more may
    /// be. Names are lower-cased and sorted, values lower-cased and trimmed, as the page asks.
    ///
    /// The official SDKs sign values as they are. Values without capitals or outer blanks, which
    /// is all that an SSM request needs, mean the same to both readings.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body. Empty for `GET`.
    pub payload: &'a [u8],
}

/// The canonical request (stage 2) and the list of the headers in it.
pub(crate) struct CanonicalRequest {
    text: String,
    signed_headers: String,
}

impl CanonicalRequest {
    pub(crate) fn new(request: &Request<'_>) -> Result<Self, SigningError> {
        let request_line = [request.method, request.path, request.query];
        if request_line.into_iter().any(has_control) {
            return Err(SigningError::MalformedRequestLine);
        }
        let headers = canonical_headers(request.headers)?;
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let signed_headers = names.join(";");

        let mut text = String::new();
        for line in request_line {
            text.push_str(line);
            text.push('\n');
        }
        for (name, value) in &headers {
            text.push_str(name);
            text.push(':');
            text.push_str(value);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&signed_headers);
        text.push('\n');
        text.push_str(&sha256_hex(request.payload));

        Ok(Self {
            text,
            signed_headers,
        })
    }

    #[cfg(test)]
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    pub(crate) fn sha256_hex(&self) -> String {
        sha256_hex(self.text.as_bytes())
    }
}

/// SHA-256 of `bytes`, in lower-case hex digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn canonical_headers(headers: &[(&str, &str)]) -> Result<Vec<(String, String)>, SigningError> {
    let mut canonical: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        // Colon and semicolon separate what is signed, and a line break would forge a line of it.
        if name.is_empty() || name.contains([':', ';']) || has_control(name) || has_control(value) {
            return Err(SigningError::MalformedHeader);
        }
        canonical.push((
            name.trim().to_ascii_lowercase(),
            value.trim().to_ascii_lowercase(),
        ));
    }
    canonical.sort();
    if canonical.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        return Err(SigningError::MalformedHeader);
    }
    for required in ["content-type", "host"] {
        if !canonical.iter().any(|(name, _)| name == required) {
            return Err(SigningError::MissingHeader(required));
        }
    }
    Ok(canonical)
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTENT_TYPE: (&str, &str) = ("content-type", "application/json");
    const HOST: (&str, &str) = ("host", "ssm.tencentcloudapi.com");

    fn canonical(headers: &[(&str, &str)]) -> Result<CanonicalRequest, SigningError> {
        CanonicalRequest::new(&Request {
            method: "POST",
            path: "/",
            query: "",
            headers,
            payload: b"{}",
        })
    }

    #[test]
    fn header_order_and_case_do_not_change_the_canonical_request() {
        let plain = canonical(&[CONTENT_TYPE, HOST]).unwrap();
        let mixed = canonical(&[
            ("Host", " SSM.tencentcloudapi.com "),
            ("Content-Type", "application/JSON"),
        ])
        .unwrap();
        assert_eq!(plain.as_str(), mixed.as_str());
        assert_eq!(plain.signed_headers(), "content-type;host");
    }

    #[test]
    fn a_header_that_could_forge_a_line_is_refused() {
        for bad in [
            ("x-tc-action", "a\nb"),
            ("x\ny", "a"),
            ("a;b", "c"),
            ("a:b", "c"),
            ("", "c"),
            HOST,
        ] {
            let result = canonical(&[CONTENT_TYPE, HOST, bad]);
            assert_eq!(result.err(), Some(SigningError::MalformedHeader));
        }
    }

    #[test]
    fn a_method_path_or_query_that_could_forge_a_line_is_refused() {
        let good = Request {
            method: "GET",
            path: "/",
            query: "Limit=10&Offset=0",
            headers: &[CONTENT_TYPE, HOST],
            payload: b"",
        };
        assert!(CanonicalRequest::new(&good).is_ok());
        for bad in [
            "a\nb", "\n", "a\rb", "\r\n", "a\0", "\tb", "\u{7f}", "\u{85}",
        ] {
            let (method, path, query) = (bad, bad, bad);
            for request in [
                Request { method, ..good },
                Request { path, ..good },
                Request { query, ..good },
            ] {
                let result = CanonicalRequest::new(&request);
                assert_eq!(
                    result.err(),
                    Some(SigningError::MalformedRequestLine),
                    "{bad:?}"
                );
            }
            let headers = [CONTENT_TYPE, HOST, (bad, "value")];
            assert_eq!(
                canonical(&headers).err(),
                Some(SigningError::MalformedHeader),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn content_type_and_host_must_be_signed() {
        let missing = |headers| canonical(headers).err();
        assert_eq!(
            missing(&[HOST]),
            Some(SigningError::MissingHeader("content-type"))
        );
        assert_eq!(
            missing(&[CONTENT_TYPE]),
            Some(SigningError::MissingHeader("host"))
        );
    }
}

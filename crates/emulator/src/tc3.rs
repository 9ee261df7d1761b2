//! The signature that TC3-HMAC-SHA256 demands of a request
//! (<https://www.tencentcloud.com/document/product/1078/38637>).
//!
//! Written apart from the crate `tc3`, so that one mistake cannot hide in both.

use hmac::{Hmac, KeyInit, Mac};
use http::request::Parts;
use sha2::{Digest, Sha256};

use crate::{reply::ApiError, time::utc_date};

/// The header `Authorization`, in its parts.
pub(crate) struct Authorization<'a> {
    pub(crate) secret_id: &'a str,
    date: &'a str,
    /// What the key was made for: `ssm` or `sts`.
    pub(crate) service: &'a str,
    signed_headers: &'a str,
    pub(crate) signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(crate) fn parse(value: &'a str) -> Result<Self, ApiError> {
        Self::split(value).ok_or_else(|| {
            ApiError::new(
                "AuthFailure.InvalidAuthorization",
                "The `Authorization` in the request header is invalid.",
            )
        })
    }

    fn split(value: &'a str) -> Option<Self> {
        let rest = value.strip_prefix("TC3-HMAC-SHA256 Credential=")?;
        let (credential, rest) = rest.split_once(", SignedHeaders=")?;
        let (signed_headers, signature) = rest.split_once(", Signature=")?;
        let mut parts = credential.split('/');
        let (secret_id, date, service) = (parts.next()?, parts.next()?, parts.next()?);
        let whole = parts.next() == Some("tc3_request") && parts.next().is_none();
        // The service is what the host's first label names: SSM, STS and nothing else.
        (whole && ["ssm", "sts"].contains(&service)).then_some(Self {
            secret_id,
            date,
            service,
            signed_headers,
            signature,
        })
    }
}

/// The signature that this request should have; `None` if it cannot have one.
pub(crate) fn signature(
    request: &Parts,
    body: &[u8],
    authorization: &Authorization<'_>,
    secret_key: &str,
    timestamp: &str,
) -> Option<String> {
    let mut signed: Vec<(String, String)> = Vec::new();
    for name in authorization.signed_headers.split(';') {
        let value = request.headers.get(name)?.to_str().ok()?;
        signed.push((name.to_owned(), value.trim().to_lowercase()));
    }
    let minimum = ["content-type", "host"];
    let in_order = signed.is_sorted_by(|a, b| a.0 < b.0);
    let enough = minimum
        .iter()
        .all(|needed| signed.iter().any(|(name, _)| name == needed));
    if !in_order || !enough || authorization.date != utc_date(timestamp.parse().ok()?) {
        return None;
    }

    let mut text = format!("{}\n{}\n", request.method, request.uri.path());
    text += request.uri.query().unwrap_or_default();
    text.push('\n');
    for (name, value) in &signed {
        text += &format!("{name}:{value}\n");
    }
    let body_hash = hex::encode(Sha256::digest(body));
    text += &format!("\n{}\n{body_hash}", authorization.signed_headers);

    let (date, service) = (authorization.date, authorization.service);
    let to_sign = format!(
        "TC3-HMAC-SHA256\n{timestamp}\n{date}/{service}/tc3_request\n{}",
        hex::encode(Sha256::digest(text.as_bytes()))
    );
    let mut key = format!("TC3{secret_key}").into_bytes();
    for part in [date, service, "tc3_request", &to_sign] {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        hmac.update(part.as_bytes());
        key = hmac.finalize().into_bytes().to_vec();
    }
    Some(hex::encode(key))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use http::Request;

    use super::*;

    /// The vectors that are shared with the crate `tc3`; this code has never seen that one.
    #[test]
    fn the_published_and_recorded_signatures_are_accepted_and_others_are_not() {
        let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tc3/vectors");
        let mut checked = 0;
        for case in fs::read_dir(vectors).unwrap() {
            let folder = case.unwrap().path();
            let Ok(context) = fs::read_to_string(folder.join("context.txt")) else {
                continue;
            };
            let field = |name: &str| {
                let prefix = format!("{name}=");
                let mut lines = context.lines();
                let found = lines.find_map(|line| line.strip_prefix(&prefix));
                found.unwrap_or_default().to_owned()
            };
            let authorization = fs::read_to_string(folder.join("6-authorization.txt")).unwrap();
            let mut request = Request::builder().method("POST").uri("/");
            let headers = context
                .lines()
                .filter_map(|line| line.strip_prefix("header="));
            for header in headers {
                let (name, value) = header.split_once(": ").unwrap();
                request = request.header(name, value);
            }
            let (request, ()) = request.body(()).unwrap().into_parts();
            let body = fs::read(folder.join("payload.bin")).unwrap();
            // The parser takes SSM and STS only; vectors of other services go in beneath it.
            let (_, credential) = authorization.split_once("Credential=").unwrap();
            let (credential, rest) = credential.split_once(", SignedHeaders=").unwrap();
            let (signed_headers, expected) = rest.split_once(", Signature=").unwrap();
            let parts: Vec<&str> = credential.split('/').collect();
            let authorization = Authorization {
                secret_id: parts[0],
                date: parts[1],
                service: parts[2],
                signed_headers,
                signature: expected,
            };
            let (key, time) = (field("secret-key"), field("timestamp"));
            let signed = signature(&request, &body, &authorization, &key, &time);
            assert_eq!(signed.as_deref(), Some(expected), "{}", folder.display());
            let other = signature(&request, b"{}x", &authorization, &key, &time);
            assert_ne!(other.as_deref(), Some(expected));
            checked += 1;
        }
        assert!(checked >= 24, "{checked}");
    }

    #[test]
    fn malformed_authorizations_are_refused() {
        let good = "TC3-HMAC-SHA256 Credential=a/2026-01-01/ssm/tc3_request, \
                    SignedHeaders=content-type;host, Signature=00";
        assert!(Authorization::parse(good).is_ok());
        for bad in [
            "",
            "SKIP",
            &good.replace("ssm", "cvm"),
            &good.replace("tc3_request", "tc3"),
            &good.replace(", Sig", ",Sig"),
            &good.replace("TC3-", "TC4-"),
        ] {
            assert!(Authorization::parse(bad).is_err(), "{bad}");
        }
    }
}

//! Stages 3, 5 and 6: the string to sign, the signature and the header.

use alloc::{format, string::String};

use zeroize::Zeroizing;

use crate::{
    canonical::{CanonicalRequest, Request},
    date::utc_date,
    error::SigningError,
    key::{TERMINATOR, hmac, ladder},
};

/// The name of the algorithm, as it stands in the header.
pub const ALGORITHM: &str = "TC3-HMAC-SHA256";

/// An API key. It has no `Debug`, so that it cannot be printed by accident.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    /// `SecretId`: names the key, stands in the header.
    pub secret_id: &'a str,
    /// `SecretKey`: never leaves this crate. Copies made of it are wiped.
    pub secret_key: &'a str,
}

/// Signs `request` for `service` (`ssm`, `sts`) at `timestamp`, in Unix seconds.
///
/// The same timestamp must be sent as `X-TC-Timestamp`. The server accepts it for five minutes
/// around its own clock. Action, version, region and token are not signed unless their headers
/// are in [`Request::headers`].
///
/// # Errors
/// [`SigningError`], when the input cannot be signed without ambiguity.
pub fn sign(
    request: &Request<'_>,
    key: &Key<'_>,
    service: &str,
    timestamp: u64,
) -> Result<Authorization, SigningError> {
    SigningKey::derive(key, service, timestamp)?.sign(request, timestamp)
}

/// The key of one day and one service, wiped when dropped. It saves a signature three of its four
/// HMACs. It has no `Debug`.
pub struct SigningKey {
    secret_id: String,
    date: String,
    service: String,
    key: Zeroizing<[u8; 32]>,
}

impl SigningKey {
    /// Derives the key for the day of `timestamp`, in Unix seconds.
    ///
    /// # Errors
    /// [`SigningError::TimestampOutOfRange`], if `timestamp` lies after the year 9999.
    pub fn derive(key: &Key<'_>, service: &str, timestamp: u64) -> Result<Self, SigningError> {
        let date = utc_date(timestamp).ok_or(SigningError::TimestampOutOfRange)?;
        let [_, _, signing] = ladder(key.secret_key, &date, service);
        Ok(Self {
            secret_id: key.secret_id.into(),
            date,
            service: service.into(),
            key: signing,
        })
    }

    /// Whether it signs requests of `timestamp`: they are of its day, in UTC.
    pub fn covers(&self, timestamp: u64) -> bool {
        utc_date(timestamp).is_some_and(|date| date == self.date)
    }

    /// Signs `request` at `timestamp`, as [`sign`] does.
    ///
    /// # Errors
    /// [`SigningError`]; [`SigningError::TimestampOutOfRange`] also if the key does not cover
    /// `timestamp`.
    pub fn sign(
        &self,
        request: &Request<'_>,
        timestamp: u64,
    ) -> Result<Authorization, SigningError> {
        let canonical = CanonicalRequest::new(request)?;
        if !self.covers(timestamp) {
            return Err(SigningError::TimestampOutOfRange);
        }
        let scope = credential_scope(&self.date, &self.service);
        let to_sign = Zeroizing::new(string_to_sign(timestamp, &scope, &canonical));
        let signature = Zeroizing::new(hex::encode(*hmac(&*self.key, to_sign.as_bytes())));

        let signed_headers = canonical.signed_headers();
        let header = Zeroizing::new(format!(
            "{ALGORITHM} Credential={}/{scope}, SignedHeaders={signed_headers}, Signature={}",
            self.secret_id, *signature
        ));
        Ok(Authorization { header })
    }
}

/// The credential scope: what the signing key is good for.
pub(crate) fn credential_scope(date: &str, service: &str) -> String {
    format!("{date}/{service}/{TERMINATOR}")
}

/// The string to sign (stage 3).
pub(crate) fn string_to_sign(timestamp: u64, scope: &str, canonical: &CanonicalRequest) -> String {
    let hash = canonical.sha256_hex();
    format!("{ALGORITHM}\n{timestamp}\n{scope}\n{hash}")
}

/// The value of an `Authorization` header. It has no `Debug` and is wiped when dropped: for five
/// minutes it is as good as the request it belongs to.
pub struct Authorization {
    header: Zeroizing<String>,
}

impl Authorization {
    /// `TC3-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`
    pub fn header_value(&self) -> &str {
        &self.header
    }

    /// The signature alone: 64 lower-case hex digits.
    pub fn signature(&self) -> &str {
        &self.header[self.header.len() - 64..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_key_is_good_for_its_day_and_no_other() {
        let key = Key {
            secret_id: "id",
            secret_key: "key",
        };
        let midnight = 1_700_006_400;
        let before = SigningKey::derive(&key, "ssm", midnight - 1).unwrap();
        assert!(before.covers(midnight - 86_400) && !before.covers(midnight));
        let refused = before.sign(&REQUEST, midnight).err();
        assert_eq!(refused, Some(SigningError::TimestampOutOfRange));
        let signed = before.sign(&REQUEST, midnight - 1).unwrap();
        let at_once = sign(&REQUEST, &key, "ssm", midnight - 1).unwrap();
        assert_eq!(signed.header_value(), at_once.header_value());
    }

    const REQUEST: Request<'_> = Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[
            ("content-type", "application/json"),
            ("host", "ssm.tencentcloudapi.com"),
        ],
        payload: b"{}",
    };
    const KEY: Key<'_> = Key {
        secret_id: "AKIDEXAMPLE",
        secret_key: "",
    };

    #[test]
    fn a_clock_beyond_the_year_9999_is_an_error_not_a_panic() {
        let result = sign(&REQUEST, &KEY, "ssm", u64::MAX);
        assert_eq!(result.err(), Some(SigningError::TimestampOutOfRange));
    }

    #[test]
    fn the_signature_is_the_end_of_the_header() {
        let authorization = sign(&REQUEST, &KEY, "ssm", 0).unwrap();
        let (_, signature) = authorization
            .header_value()
            .rsplit_once("Signature=")
            .unwrap();
        assert_eq!(authorization.signature(), signature);
        assert_eq!(signature.len(), 64);
    }
}

//! Keys that are given: static ones, or temporary ones that somebody else renews.

use alloc::{format, string::String};

use tc3::Key;
use zeroize::Zeroizing;

use crate::error::Error;

/// A static or temporary API key. Key and token are wiped when dropped; there is no `Debug`.
#[derive(Clone)]
pub struct Credentials {
    secret_id: Zeroizing<String>,
    secret_key: Zeroizing<String>,
    token: Option<Zeroizing<String>>,
}

impl Credentials {
    /// Checks and keeps a key; `token` belongs to temporary keys only.
    ///
    /// # Errors
    /// `InvalidConfig`, naming the property but not its value: an empty id or key, outer white
    /// space (the official SDKs refuse it as well), or an id or token that does not fit into a
    /// header.
    pub fn new(
        secret_id: Zeroizing<String>,
        secret_key: Zeroizing<String>,
        token: Option<Zeroizing<String>>,
    ) -> Result<Self, Error> {
        check("secretId", &secret_id)?;
        check("secretKey", &secret_key)?;
        header_safe("secretId", &secret_id)?;
        if let Some(token) = &token {
            check("token", token)?;
            header_safe("token", token)?;
        }
        Ok(Self {
            secret_id,
            secret_key,
            token,
        })
    }

    /// The id of the key, which requests show.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    pub(crate) fn key(&self) -> Key<'_> {
        Key {
            secret_id: &self.secret_id,
            secret_key: &self.secret_key,
        }
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.as_str())
    }

    /// Id, key and token (or nothing): what must not appear in a message.
    pub(crate) fn secrets(&self) -> [&str; 3] {
        [
            &self.secret_id,
            &self.secret_key,
            self.token().unwrap_or_default(),
        ]
    }
}

fn check(property: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::invalid_config(format!(
            "{property} is missing: set it in the component's metadata"
        )));
    }
    if value.trim() != value {
        return Err(Error::invalid_config(format!(
            "{property} begins or ends with white space (a line break from a file?): remove it"
        )));
    }
    Ok(())
}

fn header_safe(property: &str, value: &str) -> Result<(), Error> {
    if value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Error::invalid_config(format!(
        "{property} has characters that no key of Tencent Cloud has: copy it again"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(id: &str, key: &str, token: Option<&str>) -> Result<Credentials, Error> {
        let own = |text: &str| Zeroizing::new(text.to_owned());
        Credentials::new(own(id), own(key), token.map(own))
    }

    #[test]
    fn bad_keys_are_refused_by_name_and_never_quoted() {
        for (id, key, token, property) in [
            ("", "k3y", None, "secretId"),
            ("AKIDx", "", None, "secretKey"),
            ("AKIDx", "k3y\n", None, "secretKey"),
            (" AKIDx", "k3y", None, "secretId"),
            ("AKI\r\nDx", "k3y", None, "secretId"),
            ("AKIDx", "k3y", Some("t0k\nen"), "token"),
            ("AKIDx", "k3y", Some("t0kén"), "token"),
        ] {
            let error = credentials(id, key, token).err().expect("refused");
            assert!(error.message.starts_with(property), "{error}");
            for secret in ["AKI", "k3y", "t0k"] {
                assert!(!error.message.contains(secret), "{error}");
            }
        }
    }

    #[test]
    fn a_key_may_hold_any_character_inside() {
        assert!(credentials("AKIDx", "a b;\"é", Some("t")).is_ok());
    }
}

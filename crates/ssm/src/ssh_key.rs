//! Reading SSH key pairs.

use alloc::{borrow::ToOwned, format, string::String};

use crate::{
    actions::{Action, SecretValue, SshKeyPair, SshKeyPairAnswer, Value},
    ask::ask,
    base64,
    call::Caller,
    error::{Error, ErrorKind},
    names::VersionId,
    operation::Operation,
    transport::Transport,
    version_order::CURRENT,
};

/// Reads the SSH key pair of the secret `name`. It has no versions: asked for another than
/// `SSM_Current`, it is not found.
///
/// The answer names the key pair and not the secret, so whether it is this secret's is SSM's word.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
    version: Option<&VersionId>,
) -> Result<SecretValue, Error> {
    if let Some(version) = version.filter(|version| version.as_str() != CURRENT) {
        let version = version.as_str();
        let message = caller.shown(&format!(
            "the secret {name} is an SSH key pair, which has no versions (asked for: {version}): \
             leave the version out"
        ));
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    let subject = caller.shown(&format!("reading the SSH key pair {name}"));
    let action = Action::GetSshKeyPairValue;
    let asked = ask(caller, operation, action, name, None, &subject).await;
    let answer = asked.map_err(|mut error| {
        // This action has no codes of its own for a secret in such a state.
        if error.code.as_deref() == Some("ResourceUnavailable") {
            error
                .message
                .push_str("; or enable the secret, if it is disabled");
        }
        error
    })?;
    let fields = answer.fields(&subject, SshKeyPairAnswer::read)?;
    if fields.secret_name.is_some_and(|answered| answered != name) {
        return Err(answer.malformed(&subject, "is not for this secret"));
    }
    let pair = SshKeyPair {
        private_key: plain(fields.private_key),
        public_key: plain(fields.public_key),
        key_id: fields.key_id.unwrap_or_default().to_owned(),
        key_name: fields.key_name.unwrap_or_default().to_owned(),
    };
    if pair.private_key.is_empty() {
        return Err(answer.malformed(&subject, "holds no private key"));
    }
    Ok(SecretValue {
        name: name.to_owned(),
        version_id: String::new(),
        value: Value::SshKey(pair),
        request_id: answer.request_id.clone(),
    })
}

/// The key in its own form. SSM's documentation says that it is base64, its example shows PEM and
/// `ssh-rsa`: so base64 is undone where one of these comes out.
fn plain(key: Option<&str>) -> String {
    let key = key.unwrap_or_default();
    let decoded = base64::decode(key).and_then(|bytes| String::from_utf8(bytes).ok());
    decoded
        .filter(|decoded| decoded.starts_with("-----BEGIN") || decoded.starts_with("ssh-"))
        .unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(bytes: &[u8]) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let mut bits = 0_u32;
            for at in 0..3 {
                bits = bits << 8 | u32::from(chunk.get(at).copied().unwrap_or_default());
            }
            for at in 0..4 {
                let digit = alphabet[(bits >> (18 - 6 * at)) as usize & 63];
                text.push(if at > chunk.len() { '=' } else { digit.into() });
            }
        }
        text
    }

    proptest! {
        #[test]
        fn base64_of_a_key_is_undone_and_everything_else_stays_as_it_came(
            begin in prop_oneof![Just("-----BEGIN "), Just("ssh-"), Just("ssh"), Just("")],
            rest in any::<String>(),
        ) {
            let text = format!("{begin}{rest}");
            let encoded = encode(text.as_bytes());
            let is_key = text.starts_with("-----BEGIN") || text.starts_with("ssh-");
            let expected = if is_key { &text } else { &encoded };
            prop_assert_eq!(&plain(Some(&encoded)), expected);
            if is_key {
                prop_assert_eq!(&plain(Some(&text)), &text);
            }
        }
    }

    #[test]
    fn a_key_that_is_base64_by_itself_stays_so() {
        // The blob of an OpenSSH public key holds `ssh-rsa` behind its length.
        let blob = "AAAAB3NzaC1yc2EAAAADAQAB";
        assert_eq!(plain(Some(blob)), blob);
        assert_eq!(plain(Some("")), "");
        assert_eq!(plain(None), "");
    }
}

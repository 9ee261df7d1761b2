//! Which action reads a secret: GetSecretValue, or GetSSHKeyPairValue for SSH key pairs.
//!
//! A list says of which type its secrets are; a name does not. What a single read costs therefore
//! goes by the client's types: without SSH keys among them it is GetSecretValue alone, and with them a
//! secret of another type costs no call more. Only where GetSecretValue fails in a way that SSM may
//! have for a key pair, or gives the fields of one, the other action is tried, and the name remembered
//! if that reads it: from then on it is asked first. A client of SSH keys alone asks it first for every
//! name.

use crate::{
    actions::{SecretValue, Value},
    call::Caller,
    config::VersionLookup,
    error::{Error, ErrorKind},
    json::Json,
    names::VersionId,
    operation::Operation,
    remembered::Remembered,
    secret_type::SecretType,
    ssh_key,
    transport::Transport,
    version_order::CURRENT,
    versions,
};

/// What is known of secrets, for the life of a client. Never a value.
pub(crate) struct Known {
    lookup: VersionLookup,
    /// Whether a secret of unknown type may be an SSH key pair.
    among: bool,
    /// Whether every secret is one.
    all: bool,
    remembered: Remembered,
}

impl Known {
    /// For a client of secrets of these types.
    pub(crate) fn new(lookup: VersionLookup, types: &[SecretType]) -> Self {
        let among = types.contains(&SecretType::SshKey);
        Self {
            lookup,
            among,
            all: among && types.len() == 1,
            remembered: Remembered::new(),
        }
    }
}

/// What reads a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Value,
    SshKey,
}

/// Reads the secret `name`, of type `kind` where a list said so: `version`, or the current one.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    known: &Known,
    name: &str,
    kind: Option<SecretType>,
    version: Option<&VersionId>,
) -> Result<SecretValue, Error> {
    let remembered = &known.remembered;
    let was_ssh_key = remembered.is_ssh_key(name);
    // SSH key pairs have no versions, so another than the current one is none of theirs.
    let current = version.is_none_or(|version| version.as_str() == CURRENT);
    let (mut by, mut other) = match kind {
        Some(SecretType::SshKey) => (As::SshKey, None),
        None if known.among && current => {
            if known.all || was_ssh_key {
                (As::SshKey, Some(As::Value))
            } else {
                (As::Value, Some(As::SshKey))
            }
        }
        _ => (As::Value, None),
    };
    let mut first = None;
    // Every place that waits for an answer costs code, so there is one for each action.
    loop {
        let result = match by {
            As::Value => {
                versions::read(caller, operation, known.lookup, remembered, name, version).await
            }
            As::SshKey => ssh_key::read(caller, operation, name, version).await,
        };
        match (by, result.is_ok()) {
            (As::SshKey, true) if known.among => remembered.insert(name, None),
            (As::Value, true) if was_ssh_key && remembered.is_ssh_key(name) => {
                remembered.forget(name);
            }
            _ => {}
        }
        if let Some(second) = other.take().filter(|_| is_open(&result, by)) {
            first = Some(result);
            by = second;
            continue;
        }
        return match (first, result) {
            (Some(Err(first)), Err(second)) => Err(of_both(first, second, by)),
            (Some(Ok(secret)), Err(error)) if may_be_of_another_type(&error) => Ok(secret),
            (_, result) => result,
        };
    }
}

/// Whether the secret may be one for the other action, after `result` of this one.
fn is_open(result: &Result<SecretValue, Error>, by: As) -> bool {
    match result {
        Ok(secret) => by == As::Value && holds_key_pair(&secret.value),
        Err(error) => may_be_of_another_type(error),
    }
}

/// Whether GetSecretValue may have given a key pair by its fields, which would not be documented.
fn holds_key_pair(value: &Value) -> bool {
    let Value::Text(text) = value else {
        return false;
    };
    let json = Json::parse(text.as_bytes());
    json.is_some_and(|json| matches!(json.text("SSHKeyID"), Ok(Some(_))))
}

/// Whether SSM may have meant by `error` that this action does not read this secret: what it says then
/// is not documented. A denial counts, because a policy may allow a key pair's action alone.
fn may_be_of_another_type(error: &Error) -> bool {
    use ErrorKind::*;
    let said_of_the_secret = matches!(
        error.kind,
        NotFound | InvalidRequest | PermissionDenied | Internal
    );
    // That it is disabled, say, is so whatever its type, and so is what failed before SSM was asked.
    let open = (said_of_the_secret && !error.has_code("ResourceUnavailable"))
        || error.has_code("FailedOperation");
    open && !error.about_keys
}

/// The error of a read that both actions failed: the first's, because it is the likelier one to read
/// it. But where the second says that the secret is there and cannot be read, or nothing of it, that is
/// the answer, so that nobody takes a secret for missing that is there.
fn of_both(mut first: Error, mut second: Error, by: As) -> Error {
    let is_answer = second.retryable
        || second.about_keys
        || second.kind == ErrorKind::Unauthenticated
        || second.has_code("ResourceUnavailable")
        || second.code.is_none();
    if is_answer {
        second.message.push_str("; before that, ");
        second.message.push_str(&first.message);
        return second;
    }
    if by == As::SshKey && second.kind == ErrorKind::PermissionDenied {
        first.message.push_str(
            "; should it be an SSH key pair, allow ssm:GetSSHKeyPairValue for it as well",
        );
    }
    first
}

//! Which version of a secret is read.
//!
//! GetSecretValue requires a version. `SSM_Current` names the one in use, but a custom secret has
//! a version of this name only if it was made without naming one; else its newest is meant. The id
//! `previous` stands for the version before that one, unless the secret has a version of this name.

use alloc::{borrow::ToOwned, format, string::String};
use core::{
    future::Future,
    pin::{Pin, pin},
};

use futures_util::future::{Either, select};

use crate::{
    actions::{
        Action, GetSecretValue, ListSecretVersionIds, SecretValue, SecretValueAnswer, Value,
        Version, VersionsAnswer,
    },
    answer::Answer,
    call::{Call, Caller},
    config::VersionLookup,
    error::{Error, ErrorKind},
    names::VersionId,
    operation::Operation,
    remembered::Remembered,
    transport::Transport,
    version_order::{CURRENT, PREVIOUS, newest, previous},
};

/// Which version of a secret is its current one, as far as it is known.
pub(crate) struct Versions {
    lookup: VersionLookup,
    newest: Remembered<VersionId>,
}

impl Versions {
    pub(crate) fn new(lookup: VersionLookup) -> Self {
        Self {
            lookup,
            newest: Remembered::new(),
        }
    }
}

/// Reads `version` of the secret `name`, or its current version. `previous` costs the list of versions
/// besides.
///
/// A single read asks for what is probably the current version and for the list of versions at the same
/// time, where something makes it probable. At most one value is read in vain. A bulk read asks for one
/// after the other: the lists have the lowest rate, so it gains nothing, and it has enough in flight.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    versions: &Versions,
    name: &str,
    version: Option<&VersionId>,
) -> Result<SecretValue, Error> {
    if let Some(version) = version {
        if version.as_str() != PREVIOUS {
            return value(caller, operation, name, version.as_str()).await;
        }
        let previous = previous_version(caller, operation, name).await?;
        return value(caller, operation, name, &previous).await;
    }
    let remembered = versions.newest.get(name);
    let probable = remembered.as_ref().map_or(CURRENT, VersionId::as_str);
    let at_once = remembered.is_some() || versions.lookup == VersionLookup::Parallel;
    // Neither is sent before it is waited for.
    let mut reading = pin!(value(caller, operation, name, probable));
    let mut listing = pin!(newest_version(caller, operation, name));
    let (mut secret, mut newest) = (None, None);
    if at_once && !operation.bulk {
        match select(reading.as_mut(), listing.as_mut()).await {
            Either::Left((result, _)) => secret = Some(result),
            Either::Right((result, _)) => newest = Some(result),
        }
    }

    let mut missing = None;
    if remembered.is_none() {
        // It counts wherever it is there: of some secrets the list does not name it.
        match settle(secret.take(), reading.as_mut()).await {
            Err(error) if may_lack_version(&error) => missing = Some(error),
            result => return result,
        }
    }
    let newest = match settle(newest, listing).await {
        Ok(newest) => newest,
        // SSM said twice that it is not there: what it said of the value is the better answer.
        Err(error) if error.has_code("ResourceNotFound") => {
            versions.newest.forget(name);
            return Err(missing.unwrap_or(error));
        }
        Err(error) => return Err(error),
    };
    if remembered.is_some() && newest == probable {
        return settle(secret, reading).await;
    }
    if newest == CURRENT {
        versions.newest.forget(name);
        if let Some(error) = missing {
            return Err(error);
        }
    } else if let Ok(newest) = VersionId::parse(&newest) {
        versions.newest.insert(name, newest);
    }
    value(caller, operation, name, &newest).await
}

/// What came already, or what comes.
async fn settle<R>(came: Option<R>, comes: Pin<&mut impl Future<Output = R>>) -> R {
    match came {
        Some(result) => result,
        None => comes.await,
    }
}

/// Whether SSM may have meant by `error` that there is no such version. It has no code of its
/// own for that.
fn may_lack_version(error: &Error) -> bool {
    error.has_code("ResourceNotFound") || error.has_code("InvalidParameterValue")
}

async fn value<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
    version: &str,
) -> Result<SecretValue, Error> {
    let subject = caller.shown(&format!("reading the secret {name} (version {version})"));
    let parameters = GetSecretValue {
        secret_name: name,
        version_id: version,
    };
    let call = Call::new(Action::GetSecretValue, &parameters, &subject)?;
    let answer = caller.call(operation, &call).await?;
    check_value(&answer, &subject, name, version)
}

/// Takes an answer only if it is this secret's, in this version, and has exactly one value.
fn check_value(
    answer: &Answer,
    subject: &str,
    name: &str,
    version: &str,
) -> Result<SecretValue, Error> {
    let fields = answer.fields(subject, SecretValueAnswer::read)?;
    let text = fields.secret_string.filter(|text| !text.is_empty());
    let binary = fields.secret_binary.filter(|text| !text.is_empty());
    let answered = fields.version_id.unwrap_or_default();
    if fields.secret_name != Some(name) {
        return Err(answer.malformed(subject, "is not for this secret"));
    }
    // Asked for the alias, SSM may answer with the version that it stands for.
    if version != CURRENT && !answered.is_empty() && answered != version {
        return Err(answer.malformed(subject, "is not for this version"));
    }
    let value = match (text, binary) {
        (Some(text), None) => Value::Text(text.to_owned()),
        (None, Some(binary)) => Value::Binary(binary.to_owned()),
        (None, None) => return Err(answer.malformed(subject, "holds no value")),
        (Some(_), Some(_)) => {
            return Err(answer.malformed(subject, "holds two values, a text and a binary one"));
        }
    };
    Ok(SecretValue {
        name: name.to_owned(),
        version_id: if answered.is_empty() {
            version.to_owned()
        } else {
            answered.to_owned()
        },
        value,
        request_id: answer.request_id.clone(),
    })
}

/// The version to read of a secret whose current version is not known to exist: still
/// `SSM_Current` if it is there after all, else the newest.
async fn newest_version<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
) -> Result<String, Error> {
    let subject = format!("finding the newest version of the secret {name}");
    listed_version(caller, operation, name, &subject, newest).await
}

/// The version to read as the `previous` one.
async fn previous_version<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
) -> Result<String, Error> {
    let subject = format!("finding the previous version of the secret {name}");
    listed_version(caller, operation, name, &subject, previous).await
}

/// The version that `pick` picks from the secret's list of versions.
async fn listed_version<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
    subject: &str,
    pick: for<'a> fn(&[Version<'a>]) -> Option<&'a str>,
) -> Result<String, Error> {
    let subject = &caller.shown(subject);
    let parameters = ListSecretVersionIds { secret_name: name };
    let call = Call::new(Action::ListSecretVersionIds, &parameters, subject)?;
    let answer = caller.call(operation, &call).await?;
    let fields = answer.fields(subject, VersionsAnswer::read)?;
    if fields.secret_name.is_some_and(|answered| answered != name) {
        return Err(answer.malformed(subject, "is not for this secret"));
    }
    let picked = pick(&fields.versions);
    picked.map(str::to_owned).ok_or_else(|| {
        let what = match (newest(&fields.versions), fields.versions.len()) {
            (None, _) => "no version: put a value into it".to_owned(),
            (Some(only), 1) => format!("only one version, {only}, and no previous one"),
            (Some(current), _) => format!(
                "no version that is older than {current}, its current one: name the version to read"
            ),
        };
        let message = caller.shown(&format!("the secret {name} has {what}"));
        Error::new(ErrorKind::NotFound, message).with_request_id(Some(answer.request_id.clone()))
    })
}

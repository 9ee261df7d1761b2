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
    actions::{Action, SecretValue, SecretValueAnswer, Value, Version, VersionsAnswer},
    answer::Answer,
    ask::ask,
    call::Caller,
    config::VersionLookup,
    error::{Error, ErrorKind},
    names::VersionId,
    operation::Operation,
    remembered::Remembered,
    transport::Transport,
    version_order::{CURRENT, PREVIOUS, newest, previous},
};

/// Reads `version` of the secret `name`, or its current version. `previous` costs the list of versions
/// besides.
///
/// A single read asks for what is probably the current version and for the list of versions at the same
/// time, where something makes it probable. At most one value is read in vain. A bulk read asks for one
/// after the other: the lists have the lowest rate, so it gains nothing, and it has enough in flight.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    lookup: VersionLookup,
    known: &Remembered,
    name: &str,
    version: Option<&VersionId>,
) -> Result<SecretValue, Error> {
    if let Some(version) = version {
        let before;
        let mut id = version.as_str();
        if id == PREVIOUS {
            before = listed_version(caller, operation, name, PREVIOUS, previous).await?;
            id = &before;
        }
        return value(caller, operation, name, id).await;
    }
    let remembered = known.newest(name);
    let probable = remembered.as_ref().map_or(CURRENT, VersionId::as_str);
    let at_once = remembered.is_some() || lookup == VersionLookup::Parallel;
    // Neither is sent before it is waited for.
    let mut reading = pin!(value(caller, operation, name, probable));
    let mut listing = pin!(listed_version(caller, operation, name, "newest", newest));
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
            known.forget(name);
            return Err(missing.unwrap_or(error));
        }
        Err(error) => return Err(error),
    };
    if remembered.is_some() && newest == probable {
        return settle(secret, reading).await;
    }
    if newest == CURRENT {
        known.forget(name);
        if let Some(error) = missing {
            return Err(error);
        }
    } else if let Ok(newest) = VersionId::parse(&newest) {
        known.insert(name, Some(newest));
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
    let action = Action::GetSecretValue;
    let answer = ask(caller, operation, action, name, Some(version), &subject).await?;
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

/// The version that `pick` picks from the secret's list of versions: `what`, in messages. The newest is
/// `SSM_Current` if it is there, though it was not known to exist.
async fn listed_version<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    name: &str,
    what: &str,
    pick: for<'a> fn(&[Version<'a>]) -> Option<&'a str>,
) -> Result<String, Error> {
    let subject = &caller.shown(&format!("finding the {what} version of the secret {name}"));
    let action = Action::ListSecretVersionIds;
    let answer = ask(caller, operation, action, name, None, subject).await?;
    let fields = answer.fields(subject, VersionsAnswer::read)?;
    if fields.secret_name.is_some_and(|answered| answered != name) {
        return Err(answer.malformed(subject, "is not for this secret"));
    }
    let picked = pick(&fields.versions);
    picked.map(str::to_owned).ok_or_else(|| {
        let lack = match (newest(&fields.versions), fields.versions.len()) {
            (None, _) => {
                "no version: put a value into it, or if it is an SSH key pair set secretTypes to \
                 custom,ssh-key"
                    .to_owned()
            }
            (Some(only), 1) => format!("only one version, {only}, and no previous one"),
            (Some(current), _) => format!(
                "no version that is older than {current}, its current one: name the version to read"
            ),
        };
        let message = caller.shown(&format!("the secret {name} has {lack}"));
        Error::new(ErrorKind::NotFound, message).with_request_id(Some(answer.request_id.clone()))
    })
}

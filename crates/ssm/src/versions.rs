//! Which version of a secret is read.
//!
//! GetSecretValue requires a version. `SSM_Current` names the one in use, but a custom secret has
//! a version of this name only if it was made without naming one; else its newest is meant.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
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
    newest::NewestVersions,
    operation::Operation,
    transport::Transport,
};

/// The alias of the version in use
/// (<https://www.tencentcloud.com/document/product/1078/38656>).
const CURRENT: &str = "SSM_Current";

/// Which version of a secret is its current one, as far as it is known.
pub(crate) struct Versions {
    lookup: VersionLookup,
    newest: NewestVersions,
}

impl Versions {
    pub(crate) fn new(lookup: VersionLookup) -> Self {
        Self {
            lookup,
            newest: NewestVersions::new(),
        }
    }
}

/// Reads `version` of the secret `name`, or its current version.
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
        return value(caller, operation, name, version.as_str()).await;
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
    } else {
        versions.newest.insert(name, &newest);
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
    let subject = caller.shown(&format!("finding the newest version of the secret {name}"));
    let parameters = ListSecretVersionIds { secret_name: name };
    let call = Call::new(Action::ListSecretVersionIds, &parameters, &subject)?;
    let answer = caller.call(operation, &call).await?;
    let fields = answer.fields(&subject, VersionsAnswer::read)?;
    if fields.secret_name.is_some_and(|answered| answered != name) {
        return Err(answer.malformed(&subject, "is not for this secret"));
    }
    newest(fields.versions).map(str::to_owned).ok_or_else(|| {
        Error::new(
            ErrorKind::NotFound,
            caller.shown(&format!(
                "the secret {name} has no version: put a value into it"
            )),
        )
        .with_request_id(Some(answer.request_id.clone()))
    })
}

/// `SSM_Current`, or the id created last. Of two of the same second the first counts: SSM's
/// lists are newest first as far as seen, though it promises no order.
fn newest(versions: Vec<Version<'_>>) -> Option<&str> {
    let mut newest: Option<(i64, &str)> = None;
    for version in versions {
        let Some(id) = version.version_id.filter(|id| !id.is_empty()) else {
            continue;
        };
        if id == CURRENT {
            return Some(id);
        }
        let created = version.create_time.unwrap_or(i64::MIN);
        if newest.is_none_or(|(latest, _)| created > latest) {
            newest = Some((created, id));
        }
    }
    newest.map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, create_time: Option<i64>) -> Version<'_> {
        Version {
            version_id: Some(id),
            create_time,
        }
    }

    #[test]
    fn the_newest_version_is_the_one_created_last_in_whatever_order() {
        let versions = || {
            vec![
                version("v1", Some(10)),
                version("v3", Some(30)),
                version("v2", Some(20)),
            ]
        };
        assert_eq!(newest(versions()), Some("v3"));
        let reversed = versions().into_iter().rev().collect();
        assert_eq!(newest(reversed), Some("v3"));
    }

    #[test]
    fn of_two_versions_of_one_second_the_first_listed_counts() {
        let versions = vec![version("b", Some(10)), version("a", Some(10))];
        assert_eq!(newest(versions), Some("b"));
    }

    #[test]
    fn a_current_version_that_appeared_is_preferred() {
        let versions = vec![version("v9", Some(99)), version(CURRENT, Some(1))];
        assert_eq!(newest(versions), Some(CURRENT));
    }

    #[test]
    fn versions_without_id_or_time_do_no_harm() {
        assert_eq!(newest(vec![]), None);
        let nameless = Version {
            version_id: None,
            create_time: Some(5),
        };
        let versions = vec![nameless, version("", Some(9)), version("v", None)];
        assert_eq!(newest(versions), Some("v"));
    }
}

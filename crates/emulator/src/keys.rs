//! Keys that sign: those of accounts, and the temporary ones that were issued.

use std::{
    collections::BTreeMap,
    process,
    time::{SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};

use crate::{Account, Role};

/// A temporary key that was issued, by STS or the metadata service.
#[derive(Clone, PartialEq, Eq)]
pub struct TemporaryKey {
    /// `TmpSecretId`.
    pub secret_id: String,
    /// `TmpSecretKey`.
    pub secret_key: String,
    /// `Token`.
    pub token: String,
    /// When it ends, in Unix seconds of the server's clock.
    pub expires: i64,
    /// The ARN of the role that it is for, by its name.
    pub role_arn: String,
    /// The session's name.
    pub session: String,
}

/// Whose key signed a request, and what this one may not do.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) secret_id: String,
    pub(crate) denied: Vec<String>,
    pub(crate) session: Option<Session>,
}

/// A role that somebody has taken.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) role: Role,
    pub(crate) name: String,
}

/// A key that was found by its id.
pub(crate) struct Key<'a> {
    pub(crate) secret_key: &'a str,
    pub(crate) token: &'a str,
    pub(crate) expires: Option<i64>,
    pub(crate) forgotten: bool,
    pub(crate) caller: Caller,
}

/// All keys that there are.
pub(crate) struct Keys<'a> {
    pub(crate) accounts: &'a [Account],
    pub(crate) issued: &'a Issued,
}

impl<'a> Keys<'a> {
    pub(crate) fn find(&self, secret_id: &str) -> Option<Key<'a>> {
        if let Some(issue) = self.issued.0.get(secret_id) {
            return Some(Key {
                secret_key: &issue.key.secret_key,
                token: &issue.key.token,
                expires: Some(issue.key.expires),
                forgotten: issue.forgotten,
                caller: Caller {
                    secret_id: secret_id.to_owned(),
                    denied: issue.session.role.denied.clone(),
                    session: Some(issue.session.clone()),
                },
            });
        }
        let mut accounts = self.accounts.iter();
        let account = accounts.find(|account| account.secret_id == secret_id)?;
        Some(Key {
            secret_key: &account.secret_key,
            token: account.token.as_deref().unwrap_or_default(),
            expires: None,
            forgotten: false,
            caller: Caller {
                secret_id: secret_id.to_owned(),
                denied: account.denied.clone(),
                session: None,
            },
        })
    }
}

/// The temporary keys that were issued, by their ids.
#[derive(Default)]
pub(crate) struct Issued(BTreeMap<String, Issue>);

struct Issue {
    key: TemporaryKey,
    session: Session,
    forgotten: bool,
}

impl Issued {
    /// Issues a key for a session of `role`, which ends at `expires`.
    pub(crate) fn issue(&mut self, role: &Role, session: &str, expires: i64) -> TemporaryKey {
        let number = self.0.len();
        let key = TemporaryKey {
            // Ids sort by their number, so that the newest is the last.
            secret_id: format!("AKIDtmp{number:08}{}", &secret("id", number)[..20]),
            secret_key: secret("key", number)[..32].to_owned(),
            token: secret("token", number).repeat(3),
            expires,
            role_arn: role.arn(),
            session: session.to_owned(),
        };
        let issue = Issue {
            key: key.clone(),
            session: Session {
                role: role.clone(),
                name: session.to_owned(),
            },
            forgotten: false,
        };
        self.0.insert(key.secret_id.clone(), issue);
        key
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> Vec<TemporaryKey> {
        self.0.values().map(|issue| issue.key.clone()).collect()
    }

    /// The newest that is for this session of the role, if it was not forgotten.
    pub(crate) fn newest(&self, role: &Role, session: &str) -> Option<TemporaryKey> {
        let of_session = |issue: &&Issue| {
            !issue.forgotten && issue.key.role_arn == role.arn() && issue.key.session == session
        };
        let newest = self.0.values().rev().find(of_session)?;
        Some(newest.key.clone())
    }

    /// From now on they are no good.
    pub(crate) fn forget(&mut self) {
        for issue in self.0.values_mut() {
            issue.forgotten = true;
        }
    }
}

/// 64 characters that no other emulator on this machine has.
fn secret(what: &str, number: usize) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = since.unwrap_or_default().as_nanos();
    hex::encode(Sha256::digest(format!(
        "{what} {number} {nanos} {}",
        process::id()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issued_keys_are_found_until_they_are_forgotten() {
        let mut issued = Issued::default();
        let role = Role::new("1", "reader").deny("ListSecrets");
        let first = issued.issue(&role, "a", 100);
        let second = issued.issue(&role, "a", 200);
        assert!(issued.newest(&role, "a") == Some(second.clone()));
        assert!(issued.newest(&role, "b").is_none());
        assert!(issued.all() == [first.clone(), second]);
        let accounts = [Account::sample()];
        let found = |issued: &Issued, id: &str| {
            let keys = Keys {
                accounts: &accounts,
                issued,
            };
            let key = keys.find(id)?;
            Some((key.token.to_owned(), key.expires, key.forgotten))
        };
        let id = &first.secret_id;
        let token = first.token.clone();
        assert_eq!(found(&issued, id), Some((token.clone(), Some(100), false)));
        issued.forget();
        assert_eq!(found(&issued, id), Some((token, Some(100), true)));
        assert!(issued.newest(&role, "a").is_none());
        assert!(found(&issued, "AKIDnobody").is_none());
    }
}

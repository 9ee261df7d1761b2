//! The answers that have keys in them, which the instances of a store share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{Method, Uri, request::Parts};
use serde::Deserialize;

use crate::outbound::Sharing;

/// Where the metadata service names the CVM's role, and has its keys.
const ROLES: &str = "/latest/meta-data/cam/security-credentials/";
/// The actions of STS that give keys.
const ACTIONS: [&str; 2] = ["AssumeRole", "AssumeRoleWithWebIdentity"];

/// How many keys are remembered where nobody asks.
const MAX_SEEN: usize = 8;

/// Knows STS's and the metadata service's answers, and remembers of the last keys what is no secret.
#[derive(Clone, Default)]
pub(in crate::cli) struct KeyAnswers(Arc<Mutex<Vec<KeysSeen>>>);

/// Keys that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct KeysSeen {
    /// The CVM's role that they are of.
    pub(in crate::cli) cvm_role: Option<String>,
    /// How long they were good then.
    pub(in crate::cli) left: Duration,
}

/// When keys end, in Unix seconds: in an answer of the metadata service, and in one of STS.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expiry {
    Metadata {
        #[serde(rename = "ExpiredTime")]
        expired_time: u64,
    },
    Sts {
        #[serde(rename = "Response")]
        response: Answered,
    },
}

#[derive(Deserialize)]
struct Answered {
    #[serde(rename = "ExpiredTime")]
    expired_time: u64,
}

impl KeyAnswers {
    /// The keys that came since this was asked last.
    pub(in crate::cli) fn take(&self) -> Vec<KeysSeen> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sharing for KeyAnswers {
    fn applies(&self, request: &Parts) -> bool {
        let action = request.headers.get("x-tc-action");
        let action = action.and_then(|action| action.to_str().ok());
        if request.method == Method::POST {
            action.is_some_and(|action| ACTIONS.contains(&action))
        } else {
            request.method == Method::GET && request.uri.path().starts_with(ROLES)
        }
    }

    /// Half of the life that is left: whoever gets them then does not renew them at once.
    fn life(&self, uri: &Uri, now: SystemTime, body: &[u8]) -> Option<Duration> {
        let expired_time = match serde_json::from_slice(body).ok()? {
            Expiry::Metadata { expired_time } => expired_time,
            Expiry::Sts { response } => response.expired_time,
        };
        let end = UNIX_EPOCH.checked_add(Duration::from_secs(expired_time))?;
        let left = end.duration_since(now).ok()?;
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MAX_SEEN {
            seen.remove(0);
        }
        seen.push(KeysSeen {
            cvm_role: uri.path().strip_prefix(ROLES).map(str::to_owned),
            left,
        });
        Some(left / 2)
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn applies(method: &str, uri: &str, action: &str) -> bool {
        let request = Request::builder().method(method).uri(uri);
        let request = request.header("X-TC-Action", action).body(()).unwrap();
        KeyAnswers::default().applies(&request.into_parts().0)
    }

    #[test]
    fn only_answers_with_keys_are_shared() {
        let sts = "https://sts.test/";
        assert!(applies("POST", sts, "AssumeRole"));
        assert!(applies("POST", sts, "AssumeRoleWithWebIdentity"));
        assert!(!applies("POST", sts, "GetSecretValue"));
        assert!(!applies("POST", sts, "GetCallerIdentity"));
        let metadata = "http://m.test/latest/meta-data/cam/security-credentials/";
        assert!(applies("GET", metadata, ""));
        assert!(applies("GET", &format!("{metadata}role"), ""));
        assert!(!applies("GET", "http://m.test/latest/meta-data/", ""));
        assert!(!applies("GET", sts, "AssumeRole"));
    }

    #[test]
    fn keys_are_shared_for_half_of_what_is_left_of_them() {
        let answers = KeyAnswers::default();
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let life = |uri: &str, body: &str| {
            let uri = uri.parse().unwrap();
            answers.life(&uri, now, body.as_bytes())
        };
        let role = "http://m.test/latest/meta-data/cam/security-credentials/reader";
        let of_role = r#"{"TmpSecretId":"x","ExpiredTime":1008,"Code":"Success"}"#;
        assert_eq!(life(role, of_role), Some(Duration::from_secs(4)));
        let of_sts = r#"{"Response":{"Credentials":{},"ExpiredTime":8200,"RequestId":"r"}}"#;
        let left = Duration::from_secs(7_200);
        assert_eq!(life("https://sts.test/", of_sts), Some(left / 2));
        for none in [
            "reader",
            r#"{"Response":{"Error":{"Code":"c"}}}"#,
            r#"{"ExpiredTime":999}"#,
        ] {
            assert_eq!(life(role, none), None, "{none}");
        }
        let seen = answers.take();
        assert_eq!(seen[0].cvm_role.as_deref(), Some("reader"));
        let sts = KeysSeen {
            cvm_role: None,
            left,
        };
        assert_eq!(seen[1], sts);
        assert!(answers.take().is_empty());
    }
}

//! The answers that have keys in them, which the instances of a store share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{Method, Uri, request::Parts};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::{
    cli::identity::Keys,
    outbound::{Life, Sharing},
};

/// Where the metadata service names the CVM's role, and has its keys.
const ROLES: &str = "/latest/meta-data/cam/security-credentials/";
/// For how long the name of the CVM's role may be given to others who ask for it.
const ROLE_NAME_LIFE: Duration = Duration::from_secs(60);
/// For how long it is given where the metadata service does not answer: keys of a role last no longer.
const ROLE_NAME_MEMORY: Duration = Duration::from_secs(86_400);
/// The actions of STS that give keys.
const ACTIONS: [&str; 2] = ["AssumeRole", "AssumeRoleWithWebIdentity"];

/// Knows STS's and the metadata service's answers.
#[derive(Clone, Default)]
pub(in crate::cli) struct KeyAnswers {
    /// What came of keys, where somebody wants to know.
    seen: Option<Arc<Mutex<Vec<KeysSeen>>>>,
}

/// Keys that came. It has no `Debug`.
#[derive(Clone)]
pub(in crate::cli) struct KeysSeen {
    /// The CVM's role that they are of.
    pub(in crate::cli) cvm_role: Option<String>,
    /// How long they were good then.
    pub(in crate::cli) left: Duration,
    pub(in crate::cli) keys: Option<Keys>,
}

/// An answer of the metadata service, and a part of one of STS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    response: Option<Box<Answer>>,
    credentials: Option<Box<Answer>>,
    tmp_secret_id: Option<String>,
    tmp_secret_key: Option<String>,
    token: Option<String>,
    /// In Unix seconds.
    expired_time: Option<u64>,
}

impl Answer {
    fn keys(self) -> Option<Keys> {
        let given = self.credentials.map_or_else(
            || (self.tmp_secret_id, self.tmp_secret_key, self.token),
            |it| (it.tmp_secret_id, it.tmp_secret_key, it.token),
        );
        let (id, key, token) = given;
        Some(Keys {
            id: id?.into(),
            key: key?.into(),
            token: token.map(Zeroizing::new),
        })
    }
}

impl KeyAnswers {
    /// Remembers the keys that come.
    pub(in crate::cli) fn remembering() -> Self {
        Self {
            seen: Some(Arc::default()),
        }
    }

    /// The keys that came, the newest at the end.
    pub(in crate::cli) fn seen(&self) -> Vec<KeysSeen> {
        let seen = self.seen.as_ref();
        seen.map(|seen| lock(seen).clone()).unwrap_or_default()
    }
}

/// The name of a role, of its part in a path.
fn as_named(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn lock(seen: &Mutex<Vec<KeysSeen>>) -> MutexGuard<'_, Vec<KeysSeen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sharing for KeyAnswers {
    /// Of those that are signed, the key: another's may be no good any more.
    fn sharing(&self, request: &Parts) -> Option<String> {
        let header = |name: &str| request.headers.get(name)?.to_str().ok();
        if request.method == Method::GET {
            let is_role = request.uri.path().starts_with(ROLES);
            return is_role.then(String::new);
        }
        header("x-tc-action").filter(|action| ACTIONS.contains(action))?;
        let signed = header("authorization")?.split_once("Credential=");
        let id = signed.and_then(|(_, rest)| rest.split('/').next());
        Some(id.unwrap_or_default().to_owned())
    }

    /// A web identity's token proves who asks: keys that an earlier one brought are as good.
    fn question(&self, body: &[u8]) -> Zeroizing<Vec<u8>> {
        let whole = || Zeroizing::new(body.to_vec());
        let Ok(mut fields) = serde_json::from_slice::<BTreeMap<String, Value>>(body) else {
            return whole();
        };
        let Some(Value::String(token)) = fields.remove("WebIdentityToken") else {
            return whole();
        };
        drop(Zeroizing::new(token));
        serde_json::to_vec(&fields).map_or_else(|_| whole(), Zeroizing::new)
    }

    /// Keys are fresh for half of the life that is left: whoever gets them then does not renew them at
    /// once.
    fn life(&self, uri: &Uri, now: SystemTime, body: &[u8]) -> Option<Life> {
        if uri.path() == ROLES {
            return Some(Life {
                fresh: ROLE_NAME_LIFE,
                whole: ROLE_NAME_MEMORY,
                // A name is never refused.
                repeatable: true,
            });
        }
        let whole: Answer = serde_json::from_slice(body).ok()?;
        let answer = match whole.response {
            Some(response) => *response,
            None => whole,
        };
        let end = Duration::from_secs(answer.expired_time?);
        let left = UNIX_EPOCH.checked_add(end)?.duration_since(now).ok()?;
        if let Some(seen) = &self.seen {
            lock(seen).push(KeysSeen {
                cvm_role: uri.path().strip_prefix(ROLES).map(as_named),
                left,
                keys: answer.keys(),
            });
        }
        Some(Life {
            fresh: left / 2,
            whole: left,
            repeatable: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn sharing(method: &str, uri: &str, action: &str, by: &str) -> Option<String> {
        let request = Request::builder().method(method).uri(uri);
        let request = request
            .header("X-TC-Action", action)
            .header("Authorization", by);
        let (head, ()) = request.body(()).unwrap().into_parts();
        KeyAnswers::default().sharing(&head)
    }

    #[test]
    fn only_answers_with_keys_are_shared_and_of_signed_requests_those_of_one_key() {
        let sts = "https://sts.test/";
        let signed = "TC3-HMAC-SHA256 Credential=AKIDx/2026-01-01/sts/tc3_request, Signature=s";
        let shared = |action, by| sharing("POST", sts, action, by);
        assert_eq!(shared("AssumeRole", signed).as_deref(), Some("AKIDx"));
        let web_identity = shared("AssumeRoleWithWebIdentity", "SKIP");
        assert_eq!(web_identity.as_deref(), Some(""));
        for other in ["GetSecretValue", "GetCallerIdentity", ""] {
            assert_eq!(shared(other, signed), None);
        }
        let metadata = "http://m.test/latest/meta-data/cam/security-credentials/";
        let got = |uri: &str| sharing("GET", uri, "AssumeRole", signed);
        assert_eq!(got(metadata).as_deref(), Some(""));
        assert_eq!(got(&format!("{metadata}role")).as_deref(), Some(""));
        assert_eq!(got("http://m.test/latest/meta-data/"), None);
        assert_eq!(got(sts), None);
    }

    #[test]
    fn the_token_of_a_web_identity_is_no_part_of_what_is_asked() {
        let question = |body: &str| KeyAnswers::default().question(body.as_bytes());
        let by = |token: &str, role: &str| {
            question(&format!(
                r#"{{"RoleArn":"{role}","WebIdentityToken":"{token}","DurationSeconds":7200}}"#
            ))
        };
        assert_eq!(by("first", "reader"), by("second", "reader"));
        assert_ne!(by("first", "reader"), by("first", "writer"));
        for whole in [r#"{"RoleArn":"reader", "ExternalId":"x"}"#, "", "nothing"] {
            assert_eq!(*question(whole), whole.as_bytes());
        }
    }

    #[test]
    fn keys_are_fresh_for_half_of_what_is_left_of_them_and_good_for_all_of_it() {
        let answers = KeyAnswers::remembering();
        let now = UNIX_EPOCH + Duration::from_secs(1_000);
        let life = |uri: &str, body: &str| {
            let uri = uri.parse().unwrap();
            answers.life(&uri, now, body.as_bytes())
        };
        let role = "http://m.test/latest/meta-data/cam/security-credentials/reader";
        let name = "http://m.test/latest/meta-data/cam/security-credentials/";
        let name = life(name, "reader").unwrap();
        assert_eq!(
            (name.fresh, name.whole, name.repeatable),
            (ROLE_NAME_LIFE, ROLE_NAME_MEMORY, true)
        );
        let keys = |seconds| Life {
            fresh: Duration::from_secs(seconds) / 2,
            whole: Duration::from_secs(seconds),
            repeatable: false,
        };
        let of_role = r#"{"TmpSecretId":"i","TmpSecretKey":"k","Token":"t","ExpiredTime":1008,"Code":"Success"}"#;
        assert_eq!(life(role, of_role), Some(keys(8)));
        let of_sts = r#"{"Response":{"Credentials":{"TmpSecretId":"j","TmpSecretKey":"k"},"ExpiredTime":8200,"RequestId":"r"}}"#;
        assert_eq!(life("https://sts.test/", of_sts), Some(keys(7_200)));
        for none in [
            "reader",
            r#"{"Response":{"Error":{"Code":"c"}}}"#,
            r#"{"ExpiredTime":999}"#,
        ] {
            assert_eq!(life(role, none), None, "{none}");
        }
        let seen = answers.seen();
        assert_eq!(seen[0].cvm_role.as_deref(), Some("reader"));
        let left = Duration::from_secs(7_200);
        assert_eq!((seen[1].cvm_role.as_deref(), seen[1].left), (None, left));
        let ids = seen.iter().map(|it| it.keys.as_ref().unwrap().id.as_str());
        assert!(ids.eq(["i", "j"]));
    }
}

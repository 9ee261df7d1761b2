//! The metadata service of a CVM, as far as it gives the keys of the CVM's role: plain HTTP, no
//! signature (<https://www.tencentcloud.com/document/product/213/4934>).

use http::{Method, StatusCode, request::Parts};
use serde_json::json;

use crate::{Role, reply::Answer, state::State, time::iso};

/// How requests for the role's name are called, for faults and counts.
pub(crate) const ROLE_NAME: &str = "MetadataRoleName";
/// How requests for the role's keys are called, for faults and counts.
pub(crate) const ROLE_KEYS: &str = "MetadataRoleKeys";

const FOLDER: &str = "/latest/meta-data/cam/security-credentials/";
/// How long the keys live, in seconds.
const KEY_LIFE: i64 = 7_200;
/// The session that a CVM's keys are for.
const SESSION: &str = "ins-sample";

/// Whether a request is one for the metadata service.
pub(crate) fn is_asked(request: &Parts) -> bool {
    request.uri.path().starts_with("/latest/")
}

/// What the request asks for: [`ROLE_NAME`], or [`ROLE_KEYS`] of a role.
pub(crate) fn asked(request: &Parts) -> Option<(&'static str, Option<String>)> {
    let rest = request.uri.path().strip_prefix(FOLDER)?;
    if rest.is_empty() {
        return Some((ROLE_NAME, None));
    }
    Some((ROLE_KEYS, percent_decoded(rest)))
}

/// Answers a request; `error` is a code to answer alone, without keys.
pub(crate) fn answer(state: &mut State, request: &Parts, error: Option<&str>) -> Answer {
    if request.method != Method::GET {
        return Answer::text(StatusCode::METHOD_NOT_ALLOWED, "only GET is served");
    }
    let missing = || Answer::text(StatusCode::NOT_FOUND, "404 page not found");
    match (asked(request), state.config.cvm_role.clone()) {
        (Some((ROLE_NAME, _)), Some(role)) => Answer::text(StatusCode::OK, &role.name),
        (Some((_, Some(wanted))), Some(role)) if wanted == role.name => {
            keys_of(state, &role, error)
        }
        _ => missing(),
    }
}

fn keys_of(state: &mut State, role: &Role, error: Option<&str>) -> Answer {
    if let Some(code) = error {
        return Answer::json(&json!({ "Code": code }));
    }
    let now = state.now();
    let life = state
        .config
        .key_life
        .map_or(KEY_LIFE, |life| life.as_secs() as i64);
    let kept = state
        .issued
        .newest(role, SESSION)
        .filter(|key| state.config.behaviour.metadata_keeps_keys && key.expires > now);
    let key = kept.unwrap_or_else(|| state.issued.issue(role, SESSION, now + life));
    Answer::json(&json!({
        "TmpSecretId": key.secret_id, "TmpSecretKey": key.secret_key, "Token": key.token,
        "ExpiredTime": key.expires, "Expiration": iso(key.expires.max(0).unsigned_abs()),
        "Code": "Success",
    }))
}

/// `None` if the text is no whole percent-encoding of UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            bytes.extend(hex::decode(after.get(..2)?).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::{Config, state::Shared};

    fn get(shared: &Shared, path: &str) -> (u16, String) {
        let (parts, ()) = Request::get(path).body(()).unwrap().into_parts();
        let answer = answer(&mut shared.lock(), &parts, None);
        (
            answer.status.as_u16(),
            String::from_utf8(answer.body).unwrap(),
        )
    }

    #[test]
    fn the_role_is_named_and_its_keys_are_given() {
        let shared = Shared::new(Config::sample());
        assert_eq!(get(&shared, FOLDER), (200, "ssm-reader".to_owned()));
        let (status, body) = get(&shared, &format!("{FOLDER}ssm%2dreader"));
        assert_eq!(status, 200);
        let json: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(json["Code"], "Success");
        assert_eq!(json.as_object().unwrap().len(), 6);
        assert_eq!(get(&shared, &format!("{FOLDER}other")).0, 404);
        assert_eq!(get(&shared, "/latest/meta-data/instance-id").0, 404);
        shared.lock().config.cvm_role = None;
        assert_eq!(get(&shared, FOLDER).0, 404);
        assert_eq!(get(&shared, &format!("{FOLDER}ssm-reader")).0, 404);
    }

    #[test]
    fn keys_are_new_for_every_request_unless_they_are_kept() {
        let shared = Shared::new(Config::sample());
        let path = format!("{FOLDER}ssm-reader");
        assert_ne!(get(&shared, &path), get(&shared, &path));
        shared.lock().config.behaviour.metadata_keeps_keys = true;
        let kept = get(&shared, &path);
        assert_eq!(kept, get(&shared, &path));
        shared.lock().config.clock_offset = 7_200;
        assert_ne!(kept, get(&shared, &path));
    }

    #[test]
    fn percent_encodings_are_undone_or_refused() {
        assert_eq!(percent_decoded("a%20%c3%bc").as_deref(), Some("a ü"));
        for broken in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(percent_decoded(broken), None, "{broken}");
        }
    }
}

//! What requests to STS say, and whether it is well-formed.

use serde_json::Value as Json;

use crate::{Config, Role, metadata::percent_decoded, reply::ApiError};

/// How long keys live if nobody says.
const DEFAULT_DURATION: i64 = 7_200;
/// How long keys live at most.
const MAX_DURATION: i64 = 43_200;

/// What both ways to a role say.
pub(crate) struct Asked<'a> {
    role_arn: &'a str,
    pub(crate) session: &'a str,
    /// How long the keys shall live, in seconds.
    pub(crate) duration: i64,
}

impl<'a> Asked<'a> {
    pub(crate) fn read(body: &'a Json) -> Result<Self, ApiError> {
        let role_arn = required(body, "RoleArn")?;
        let session = required(body, "RoleSessionName")?;
        if !is_role_arn(role_arn) {
            // Spelt as Tencent Cloud spells it.
            return Err(wrong("ResouceError", "The RoleArn is not a role's."));
        }
        if !is_of(session, "_+=,.@-") {
            let rule = "RoleSessionName is 2 to 128 of letters, digits and _+=,.@-";
            return Err(wrong("ParamError", rule));
        }
        let duration = match &body["DurationSeconds"] {
            Json::Null => DEFAULT_DURATION,
            given => given
                .as_i64()
                .ok_or_else(|| wrong("ParamError", "DurationSeconds is a whole number."))?,
        };
        if !(1..=MAX_DURATION).contains(&duration) {
            let rule = format!("DurationSeconds is 1 to {MAX_DURATION}.");
            return Err(wrong("OverTimeError", &rule));
        }
        Ok(Self {
            role_arn,
            session,
            duration,
        })
    }

    /// The role that was asked for, if it is there and gives sessions of this length.
    pub(crate) fn role<'c>(&self, config: &'c Config) -> Result<&'c Role, ApiError> {
        let mut roles = config.roles.iter();
        let role = roles.find(|role| role.is(self.role_arn)).ok_or_else(|| {
            ApiError::new("ResourceNotFound.RoleNotFound", "The role does not exist.")
        })?;
        if self.duration.unsigned_abs() > role.longest_session.as_secs() {
            let rule = "DurationSeconds is more than the role allows.";
            return Err(wrong("OverTimeError", rule));
        }
        Ok(role)
    }
}

/// `ExternalId`, if there is one.
pub(crate) fn external_id(body: &Json) -> Result<Option<&str>, ApiError> {
    let given = text(body, "ExternalId")?;
    if given.is_some_and(|id| !is_of(id, "_+=,.@:/-")) {
        return Err(wrong("ParamError", "The ExternalId is not of its form."));
    }
    Ok(given)
}

/// A session policy is URL-encoded JSON. It is read and not enforced.
pub(crate) fn check_policy(body: &Json) -> Result<(), ApiError> {
    let Some(encoded) = text(body, "Policy")? else {
        return Ok(());
    };
    let decoded = percent_decoded(encoded);
    let policy = decoded.and_then(|text| serde_json::from_str::<Json>(&text).ok());
    let whole = policy.is_some_and(|it| it["version"] == "2.0" && it["statement"].is_array());
    let plain = encoded.contains(['{', '"', ' ']);
    if whole && !plain {
        return Ok(());
    }
    Err(wrong(
        "StrategyFormatError",
        "The Policy is not a URL-encoded policy of version 2.0.",
    ))
}

/// An `InvalidParameter.…`.
pub(crate) fn wrong(code: &str, message: &str) -> ApiError {
    ApiError::new(&format!("InvalidParameter.{code}"), message)
}

/// A text that has to be there.
pub(crate) fn required<'a>(body: &'a Json, name: &str) -> Result<&'a str, ApiError> {
    let given = text(body, name)?.filter(|given| !given.is_empty());
    given.ok_or_else(|| ApiError::missing(name))
}

fn text<'a>(body: &'a Json, name: &str) -> Result<Option<&'a str>, ApiError> {
    match &body[name] {
        Json::Null => Ok(None),
        Json::String(text) => Ok(Some(text)),
        _ => Err(wrong("ParamError", &format!("{name} is a text."))),
    }
}

/// 2 to 128 of letters, digits and `marks`.
fn is_of(text: &str, marks: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    (2..=128).contains(&text.len()) && text.chars().all(allowed)
}

/// `qcs::cam::uin/UIN:roleName/NAME` or `…:role/ID`.
fn is_role_arn(arn: &str) -> bool {
    let Some((uin, role)) = arn
        .strip_prefix("qcs::cam::uin/")
        .and_then(|rest| rest.split_once(':'))
    else {
        return false;
    };
    let name = role
        .strip_prefix("roleName/")
        .or_else(|| role.strip_prefix("role/"));
    !uin.is_empty()
        && uin.bytes().all(|digit| digit.is_ascii_digit())
        && name.is_some_and(|name| !name.is_empty() && !name.contains([':', '/']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::SAMPLE_ROLE_ARN;

    fn read(body: &Json) -> Result<i64, ApiError> {
        let asked = Asked::read(body)?;
        external_id(body)?;
        check_policy(body)?;
        asked.role(&Config::sample())?;
        Ok(asked.duration)
    }

    #[test]
    fn what_is_malformed_is_refused_by_its_name() {
        let good = json!({"RoleArn": SAMPLE_ROLE_ARN, "RoleSessionName": "session"});
        let policy = "%7B%22version%22%3A%222.0%22%2C%22statement%22%3A%5B%5D%7D";
        let with = |name: &str, value: Json| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        assert_eq!(read(&with("Policy", json!(policy))), Ok(7_200));
        assert_eq!(read(&with("DurationSeconds", json!(43_200))), Ok(43_200));
        for (name, value, expected) in [
            ("RoleArn", Json::Null, "MissingParameter"),
            ("RoleSessionName", json!(""), "MissingParameter"),
            (
                "RoleArn",
                json!("ssm-reader"),
                "InvalidParameter.ResouceError",
            ),
            ("RoleSessionName", json!("x"), "InvalidParameter.ParamError"),
            (
                "RoleSessionName",
                json!("a b"),
                "InvalidParameter.ParamError",
            ),
            (
                "RoleSessionName",
                json!("x".repeat(129)),
                "InvalidParameter.ParamError",
            ),
            (
                "DurationSeconds",
                json!(0),
                "InvalidParameter.OverTimeError",
            ),
            (
                "DurationSeconds",
                json!(43_201),
                "InvalidParameter.OverTimeError",
            ),
            (
                "DurationSeconds",
                json!("7200"),
                "InvalidParameter.ParamError",
            ),
            ("ExternalId", json!("ü"), "InvalidParameter.ParamError"),
            (
                "Policy",
                json!("{}"),
                "InvalidParameter.StrategyFormatError",
            ),
            (
                "Policy",
                json!("%7B%7D"),
                "InvalidParameter.StrategyFormatError",
            ),
            (
                "RoleArn",
                json!("qcs::cam::uin/100000000001:roleName/other"),
                "ResourceNotFound.RoleNotFound",
            ),
        ] {
            let body = with(name, value);
            assert_eq!(read(&body).unwrap_err().code, expected, "{body}");
        }
    }
}

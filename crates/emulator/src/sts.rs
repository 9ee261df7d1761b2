//! The actions of the Security Token Service, STS (API version 2018-08-13,
//! <https://www.tencentcloud.com/document/product/1150/49443>).

use serde_json::{Value as Json, json};

use crate::{
    Config, Role, SAMPLE_UIN, WebIdentity,
    keys::{Caller, Issued},
    reply::ApiError,
    sts_request::{Asked, check_policy, external_id, required, wrong},
    time::iso,
};

/// Answers `action`; `caller` is `None` where nobody signed.
pub(crate) fn answer(
    config: &Config,
    issued: &mut Issued,
    action: &str,
    caller: Option<&Caller>,
    body: &Json,
    now: i64,
) -> Result<Json, ApiError> {
    match (action, caller) {
        ("AssumeRole", Some(caller)) => assume_role(config, issued, caller, body, now),
        ("AssumeRoleWithWebIdentity", _) => with_web_identity(config, issued, body, now),
        ("GetCallerIdentity", Some(caller)) => Ok(identity(caller)),
        _ => Err(ApiError::action()),
    }
}

fn assume_role(
    config: &Config,
    issued: &mut Issued,
    caller: &Caller,
    body: &Json,
    now: i64,
) -> Result<Json, ApiError> {
    let asked = Asked::read(body)?;
    let given = external_id(body)?;
    check_policy(body)?;
    let role = asked.role(config)?;
    let trusted = role.trusted_keys.as_ref();
    if trusted.is_some_and(|keys| !keys.contains(&caller.secret_id)) {
        return Err(refused("AssumeRole", role));
    }
    if role.external_id.is_some() && role.external_id.as_deref() != given {
        return Err(ApiError::new(
            &config.behaviour.external_id_code,
            "The role's trust policy wants another ExternalId.",
        ));
    }
    Ok(issue(config, issued, &asked, role, now))
}

fn with_web_identity(
    config: &Config,
    issued: &mut Issued,
    body: &Json,
    now: i64,
) -> Result<Json, ApiError> {
    let provider = required(body, "ProviderId")?;
    let token = required(body, "WebIdentityToken")?;
    let asked = Asked::read(body)?;
    let vouched = |it: &WebIdentity| it.provider_id == provider && it.token == token;
    if !config.web_identities.iter().any(vouched) {
        return Err(wrong(
            "WebIdentityTokenError",
            "The WebIdentityToken is not one of the provider's, or it has expired.",
        ));
    }
    let role = asked.role(config)?;
    if !role.trusted_providers.iter().any(|it| it == provider) {
        return Err(refused("AssumeRoleWithWebIdentity", role));
    }
    Ok(issue(config, issued, &asked, role, now))
}

/// Issues keys for what was asked.
fn issue(config: &Config, issued: &mut Issued, asked: &Asked<'_>, role: &Role, now: i64) -> Json {
    let life = config
        .key_life
        .map_or(asked.duration, |life| life.as_secs() as i64);
    let key = issued.issue(role, asked.session, now + life);
    json!({
        "Credentials": {
            "Token": key.token, "TmpSecretId": key.secret_id, "TmpSecretKey": key.secret_key,
        },
        "ExpiredTime": key.expires,
        "Expiration": iso(key.expires.max(0).unsigned_abs()),
    })
}

fn identity(caller: &Caller) -> Json {
    match &caller.session {
        None => json!({
            "Type": "CAMUser", "AccountId": SAMPLE_UIN, "UserId": SAMPLE_UIN,
            "PrincipalId": SAMPLE_UIN, "Arn": format!("qcs::cam:{SAMPLE_UIN}:uin/{SAMPLE_UIN}"),
        }),
        Some(session) => json!({
            "Type": "CAMRole", "AccountId": session.role.uin,
            "UserId": format!("{}:{}", session.role.id, session.name),
            "PrincipalId": SAMPLE_UIN,
            "Arn": format!("qcs::sts:{}:assumed-role/{}", session.role.uin, session.role.id),
        }),
    }
}

fn refused(action: &str, role: &Role) -> ApiError {
    ApiError::new(
        "UnauthorizedOperation",
        format!(
            "you are not authorized to perform operation (sts:{action}) resource ({}) has no \
             permission",
            role.arn()
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        Account, SAMPLE_EXTERNAL_ID, SAMPLE_FOREIGN_ROLE_ARN, SAMPLE_POD_ROLE_ARN,
        SAMPLE_PROVIDER_ID, SAMPLE_ROLE_ARN, SAMPLE_WEB_IDENTITY_TOKEN, keys::Keys,
    };

    fn ask(config: &Config, action: &str, body: &Json) -> Result<Json, ApiError> {
        let mut issued = Issued::default();
        let accounts = [Account::sample()];
        let keys = Keys {
            accounts: &accounts,
            issued: &issued,
        };
        let caller = keys.find(&accounts[0].secret_id).unwrap().caller;
        answer(config, &mut issued, action, Some(&caller), body, 1_000)
    }

    fn code(config: &Config, action: &str, body: &Json) -> String {
        ask(config, action, body).unwrap_err().code
    }

    fn with(base: &Json, name: &str, value: Json) -> Json {
        let mut body = base.clone();
        body[name] = value;
        body
    }

    #[test]
    fn a_role_is_assumed_for_as_long_as_was_asked_unless_lives_are_set() {
        let mut config = Config::sample();
        let body = json!({"RoleArn": SAMPLE_ROLE_ARN, "RoleSessionName": "s.1@x"});
        let fields = ask(&config, "AssumeRole", &body).unwrap();
        assert_eq!(fields["ExpiredTime"], 8_200);
        assert_eq!(fields["Expiration"], "1970-01-01T02:16:40Z");
        assert_eq!(fields["Credentials"].as_object().unwrap().len(), 3);
        let longer = with(&body, "DurationSeconds", json!(43_200));
        let fields = ask(&config, "AssumeRole", &longer).unwrap();
        assert_eq!(fields["ExpiredTime"], 44_200);
        config.key_life = Some(Duration::from_secs(8));
        let fields = ask(&config, "AssumeRole", &longer).unwrap();
        assert_eq!(fields["ExpiredTime"], 1_008);
    }

    #[test]
    fn other_actions_are_unknown() {
        let config = Config::sample();
        assert_eq!(
            code(&config, "AssumeRoleWithSAML", &json!({})),
            "InvalidAction"
        );
        assert_eq!(code(&config, "GetSecretValue", &json!({})), "InvalidAction");
    }

    #[test]
    fn a_role_is_given_to_whom_it_trusts() {
        let config = Config::sample();
        let foreign = json!({"RoleArn": SAMPLE_FOREIGN_ROLE_ARN, "RoleSessionName": "session"});
        let refusal = "UnauthorizedOperation";
        assert_eq!(code(&config, "AssumeRole", &foreign), refusal);
        let other = with(&foreign, "ExternalId", json!("another"));
        assert_eq!(code(&config, "AssumeRole", &other), refusal);
        let right = with(&foreign, "ExternalId", json!(SAMPLE_EXTERNAL_ID));
        assert!(ask(&config, "AssumeRole", &right).is_ok());
        let pod = json!({
            "RoleArn": SAMPLE_POD_ROLE_ARN, "RoleSessionName": "session",
            "ProviderId": SAMPLE_PROVIDER_ID, "WebIdentityToken": SAMPLE_WEB_IDENTITY_TOKEN,
        });
        assert_eq!(code(&config, "AssumeRole", &pod), refusal);
        let action = "AssumeRoleWithWebIdentity";
        assert!(ask(&config, action, &pod).is_ok());
        let token = "InvalidParameter.WebIdentityTokenError";
        let line_end = format!("{SAMPLE_WEB_IDENTITY_TOKEN}\n");
        for (name, value, expected) in [
            ("WebIdentityToken", json!(line_end), token),
            ("ProviderId", json!("cls-other"), token),
            ("ProviderId", Json::Null, "MissingParameter"),
            ("RoleArn", json!(SAMPLE_ROLE_ARN), refusal),
        ] {
            assert_eq!(code(&config, action, &with(&pod, name, value)), expected);
        }
    }

    #[test]
    fn a_caller_is_told_who_it_is() {
        let config = Config::sample();
        let user = ask(&config, "GetCallerIdentity", &json!({})).unwrap();
        assert_eq!(
            (&user["Type"], &user["AccountId"]),
            (&json!("CAMUser"), &json!(SAMPLE_UIN))
        );
        let role = Role::new("200000000002", "partner");
        let caller = Caller {
            secret_id: "AKIDtmp".to_owned(),
            denied: Vec::new(),
            session: Some(crate::keys::Session {
                role: role.clone(),
                name: "s1".to_owned(),
            }),
        };
        let fields = identity(&caller);
        assert_eq!(fields["UserId"], format!("{}:s1", role.id));
        assert_eq!(fields["AccountId"], "200000000002");
        assert_eq!(fields["Type"], "CAMRole");
    }
}

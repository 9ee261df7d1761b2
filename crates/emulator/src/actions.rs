//! SSM's actions on the emulator's secrets.

use serde_json::{Value as Json, json};

use crate::{
    Config, Secret, SshSecretValue, UnusedValue, Value, Version,
    listing::list_secrets,
    lookup::{metadata, named},
    reply::ApiError,
    ssh,
};

const CURRENT: &str = "SSM_Current";

/// Answers `action` in `region`.
pub(crate) fn answer(
    config: &Config,
    action: &str,
    region: &str,
    body: &Json,
) -> Result<Json, ApiError> {
    match action {
        "GetSecretValue" => get_secret_value(config, region, body),
        "ListSecrets" => list_secrets(config, region, body),
        "ListSecretVersionIds" => list_secret_version_ids(config, region, body),
        "DescribeSecret" => describe_secret(config, region, body),
        "GetSSHKeyPairValue" => ssh::get_key_pair_value(config, region, body),
        "GetServiceStatus" => Ok(json!({
            "ServiceEnabled": true, "InvalidType": 1, "AccessKeyEscrowEnabled": true,
            "ExpireTime": Json::Null, "QPSLimit": 300, "SecretLimit": 1000,
            "TotalCount": config.secrets.len(), "PayModel": 0,
        })),
        "GetRegions" => Ok(json!({ "Regions": config.regions })),
        _ => Err(ApiError::action()),
    }
}

fn get_secret_value(config: &Config, region: &str, body: &Json) -> Result<Json, ApiError> {
    let secret = readable(config, region, body)?;
    let behaviour = &config.behaviour;
    let wanted = match body["VersionId"].as_str().unwrap_or_default() {
        "" if behaviour.empty_version_is_current => CURRENT,
        "" => return Err(ApiError::missing("VersionId")),
        wanted => wanted,
    };
    if let Some(key_pair) = &secret.key_pair {
        let text = match &behaviour.ssh_secret_value {
            SshSecretValue::Refused(code) => {
                return Err(ApiError::new(code, "The secret is an SSH key pair."));
            }
            SshSecretValue::Empty => String::new(),
            SshSecretValue::Json => ssh::fields(key_pair, behaviour).to_string(),
        };
        return Ok(json!({
            "SecretName": secret.name, "VersionId": wanted, "SecretString": text,
            "SecretBinary": "",
        }));
    }
    let version = find_version(secret, wanted).ok_or_else(|| {
        ApiError::new(
            &behaviour.missing_version_code,
            format!("The version `{wanted}` of the secret does not exist."),
        )
    })?;
    let answered = if behaviour.current_answers_real_id {
        &version.id
    } else {
        wanted
    };
    let mut fields = json!({ "SecretName": secret.name, "VersionId": answered });
    let (used, value, unused) = match &version.value {
        Value::Text(text) => ("SecretString", text, "SecretBinary"),
        Value::Binary(base64) => ("SecretBinary", base64, "SecretString"),
    };
    fields[used] = json!(value);
    match behaviour.unused_value {
        UnusedValue::Empty => fields[unused] = json!(""),
        UnusedValue::Null => fields[unused] = Json::Null,
        UnusedValue::Absent => {}
    }
    Ok(fields)
}

/// For a product's secret `SSM_Current` is an alias of the newest version; for a custom one it is
/// a name like any other.
fn find_version<'a>(secret: &'a Secret, wanted: &str) -> Option<&'a Version> {
    let mut versions = secret.versions.iter();
    if wanted == CURRENT && [1, 4].contains(&secret.secret_type) {
        return versions.max_by_key(|version| version.created);
    }
    versions.find(|version| version.id == wanted)
}

fn list_secret_version_ids(config: &Config, region: &str, body: &Json) -> Result<Json, ApiError> {
    let secret = named(config, region, body)?;
    let mut versions: Vec<&Version> = secret.versions.iter().collect();
    versions.sort_by_key(|version| version.created);
    if !config.behaviour.versions_oldest_first {
        versions.reverse();
    }
    let item = |version: &&Version| json!({"VersionId": version.id, "CreateTime": version.created});
    let items: Vec<Json> = versions.iter().map(item).collect();
    Ok(json!({ "SecretName": secret.name, "Versions": items }))
}

fn describe_secret(config: &Config, region: &str, body: &Json) -> Result<Json, ApiError> {
    let secret = named(config, region, body)?;
    let mut fields = metadata(secret);
    fields["RotationStatus"] = json!(false);
    fields["NextRotationTime"] = json!("");
    Ok(fields)
}

/// The secret that the request names, if its value may be read.
fn readable<'a>(config: &'a Config, region: &str, body: &Json) -> Result<&'a Secret, ApiError> {
    let secret = named(config, region, body)?;
    let reason = match secret.status.as_str() {
        "Enabled" => return Ok(secret),
        "PendingDelete" => "ResourcePendingDeleted",
        "Creating" | "Failed" => "ResourceUninitialized",
        _ => "ResourceDisabled",
    };
    Err(ApiError::new(
        &format!("ResourceUnavailable.{reason}"),
        format!("The secret cannot be read: it is {}.", secret.status),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "ap-guangzhou";

    fn code(config: &Config, action: &str, body: Json) -> String {
        answer(config, action, REGION, &body).unwrap_err().code
    }

    #[test]
    fn a_value_is_read_by_name_and_version_and_the_unused_field_is_a_switch() {
        let mut config = Config::sample();
        let ask = json!({"SecretName": "db-password", "VersionId": "v1"});
        let fields = answer(&config, "GetSecretValue", REGION, &ask).unwrap();
        assert_eq!(fields["SecretString"], "sample-password-old");
        assert_eq!(fields["SecretBinary"], "");
        config.behaviour.unused_value = UnusedValue::Absent;
        let fields = answer(&config, "GetSecretValue", REGION, &ask).unwrap();
        assert!(fields.get("SecretBinary").is_none());
    }

    #[test]
    fn versions_that_are_missing_empty_or_an_alias_are_told_apart() {
        let mut config = Config::sample();
        let ask = |version: &str| json!({"SecretName": "db-password", "VersionId": version});
        assert_eq!(
            code(&config, "GetSecretValue", ask("v9")),
            "ResourceNotFound"
        );
        assert_eq!(
            code(&config, "GetSecretValue", ask(CURRENT)),
            "ResourceNotFound"
        );
        assert_eq!(code(&config, "GetSecretValue", ask("")), "MissingParameter");
        config.behaviour.empty_version_is_current = true;
        let ask = json!({"SecretName": "orders-mysql"});
        assert!(answer(&config, "GetSecretValue", REGION, &ask).is_ok());
    }

    #[test]
    fn only_enabled_secrets_can_be_read_and_regions_are_apart() {
        let mut config = Config::sample();
        let ask = |name: &str| json!({"SecretName": name, "VersionId": "v1"});
        let disabled = "ResourceUnavailable.ResourceDisabled";
        assert_eq!(code(&config, "GetSecretValue", ask("retired")), disabled);
        let elsewhere = Secret::text("elsewhere", "v1", "x").region("ap-beijing");
        config.secrets.push(elsewhere);
        let missing = "ResourceNotFound.SecretNotExist";
        assert_eq!(code(&config, "GetSecretValue", ask("elsewhere")), missing);
        assert!(answer(&config, "GetSecretValue", "ap-beijing", &ask("elsewhere")).is_ok());
        assert_eq!(
            code(&config, "GetSecretValue", ask("-bad")),
            "InvalidParameterValue"
        );
        assert_eq!(code(&config, "Nonsense", json!({})), "InvalidAction");
    }
}

//! GetSSHKeyPairValue on the emulator's secrets
//! (<https://www.tencentcloud.com/document/product/1078/42261>).

use serde_json::{Value as Json, json};

use crate::{
    Behaviour, Config, KeyPair, Secret,
    lookup::{in_region, named},
    reply::ApiError,
};

/// GetSSHKeyPairValue: by `SecretName`, `SSHKeyId`, or both if they fit each other. Its documented
/// codes are the bare ones.
pub(crate) fn get_key_pair_value(
    config: &Config,
    region: &str,
    body: &Json,
) -> Result<Json, ApiError> {
    let id = body["SSHKeyId"].as_str().filter(|id| !id.is_empty());
    let by_id = |id: &str| {
        let of_id = |secret: &&Secret| {
            in_region(secret, region) && secret.key_pair.as_ref().is_some_and(|it| it.id == id)
        };
        let found = config.secrets.iter().find(of_id);
        found.ok_or_else(|| ApiError::new("ResourceNotFound", "The SSH key does not exist."))
    };
    let secret = match (body["SecretName"].as_str().unwrap_or_default(), id) {
        ("", Some(id)) => by_id(id)?,
        _ => named(config, region, body).map_err(bare)?,
    };
    let Some(key_pair) = &secret.key_pair else {
        return Err(ApiError::new(
            "UnsupportedOperation",
            "The secret is no SSH key pair.",
        ));
    };
    if id.is_some_and(|id| id != key_pair.id) {
        return Err(ApiError::invalid("SSHKeyId"));
    }
    if secret.status != "Enabled" {
        return Err(ApiError::new(
            "ResourceUnavailable",
            format!("The secret cannot be read: it is {}.", secret.status),
        ));
    }
    Ok(fields(key_pair, &config.behaviour))
}

/// The fields of an answer.
pub(crate) fn fields(key_pair: &KeyPair, behaviour: &Behaviour) -> Json {
    let key = |plain: &str| {
        if behaviour.ssh_keys_are_base64 {
            base64(plain.as_bytes())
        } else {
            plain.to_owned()
        }
    };
    json!({
        "SSHKeyID": key_pair.id, "SSHKeyName": key_pair.name, "SSHKeyDescription": "",
        "PublicKey": key(&key_pair.public_key), "PrivateKey": key(&key_pair.private_key),
        "ProjectID": 0,
    })
}

/// `ResourceNotFound.SecretNotExist` is none of this action's codes.
fn bare(error: ApiError) -> ApiError {
    match error.code.split_once('.') {
        Some((code, _)) => ApiError::new(code, error.message),
        None => error,
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let whole = group
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let bits = whole << (8 * (3 - group.len()));
        for digit in 0..4 {
            if digit <= group.len() {
                let index = bits >> (18 - 6 * digit) & 63;
                text.push(char::from(DIGITS[index as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SshSecretValue, actions};

    const REGION: &str = "ap-guangzhou";

    fn ask(config: &Config, action: &str, body: &Json) -> Result<Json, String> {
        actions::answer(config, action, REGION, body).map_err(|error| error.code)
    }

    #[test]
    fn a_key_pair_is_read_by_its_name_or_its_id_as_base64_or_plain() {
        let mut config = Config::sample();
        let action = "GetSSHKeyPairValue";
        let by_name = ask(&config, action, &json!({"SecretName": "deploy-key"})).unwrap();
        let by_id = ask(&config, action, &json!({"SSHKeyId": "skey-sample1"})).unwrap();
        assert_eq!(by_name, by_id);
        assert!(
            by_name["PrivateKey"]
                .as_str()
                .unwrap()
                .starts_with("LS0tLS1CRUdJTiBPUEVOU1NI")
        );
        config.behaviour.ssh_keys_are_base64 = false;
        let plain = ask(&config, action, &json!({"SecretName": "deploy-key"})).unwrap();
        assert!(
            plain["PublicKey"]
                .as_str()
                .unwrap()
                .starts_with("ssh-ed25519 ")
        );
    }

    #[test]
    fn what_is_no_key_pair_is_refused() {
        let mut config = Config::sample();
        for (body, code) in [
            (json!({}), "MissingParameter"),
            (json!({"SecretName": "no-such"}), "ResourceNotFound"),
            (json!({"SSHKeyId": "no-such"}), "ResourceNotFound"),
            (json!({"SecretName": "api-token"}), "UnsupportedOperation"),
            (
                json!({"SecretName": "deploy-key", "SSHKeyId": "x"}),
                "InvalidParameterValue",
            ),
        ] {
            let said = ask(&config, "GetSSHKeyPairValue", &body).unwrap_err();
            assert_eq!(said, code, "{body}");
        }
        for secret in &mut config.secrets {
            secret.status = "Disabled".to_owned();
        }
        let body = json!({"SecretName": "deploy-key"});
        let said = ask(&config, "GetSSHKeyPairValue", &body).unwrap_err();
        assert_eq!(said, "ResourceUnavailable");
    }

    #[test]
    fn what_get_secret_value_says_of_a_key_pair_is_a_switch() {
        let mut config = Config::sample();
        let body = json!({"SecretName": "deploy-key", "VersionId": "SSM_Current"});
        let said = ask(&config, "GetSecretValue", &body).unwrap_err();
        assert_eq!(said, "InvalidParameterValue");
        config.behaviour.ssh_secret_value = SshSecretValue::Empty;
        let fields = ask(&config, "GetSecretValue", &body).unwrap();
        assert_eq!(
            (&fields["SecretString"], &fields["SecretBinary"]),
            (&json!(""), &json!(""))
        );
        config.behaviour.ssh_secret_value = SshSecretValue::Json;
        let fields = ask(&config, "GetSecretValue", &body).unwrap();
        assert!(
            fields["SecretString"]
                .as_str()
                .unwrap()
                .contains("PrivateKey")
        );
    }

    #[test]
    fn base64_is_padded() {
        for (plain, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}

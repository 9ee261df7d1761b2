//! Which secret a request names, and what may be said of it without its value.

use serde_json::{Value as Json, json};

use crate::{Config, Secret, reply::ApiError};

/// The secret that the request names, if it is there.
pub(crate) fn named<'a>(
    config: &'a Config,
    region: &str,
    body: &Json,
) -> Result<&'a Secret, ApiError> {
    let name = body["SecretName"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(ApiError::missing("SecretName"));
    }
    if !is_name(name) {
        return Err(ApiError::invalid("SecretName"));
    }
    let mut secrets = config.secrets.iter();
    secrets
        .find(|secret| secret.name == name && in_region(secret, region))
        .ok_or_else(|| {
            ApiError::new(
                "ResourceNotFound.SecretNotExist",
                "The secret does not exist.",
            )
        })
}

/// Whether the secret is in the region.
pub(crate) fn in_region(secret: &Secret, region: &str) -> bool {
    secret.region.as_deref().is_none_or(|place| place == region)
}

/// What ListSecrets and DescribeSecret say of a secret.
pub(crate) fn metadata(secret: &Secret) -> Json {
    let created = secret.versions.iter().map(|version| version.created).min();
    let key_pair = secret.key_pair.as_ref();
    json!({
        "SecretName": secret.name, "Description": "", "KmsKeyId": "", "KmsKeyType": "DEFAULT",
        "CreateUin": 100_000_000_001_u64, "Status": secret.status, "DeleteTime": 0,
        "CreateTime": created.unwrap_or_default(), "RotationStatus": 0, "NextRotationTime": 0,
        "SecretType": secret.secret_type, "ProductName": secret.product,
        "ResourceName": key_pair.map(|it| &it.name), "ResourceID": key_pair.map(|it| &it.id),
        "ProjectID": key_pair.map(|_| 0), "AssociatedInstanceIDs": key_pair.map(|_| json!([])),
        "CreateUinString": "100000000001",
    })
}

/// The rules of CreateSecret: at most 128 of letters, digits, `-`, `_`, first a letter or digit.
fn is_name(name: &str) -> bool {
    let mark = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(mark)
}

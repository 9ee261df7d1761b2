//! SSM's actions: what is sent, what comes back.
//!
//! Fields and rates are those of the API documentation
//! (<https://www.tencentcloud.com/document/product/1078/38633>). Unknown fields are ignored, and
//! any documented field may be `null`.

use serde::{Deserialize, Serialize};

/// The actions in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    GetSecretValue,
    ListSecrets,
    ListSecretVersionIds,
    GetServiceStatus,
}

impl Action {
    pub(crate) const ALL: [Self; 4] = [
        Self::GetSecretValue,
        Self::ListSecrets,
        Self::ListSecretVersionIds,
        Self::GetServiceStatus,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetSecretValue => "GetSecretValue",
            Self::ListSecrets => "ListSecrets",
            Self::ListSecretVersionIds => "ListSecretVersionIds",
            Self::GetServiceStatus => "GetServiceStatus",
        }
    }

    /// The documented default rate, in requests a second.
    pub(crate) fn rate(self) -> usize {
        match self {
            Self::GetSecretValue => 300,
            Self::ListSecrets => 30,
            Self::ListSecretVersionIds => 40,
            Self::GetServiceStatus => 50,
        }
    }
}

/// One secret's value, as SSM gave it.
///
/// It has no `Debug`, so that it cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// The secret's full name in SSM.
    pub name: String,
    /// The version that was read.
    pub version_id: String,
    /// The value.
    pub value: Value,
    /// `RequestId` of the answer.
    pub request_id: String,
}

/// A secret's value.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// `SecretString`, as stored.
    Text(String),
    /// `SecretBinary`: base64 text of the bytes, as SSM sends it.
    Binary(String),
}

impl Value {
    /// The text, or the base64 text of the bytes.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Binary(text) => text,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSecretValue<'a> {
    pub(crate) secret_name: &'a str,
    pub(crate) version_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecretValueAnswer {
    pub(crate) secret_name: Option<String>,
    pub(crate) version_id: Option<String>,
    pub(crate) secret_string: Option<String>,
    pub(crate) secret_binary: Option<String>,
}

/// One page of enabled custom secrets, the oldest first: an order in which secrets made
/// meanwhile come last.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSecrets {
    pub(crate) offset: u64,
    pub(crate) limit: u64,
    order_type: u8,
    state: u8,
    secret_type: u8,
}

impl ListSecrets {
    pub(crate) fn page(offset: u64, limit: u64) -> Self {
        Self {
            offset,
            limit,
            order_type: 1,
            state: 1,
            secret_type: CUSTOM,
        }
    }
}

/// `SecretType` of a custom secret, the default of ListSecrets.
pub(crate) const CUSTOM: u8 = 0;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecretsPage {
    pub(crate) total_count: Option<u64>,
    pub(crate) secret_metadatas: Option<Vec<SecretMetadata>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SecretMetadata {
    pub(crate) secret_name: Option<String>,
    pub(crate) secret_type: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSecretVersionIds<'a> {
    pub(crate) secret_name: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionsAnswer {
    pub(crate) secret_name: Option<String>,
    pub(crate) versions: Option<Vec<Version>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Version {
    pub(crate) version_id: Option<String>,
    /// Unix seconds.
    pub(crate) create_time: Option<i64>,
}

#[derive(Serialize)]
pub(crate) struct GetServiceStatus {}

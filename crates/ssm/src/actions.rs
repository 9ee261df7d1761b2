//! SSM's actions: what is sent, what comes back.
//!
//! Fields and rates are those of the API documentation
//! (<https://www.tencentcloud.com/document/product/1078/38633>). Unknown fields are ignored, and
//! any documented field may be `null`.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use serde::Serialize;

use crate::{
    json::{Json, WrongForm},
    secret_type::SecretType,
};

/// The actions of SSM that the client uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    GetSecretValue,
    ListSecrets,
    ListSecretVersionIds,
    GetServiceStatus,
    GetSshKeyPairValue,
}

impl Action {
    pub(crate) const ALL: [Self; 5] = [
        Self::GetSecretValue,
        Self::ListSecrets,
        Self::ListSecretVersionIds,
        Self::GetServiceStatus,
        Self::GetSshKeyPairValue,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::GetSecretValue => "GetSecretValue",
            Self::ListSecrets => "ListSecrets",
            Self::ListSecretVersionIds => "ListSecretVersionIds",
            Self::GetServiceStatus => "GetServiceStatus",
            Self::GetSshKeyPairValue => "GetSSHKeyPairValue",
        }
    }

    /// The documented default rate, in requests a second.
    pub(crate) fn rate(self) -> usize {
        match self {
            Self::GetSecretValue => 300,
            Self::ListSecrets => 30,
            Self::ListSecretVersionIds => 40,
            Self::GetServiceStatus => 50,
            Self::GetSshKeyPairValue => 20,
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
    /// The version that was read; empty for an SSH key pair, which has no versions.
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
    /// An SSH key pair.
    SshKey(SshKeyPair),
}

impl Value {
    /// The text, the base64 text of the bytes, or the private key.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Binary(text) => text,
            Self::SshKey(pair) => &pair.private_key,
        }
    }
}

/// An SSH key pair. Texts that SSM leaves out are empty.
///
/// It has no `Debug`, so that it cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SshKeyPair {
    /// `PrivateKey`, never empty. Base64 is undone where that gives PEM.
    pub private_key: String,
    /// `PublicKey`. Base64 is undone where that gives PEM or a line that begins with `ssh-`.
    pub public_key: String,
    /// `SSHKeyID`: CVM's id of the key pair.
    pub key_id: String,
    /// `SSHKeyName`: CVM's name of the key pair.
    pub key_name: String,
}

/// The parameters of the actions about one secret: GetSecretValue, which requires a version, and
/// ListSecretVersionIds and GetSSHKeyPairValue, which have none.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfSecret<'a> {
    pub(crate) secret_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version_id: Option<&'a str>,
}

/// The answer of GetSecretValue.
pub(crate) struct SecretValueAnswer<'a> {
    pub(crate) secret_name: Option<&'a str>,
    pub(crate) version_id: Option<&'a str>,
    pub(crate) secret_string: Option<&'a str>,
    pub(crate) secret_binary: Option<&'a str>,
}

impl<'a> SecretValueAnswer<'a> {
    pub(crate) fn read(json: &'a Json) -> Result<Self, WrongForm> {
        Ok(Self {
            secret_name: json.text("SecretName")?,
            version_id: json.text("VersionId")?,
            secret_string: json.text("SecretString")?,
            secret_binary: json.text("SecretBinary")?,
        })
    }
}

/// The answer of GetSSHKeyPairValue.
pub(crate) struct SshKeyPairAnswer<'a> {
    /// Not documented; looked at if it is there.
    pub(crate) secret_name: Option<&'a str>,
    pub(crate) key_id: Option<&'a str>,
    pub(crate) key_name: Option<&'a str>,
    pub(crate) public_key: Option<&'a str>,
    pub(crate) private_key: Option<&'a str>,
}

impl<'a> SshKeyPairAnswer<'a> {
    pub(crate) fn read(json: &'a Json) -> Result<Self, WrongForm> {
        Ok(Self {
            secret_name: json.text("SecretName")?,
            key_id: json.text("SSHKeyID")?,
            key_name: json.text("SSHKeyName")?,
            public_key: json.text("PublicKey")?,
            private_key: json.text("PrivateKey")?,
        })
    }
}

/// The parameters of ListSecrets: a page of enabled secrets of one type, the oldest first, an order
/// in which secrets made meanwhile come last.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListSecrets<'a> {
    pub(crate) offset: u64,
    pub(crate) limit: u64,
    order_type: u8,
    state: u8,
    secret_type: u8,
    #[serde(skip_serializing_if = "<[TagFilter]>::is_empty")]
    tag_filters: &'a [TagFilter],
}

impl<'a> ListSecrets<'a> {
    pub(crate) fn page(
        offset: u64,
        limit: u64,
        kind: SecretType,
        tag_filters: &'a [TagFilter],
    ) -> Self {
        Self {
            offset,
            limit,
            order_type: 1,
            state: 1,
            secret_type: kind.number(),
            tag_filters,
        }
    }
}

/// What a list is narrowed to: secrets whose tag `tag_key` has one of the values `tag_value`, as
/// ListSecrets calls them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagFilter {
    /// The tag's key.
    pub tag_key: String,
    /// The values, one of which the tag has.
    pub tag_value: Vec<String>,
}

/// The answer of ListSecrets.
pub(crate) struct SecretsPage {
    pub(crate) total_count: Option<u64>,
    pub(crate) secret_metadatas: Vec<SecretMetadata>,
}

/// One secret in the answer of ListSecrets.
pub(crate) struct SecretMetadata {
    pub(crate) secret_name: Option<String>,
    pub(crate) secret_type: Option<i64>,
}

impl SecretsPage {
    pub(crate) fn read(json: &Json) -> Result<Self, WrongForm> {
        let total_count = json.integer("TotalCount")?.map(u64::try_from);
        // Any documented field may be null, but with both gone it is no list, not an empty one.
        if total_count.is_none() && json.field("SecretMetadatas")?.is_none() {
            return Err(WrongForm);
        }
        let mut secret_metadatas = Vec::new();
        for item in json.list("SecretMetadatas")? {
            secret_metadatas.push(SecretMetadata {
                secret_name: item.text("SecretName")?.map(str::to_owned),
                secret_type: item.integer("SecretType")?,
            });
        }
        Ok(Self {
            total_count: total_count.transpose().map_err(|_| WrongForm)?,
            secret_metadatas,
        })
    }
}

/// The answer of ListSecretVersionIds.
pub(crate) struct VersionsAnswer<'a> {
    pub(crate) secret_name: Option<&'a str>,
    pub(crate) versions: Vec<Version<'a>>,
}

/// One version in the answer of ListSecretVersionIds.
pub(crate) struct Version<'a> {
    pub(crate) version_id: Option<&'a str>,
    /// When it was created, in Unix seconds.
    pub(crate) create_time: Option<i64>,
}

impl<'a> VersionsAnswer<'a> {
    pub(crate) fn read(json: &'a Json) -> Result<Self, WrongForm> {
        let mut versions = Vec::new();
        for item in json.list("Versions")? {
            versions.push(Version {
                version_id: item.text("VersionId")?,
                create_time: item.integer("CreateTime")?,
            });
        }
        Ok(Self {
            secret_name: json.text("SecretName")?,
            versions,
        })
    }
}

/// The parameters of GetServiceStatus: none.
#[derive(Serialize)]
pub(crate) struct GetServiceStatus {}

//! What an emulator starts with, from a file.

use std::{collections::BTreeMap, fs, io, path::Path, time::Duration};

use serde::Deserialize;
use thiserror::Error;

use crate::{Account, Config, KeyPair, Role, Secret, Value, WebIdentity};

/// A seed file that cannot be used.
#[derive(Debug, Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// The file is not of the form of `seed.example.json`.
    #[error("{0} is not a seed (see crates/emulator/seed.example.json): {1}")]
    Malformed(String, serde_json::Error),
    /// `cvmRole` is none of the names of `roles`.
    #[error("{0} has no role {1:?} for its cvmRole")]
    NoRole(String, String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    accounts: Vec<SeedAccount>,
    #[serde(default)]
    regions: Vec<String>,
    roles: Option<Vec<SeedRole>>,
    web_identities: Option<Vec<SeedWebIdentity>>,
    cvm_role: Option<String>,
    secrets: Vec<SeedSecret>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedRole {
    uin: String,
    name: String,
    id: Option<String>,
    external_id: Option<String>,
    trusted_keys: Option<Vec<String>>,
    #[serde(default)]
    trusted_providers: Vec<String>,
    longest_session_seconds: Option<u64>,
    #[serde(default)]
    denied: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedWebIdentity {
    provider_id: String,
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedAccount {
    secret_id: String,
    secret_key: String,
    token: Option<String>,
    #[serde(default)]
    denied: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedSecret {
    name: String,
    status: Option<String>,
    product: Option<String>,
    secret_type: Option<u64>,
    region: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    key_pair: Option<SeedKeyPair>,
    #[serde(default)]
    versions: Vec<SeedVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedKeyPair {
    id: String,
    name: String,
    public_key: String,
    private_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SeedVersion {
    id: String,
    created: i64,
    text: Option<String>,
    binary: Option<String>,
}

impl Config {
    /// Takes accounts, regions, roles, web identities, the CVM's role and secrets from a file such as
    /// `seed.example.json`. What it leaves out stays as it is, but for the secrets.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn seed(&mut self, file: &Path) -> Result<(), SeedError> {
        let name = || file.display().to_string();
        let text = fs::read(file).map_err(|why| SeedError::Unreadable(name(), why))?;
        let seed: Seed =
            serde_json::from_slice(&text).map_err(|why| SeedError::Malformed(name(), why))?;
        if !seed.accounts.is_empty() {
            self.accounts = seed.accounts.into_iter().map(Account::from).collect();
        }
        if !seed.regions.is_empty() {
            self.regions = seed.regions;
        }
        if let Some(roles) = seed.roles {
            self.roles = roles.into_iter().map(Role::from).collect();
        }
        if let Some(identities) = seed.web_identities {
            let identity = |it: SeedWebIdentity| WebIdentity::new(&it.provider_id, &it.token);
            self.web_identities = identities.into_iter().map(identity).collect();
        }
        if let Some(wanted) = seed.cvm_role {
            let found = self.roles.iter().find(|role| role.name == wanted).cloned();
            self.cvm_role = Some(found.ok_or_else(|| SeedError::NoRole(name(), wanted))?);
        }
        self.secrets = seed.secrets.into_iter().map(Secret::from).collect();
        Ok(())
    }
}

impl From<SeedAccount> for Account {
    fn from(seed: SeedAccount) -> Self {
        Self {
            secret_id: seed.secret_id,
            secret_key: seed.secret_key,
            token: seed.token,
            denied: seed.denied,
        }
    }
}

impl From<SeedRole> for Role {
    fn from(seed: SeedRole) -> Self {
        let mut role = Self::new(&seed.uin, &seed.name);
        role.id = seed.id.unwrap_or(role.id);
        role.external_id = seed.external_id;
        role.trusted_keys = seed.trusted_keys;
        role.trusted_providers = seed.trusted_providers;
        role.denied = seed.denied;
        match seed.longest_session_seconds {
            Some(seconds) => role.longest_session(Duration::from_secs(seconds)),
            None => role,
        }
    }
}

impl From<SeedSecret> for Secret {
    fn from(seed: SeedSecret) -> Self {
        let mut secret = Self::new(&seed.name);
        for version in seed.versions {
            let value = match version.binary {
                Some(base64) => Value::Binary(base64),
                None => Value::Text(version.text.unwrap_or_default()),
            };
            secret = secret.version_of(&version.id, value, version.created);
        }
        secret.status = seed.status.unwrap_or(secret.status);
        if let Some(product) = &seed.product {
            secret = secret.product(product);
        }
        if let Some(pair) = seed.key_pair {
            secret = secret.secret_type(2);
            secret.key_pair = Some(KeyPair {
                id: pair.id,
                name: pair.name,
                public_key: pair.public_key,
                private_key: pair.private_key,
            });
        }
        secret.secret_type = seed.secret_type.unwrap_or(secret.secret_type);
        secret.tags = seed.tags.into_iter().collect();
        secret.region = seed.region;
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_seed_is_read_and_others_are_refused() {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.example.json");
        let mut config = Config::default();
        config.seed(&example).unwrap();
        assert!(config.secrets.len() >= 5);
        assert_eq!(config.cvm_role.as_ref().unwrap().name, "ssm-reader");
        assert!(config.roles.len() == 3 && config.web_identities.len() == 1);
        let types: Vec<u64> = config.secrets.iter().map(|it| it.secret_type).collect();
        assert_eq!(types, [0, 0, 1, 2, 4]);
        assert!(config.seed(Path::new("no/such/file.json")).is_err());
        let toml = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(matches!(config.seed(&toml), Err(SeedError::Malformed(..))));
    }
}

//! What an emulator starts with, from a file.

use std::{fs, io, path::Path};

use serde::Deserialize;
use thiserror::Error;

use crate::{Account, Config, Secret, Value};

/// A seed file that cannot be used.
#[derive(Debug, Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// The file is not of the form of `seed.example.json`.
    #[error("{0} is not a seed (see crates/emulator/seed.example.json): {1}")]
    Malformed(String, serde_json::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    accounts: Vec<SeedAccount>,
    #[serde(default)]
    regions: Vec<String>,
    secrets: Vec<SeedSecret>,
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
    region: Option<String>,
    versions: Vec<SeedVersion>,
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
    /// Takes accounts, regions and secrets from a file such as `seed.example.json`. Accounts and
    /// regions that it leaves out stay as they are.
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
        secret.product = seed.product;
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
        assert!(config.secrets.len() >= 3);
        assert!(config.seed(Path::new("no/such/file.json")).is_err());
        let toml = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(matches!(config.seed(&toml), Err(SeedError::Malformed(..))));
    }
}

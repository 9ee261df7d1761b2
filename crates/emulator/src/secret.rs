//! What there is to read: secrets of every type, their versions and tags.

use serde_json::Value as Json;

/// A secret with its versions.
#[derive(Clone)]
pub struct Secret {
    pub(crate) name: String,
    pub(crate) versions: Vec<Version>,
    pub(crate) status: String,
    /// 0 custom, 1 database, 2 SSH key pair, 3 cloud API key pair, 4 Redis.
    pub(crate) secret_type: u64,
    pub(crate) product: Option<String>,
    pub(crate) key_pair: Option<KeyPair>,
    pub(crate) tags: Vec<(String, String)>,
    /// `None`: it is in every region.
    pub(crate) region: Option<String>,
}

/// One version of a secret.
#[derive(Clone)]
pub struct Version {
    pub(crate) id: String,
    pub(crate) value: Value,
    pub(crate) created: i64,
}

/// A secret's value.
#[derive(Clone)]
pub enum Value {
    /// Text, which SSM gives as `SecretString`.
    Text(String),
    /// Bytes as base64 text, which SSM gives as `SecretBinary`.
    Binary(String),
}

/// An SSH key pair, as plain text.
#[derive(Clone)]
pub struct KeyPair {
    /// `SSHKeyID`, such as `skey-1a2b3c4d`.
    pub id: String,
    /// `SSHKeyName`.
    pub name: String,
    /// The public key, as OpenSSH writes it: `ssh-ed25519 …`.
    pub public_key: String,
    /// The private key, as PEM.
    pub private_key: String,
}

/// When the first version of every secret was made, in Unix seconds; each later one a day later.
const FIRST_VERSION: i64 = 1_700_000_000;

impl Secret {
    /// An enabled custom secret with one text version.
    pub fn text(name: &str, version: &str, value: &str) -> Self {
        Self::new(name).version(version, Value::Text(value.to_owned()))
    }

    /// An enabled custom secret with one binary version, given as base64 text.
    pub fn binary(name: &str, version: &str, base64: &str) -> Self {
        Self::new(name).version(version, Value::Binary(base64.to_owned()))
    }

    /// An enabled secret of a database product (`Mysql`, …) with the account that it holds.
    pub fn database(name: &str, product: &str, user: &str, password: &str) -> Self {
        Self::text(name, "SSM_Current", &account(user, password)).product(product)
    }

    /// An enabled secret of Redis (`SecretType` 4) with the account that it holds.
    pub fn redis(name: &str, user: &str, password: &str) -> Self {
        Self::text(name, "SSM_Current", &account(user, password))
            .product("Redis")
            .secret_type(4)
    }

    /// An enabled SSH key pair (`SecretType` 2).
    pub fn ssh(name: &str, key_pair: KeyPair) -> Self {
        let mut secret = Self::new(name).secret_type(2);
        secret.key_pair = Some(key_pair);
        secret
    }

    /// An enabled custom secret without any version.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            versions: Vec::new(),
            status: "Enabled".to_owned(),
            secret_type: 0,
            product: None,
            key_pair: None,
            tags: Vec::new(),
            region: None,
        }
    }

    /// Adds a version, newer than those before it.
    #[must_use]
    pub fn version(self, id: &str, value: Value) -> Self {
        let created = FIRST_VERSION + 86_400 * self.versions.len() as i64;
        self.version_of(id, value, created)
    }

    /// Adds a version made at `created`, in Unix seconds.
    #[must_use]
    pub fn version_of(mut self, id: &str, value: Value, created: i64) -> Self {
        self.versions.push(Version {
            id: id.to_owned(),
            value,
            created,
        });
        self
    }

    /// Disables the secret: nobody may read it.
    #[must_use]
    pub fn disabled(self) -> Self {
        self.status("Disabled")
    }

    /// Sets the status: `Enabled`, `Disabled`, `PendingDelete`, `Creating` or `Failed`.
    #[must_use]
    pub fn status(mut self, status: &str) -> Self {
        self.status = status.to_owned();
        self
    }

    /// Makes it the secret of a product (`Mysql`, …): `SecretType` 1.
    #[must_use]
    pub fn product(mut self, product: &str) -> Self {
        self.product = Some(product.to_owned());
        self.secret_type(1)
    }

    /// Sets the `SecretType`: 0 custom, 1 database, 2 SSH key pair, 3 cloud API key pair, 4 Redis.
    #[must_use]
    pub fn secret_type(mut self, secret_type: u64) -> Self {
        self.secret_type = secret_type;
        self
    }

    /// Tags the secret; a key may have one value.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.retain(|(there, _)| there != key);
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Puts the secret into this region alone.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }
}

/// What a product's secret holds.
fn account(user: &str, password: &str) -> String {
    let (user, password) = (Json::from(user), Json::from(password));
    format!(r#"{{"UserName":{user},"Password":{password}}}"#)
}

//! What an emulator starts with.

use std::{net::SocketAddr, time::Duration};

use crate::{Behaviour, Fault, Rates};

/// The id of the sample account's key.
pub const SAMPLE_SECRET_ID: &str = "AKIDEXAMPLE0000000000000000000000000";
/// The sample account's key. It opens nothing but an emulator.
pub const SAMPLE_SECRET_KEY: &str = "emulator-sample-key-0000000000000";

/// What an emulator starts with.
#[derive(Clone)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether to speak TLS, with a certificate made for this emulator.
    pub tls: bool,
    /// What the certificate for TLS is like.
    pub certificate: Certificate,
    /// Whether to offer HTTP/2 over TLS, beside HTTP/1.1.
    pub http2: bool,
    /// The keys that may ask, and what each may do.
    pub accounts: Vec<Account>,
    /// The regions that are served.
    pub regions: Vec<String>,
    /// The secrets that there are to read.
    pub secrets: Vec<Secret>,
    /// How to do what is not documented.
    pub behaviour: Behaviour,
    /// How to misbehave, and on which requests.
    pub faults: Vec<Fault>,
    /// How many requests a second to take.
    pub rates: Rates,
    /// How long to think before every answer.
    pub latency: Duration,
    /// What to add to this machine's clock for the server's, in seconds.
    pub clock_offset: i64,
}

impl Default for Config {
    /// Plain HTTP on a free port of loopback, the sample account, three regions, no secrets, the
    /// documented rates.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: false,
            certificate: Certificate::Good,
            http2: false,
            accounts: vec![Account::sample()],
            regions: ["ap-guangzhou", "ap-beijing", "ap-singapore"]
                .map(String::from)
                .to_vec(),
            secrets: Vec::new(),
            behaviour: Behaviour::default(),
            faults: Vec::new(),
            rates: Rates::documented(),
            latency: Duration::ZERO,
            clock_offset: 0,
        }
    }
}

impl Config {
    /// The default configuration with a few secrets of every sort.
    pub fn sample() -> Self {
        Self {
            secrets: vec![
                Secret::text("api-token", "SSM_Current", "sample-token-4f1c"),
                Secret::text("db-password", "v1", "sample-password-old")
                    .version("v2", Value::Text("sample-password-new".to_owned())),
                Secret::text(
                    "payment-service",
                    "SSM_Current",
                    r#"{"user":"pay","pin":"2718"}"#,
                ),
                Secret::binary("tls-key", "v1", "c2FtcGxlIGJ5dGVzAAH/"),
                Secret::text("retired", "v1", "sample-retired").disabled(),
                Secret::text(
                    "orders-mysql",
                    "SSM_Current",
                    r#"{"UserName":"root","Password":"sample"}"#,
                )
                .product("Mysql"),
            ],
            ..Self::default()
        }
    }
}

/// What the certificate of an emulator with TLS is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// A good one, for this machine's names.
    Good,
    /// The certificate has expired.
    Expired,
    /// The certificate is for the distant future.
    NotYet,
    /// The certificate is for `elsewhere.test`.
    WrongName,
    /// Another certificate authority than the one to trust has made the certificate.
    Stranger,
    /// The certificate is its own certificate authority, as `openssl req -x509` makes them.
    SelfSigned,
}

/// A key and what it may do.
#[derive(Clone)]
pub struct Account {
    /// The id of the key: `secretId`.
    pub secret_id: String,
    /// The key itself: `secretKey`.
    pub secret_key: String,
    /// The token that must come along, if this is a temporary key.
    pub token: Option<String>,
    /// The actions that a CAM policy denies to this key.
    pub denied: Vec<String>,
}

impl Account {
    /// [`SAMPLE_SECRET_ID`] with [`SAMPLE_SECRET_KEY`], which may do everything.
    pub fn sample() -> Self {
        Self {
            secret_id: SAMPLE_SECRET_ID.to_owned(),
            secret_key: SAMPLE_SECRET_KEY.to_owned(),
            token: None,
            denied: Vec::new(),
        }
    }
}

/// A secret with its versions.
#[derive(Clone)]
pub struct Secret {
    pub(crate) name: String,
    pub(crate) versions: Vec<Version>,
    pub(crate) status: String,
    pub(crate) product: Option<String>,
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

    /// An enabled custom secret without any version.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            versions: Vec::new(),
            status: "Enabled".to_owned(),
            product: None,
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
        self
    }

    /// Puts the secret into this region alone.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        self.region = Some(region.to_owned());
        self
    }
}

//! What an emulator starts with.

use std::{net::SocketAddr, time::Duration};

use crate::{
    Behaviour, Fault, KeyPair, Rates, Role, SAMPLE_PROVIDER_ID, SAMPLE_WEB_IDENTITY_TOKEN, Secret,
    Value, WebIdentity, identity::sample_roles,
};

/// The id of the sample account's key.
pub const SAMPLE_SECRET_ID: &str = "AKIDEXAMPLE0000000000000000000000000";
/// The sample account's key. It opens nothing but an emulator.
pub const SAMPLE_SECRET_KEY: &str = "emulator-sample-key-0000000000000";

/// What an emulator starts with.
#[derive(Clone)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether STS and the metadata service listen at addresses of their own, as they do on Tencent
    /// Cloud; the metadata service then always speaks plain HTTP. Otherwise one address serves all.
    pub apart: bool,
    /// Whether to speak TLS, with a certificate made for this emulator.
    pub tls: bool,
    /// What the certificate for TLS is like.
    pub certificate: Certificate,
    /// Whether to offer HTTP/2 over TLS, beside HTTP/1.1.
    pub http2: bool,
    /// The keys that may ask, and what each may do.
    pub accounts: Vec<Account>,
    /// The roles that STS gives out.
    pub roles: Vec<Role>,
    /// The web identities that STS believes.
    pub web_identities: Vec<WebIdentity>,
    /// The role of the CVM whose metadata service this is: `None`, it has none.
    pub cvm_role: Option<Role>,
    /// How long temporary keys live, whatever was asked for.
    pub key_life: Option<Duration>,
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
    /// Plain HTTP on a free port of loopback, the sample account, three regions, no secrets, no
    /// roles, the documented rates.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            apart: false,
            tls: false,
            certificate: Certificate::Good,
            http2: false,
            accounts: vec![Account::sample()],
            roles: Vec::new(),
            web_identities: Vec::new(),
            cvm_role: None,
            key_life: None,
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
    /// The default configuration with a few secrets of every type and a role of each sort.
    pub fn sample() -> Self {
        let roles = sample_roles();
        Self {
            cvm_role: roles.first().cloned(),
            roles,
            web_identities: vec![WebIdentity::new(
                SAMPLE_PROVIDER_ID,
                SAMPLE_WEB_IDENTITY_TOKEN,
            )],
            secrets: sample_secrets(),
            ..Self::default()
        }
    }
}

fn sample_secrets() -> Vec<Secret> {
    let payment = r#"{"user":"pay","pin":"2718"}"#;
    let key_pair = KeyPair {
        id: "skey-sample1".to_owned(),
        name: "deploy".to_owned(),
        public_key: "ssh-ed25519 AAAASAMPLE deploy".to_owned(),
        private_key: "-----BEGIN OPENSSH PRIVATE KEY-----\nc2FtcGxl\n\
                      -----END OPENSSH PRIVATE KEY-----\n"
            .to_owned(),
    };
    vec![
        Secret::text("api-token", "SSM_Current", "sample-token-4f1c")
            .tag("env", "prod")
            .tag("team", "a"),
        Secret::text("db-password", "v1", "sample-password-old")
            .version("v2", Value::Text("sample-password-new".to_owned()))
            .tag("env", "prod")
            .tag("team", "b"),
        Secret::text("payment-service", "SSM_Current", payment).tag("env", "test"),
        Secret::binary("tls-key", "v1", "c2FtcGxlIGJ5dGVzAAH/"),
        Secret::text("retired", "v1", "sample-retired").disabled(),
        Secret::database("orders-mysql", "Mysql", "root", "sample").tag("env", "prod"),
        Secret::ssh("deploy-key", key_pair),
        Secret::redis("sessions-redis", "default", "sample-redis"),
    ]
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

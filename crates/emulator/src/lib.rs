//! An emulator of Tencent Cloud Secrets Manager (SSM, API version 2019-09-23), and of what gives
//! out keys for it: the Security Token Service (STS, 2018-08-13) and the metadata service of a CVM.
//!
//! A real HTTP server, with TLS if asked for, that does what the service is documented to do: it
//! verifies TC3 signatures with code of its own, keeps the window of five minutes, tokens,
//! regions, states, versions, paging and rates, and answers errors with HTTP 200. What is unknown
//! of the live service is a switch ([`Behaviour`]) with a named default. On demand it misbehaves
//! ([`Fault`]).

#![cfg(not(target_family = "wasm"))]

mod actions;
mod behaviour;
mod config;
mod connection;
mod fault;
mod identity;
mod keys;
mod listing;
mod lookup;
mod metadata;
mod rates;
mod reply;
mod respond;
mod secret;
mod seed;
mod server;
mod service;
mod ssh;
mod state;
mod sts;
mod sts_request;
mod tc3;
mod time;
mod tls;
mod verify;

#[cfg(test)]
mod tests;

pub use behaviour::{Behaviour, SshSecretValue, UnusedValue};
pub use config::{Account, Certificate, Config, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
pub use fault::{Fault, FaultKind};
pub use identity::{
    Role, SAMPLE_EXTERNAL_ID, SAMPLE_FOREIGN_ROLE_ARN, SAMPLE_POD_ROLE_ARN, SAMPLE_PROVIDER_ID,
    SAMPLE_ROLE_ARN, SAMPLE_UIN, SAMPLE_WEB_IDENTITY_TOKEN, WebIdentity,
};
pub use keys::TemporaryKey;
pub use rates::Rates;
pub use secret::{KeyPair, Secret, Value, Version};
pub use seed::SeedError;
pub use server::Emulator;
pub use state::Seen;

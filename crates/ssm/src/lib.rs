//! A client for Tencent Cloud Secrets Manager (SSM, API version 2019-09-23) that brings no I/O of
//! its own.
//!
//! [`Client`] reads secrets over whatever implements [`Transport`]: the component's `wasi:http`,
//! or a scripted transport with a virtual clock in tests. It signs (crate `tc3`), paces its bulk
//! reads by SSM's documented rates, retries what is worth retrying within one deadline, corrects its
//! clock, and checks that an answer belongs to its question. Its keys are given, or got and renewed
//! from the metadata service and STS ([`CredentialChain`]). It never panics on what a server or a
//! caller sends.
//!
//! Nothing in it is `Send`: it is made for one single-threaded instance that keeps many requests
//! in flight at once. `no_std` with `alloc`: whoever uses it in a component decides what the
//! component imports.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

mod actions;
mod address;
mod answer;
mod ask;
mod base64;
mod bulk;
mod call;
mod client;
mod codes;
mod config;
mod credentials;
mod date;
mod endpoint;
mod error;
mod exchange;
mod failure;
mod json;
mod listing;
mod names;
mod operation;
mod pace;
mod quote;
mod remembered;
mod retry;
mod secret;
mod secret_type;
mod service;
mod sorted;
mod ssh_key;
mod sts_codes;
#[cfg(test)]
mod tests;
mod transport;
mod version_order;
mod versions;

pub use actions::{SecretValue, SshKeyPair, TagFilter, Value};
pub use bulk::{OnError, Selection};
pub use client::Client;
pub use config::{
    Config, DEFAULT_MAX_IN_FLIGHT, DEFAULT_MAX_REQUESTS_PER_SECOND, DEFAULT_MAX_RETRIES,
    DEFAULT_OPERATION_TIMEOUT, VersionLookup, duration_text,
};
pub use credentials::{CredentialChain, CredentialSource, Credentials, Identity, Provider, Role};
pub use endpoint::Endpoint;
pub use error::{Details, Error, ErrorKind};
pub use json::Json;
pub use names::{Region, SecretName, VersionId};
pub use secret_type::SecretType;
pub use transport::{Method, Now, Request, Response, Step, Transport, TransportError};

/// Compiles the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

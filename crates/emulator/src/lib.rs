//! An emulator of Tencent Cloud Secrets Manager (SSM, API version 2019-09-23).
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
mod rates;
mod reply;
mod seed;
mod server;
mod service;
mod state;
mod tls;
mod verify;

pub use behaviour::{Behaviour, UnusedValue};
pub use config::{
    Account, Certificate, Config, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret, Value, Version,
};
pub use fault::{Fault, FaultKind};
pub use rates::Rates;
pub use seed::SeedError;
pub use server::Emulator;
pub use state::Seen;

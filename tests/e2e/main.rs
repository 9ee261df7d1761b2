//! End to end: the built `.wasm` in a real host against the emulator, over real sockets. One file
//! a capability.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests that is how to fail"
)]

mod artefact;
mod bulk;
mod clock;
mod command;
mod configuration;
mod faults;
mod flat;
mod fronts;
mod gateway;
mod host_faults;
mod instance;
mod javascript;
mod keys;
mod matrix;
mod messages;
mod minihost;
mod peer;
mod ping;
mod previous;
mod reading;
mod secrecy;
mod segments;
mod spin;
mod tencentcloud_sdk;
mod tencentcloud_sdks;
mod transport;
mod types;
mod versions;
mod wasmtime;
mod wasmtime_run;

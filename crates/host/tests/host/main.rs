//! `dapr-wasm-host` as its users have it: a process, a folder of YAML, an emulator of SSM.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests that is how to fail"
)]

mod api_grpc;
mod api_http;
mod check;
mod daprd;
mod dead;
mod debug;
mod failures;
mod faults;
mod grants;
mod instances;
mod javascript;
mod outbound;
mod plug;
mod reload;
mod resources;
mod sdks;
mod support;

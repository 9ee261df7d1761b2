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
mod daprd_faults;
mod faults;
mod javascript;
mod outbound;
mod plug;
mod plug_clients;
mod plug_instances;
mod plug_sockets;
mod plugged;
mod reload;
mod resources;
mod sdks;
mod soak;
mod support;

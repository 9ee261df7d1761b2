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
mod command_line;
mod conformance;
mod connections;
mod daprd;
mod daprd_faults;
mod daprd_reload;
mod dead;
mod debug;
mod failures;
mod faults;
mod flags;
mod grants;
mod instances;
mod javascript;
mod keys;
mod listeners;
mod logs;
mod manager;
mod memory;
mod memory_pace;
mod names;
mod outbound;
mod plug;
mod plug_clients;
mod plug_instances;
mod plug_sockets;
mod plugged;
mod raw;
mod reload;
mod resources;
mod scopes;
mod sdks;
mod shared_answers;
mod sizes;
mod soak;
mod sources;
mod support;
mod yaml;

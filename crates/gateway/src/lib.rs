//! Dapr's Secrets API in front of a secret store, as a component: exports
//! `wasi:http/incoming-handler` and imports `dapr:secretstores/store`, so that any host of
//! `wasi:http` (Spin, `wasmtime serve`) answers Dapr's SDKs once the two are composed. It knows
//! no store in particular.
//!
//! What is answered is in [`Gateway`], free of WASI and tested natively.

mod gateway;

#[cfg(target_family = "wasm")]
mod exports;

pub use gateway::{Failure, Gateway, Secret, Settings, Store};

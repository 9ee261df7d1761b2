//! The Dapr secret store `secretstores.tencentcloud.ssm` as a WebAssembly component.
//!
//! The component exports `dapr:secretstores/store` (see `wit/`) and reaches Tencent Cloud Secrets
//! Manager through `wasi:http/outgoing-handler`. What it does is in [`Store`] and in the crate
//! `ssm`, both free of WASI and tested natively; what is left for `wasm32` is the exports and the
//! transport.
//!
//! It goes without the standard library, which imports standard streams, exit and more of every
//! host. A store that has no stream cannot print a secret.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod chain;
mod entries;
mod kinds;
mod parse;
mod properties;
mod settings;
mod store;

#[cfg(target_family = "wasm")]
mod explain;
#[cfg(target_family = "wasm")]
mod exports;
#[cfg(target_family = "wasm")]
mod reactor;
#[cfg(target_family = "wasm")]
mod transport;

pub use properties::Properties;
pub use settings::Settings;
pub use store::{Secret, Store};

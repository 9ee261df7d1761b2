//! Loads Dapr secret stores that are WebAssembly components (world `dapr:secretstores/secret-store`)
//! and calls them.
//!
//! - [`Runtime`]: one engine for a process; compiles and holds the limits.
//! - [`Component`]: one compiled `.wasm`, ready to be instantiated in microseconds.
//! - [`SecretStore`]: one instance, with typed `init`, `features`, `get`, `bulk_get`, `ping`.
//! - [`Outbound`]: the road to the network that instances share: an allow-list, pooled
//!   connections, TLS.
//!
//! A component gets an environment, clocks, two output streams and [`Outbound`], nothing else: no
//! files, no sockets, no randomness beyond what it is given.

#![cfg(not(target_family = "wasm"))]

pub mod cli;
pub mod contract;
pub mod grpc;
mod loader;
mod metrics;
pub mod outbound;
pub mod plug;
pub mod resources;
pub mod serve;
pub mod stores;
pub mod wasm;

pub use contract::{CallError, Kind, Metadata, Secret, StoreError};
pub use loader::{Failure, Loader, Outcome, Served, Stores};
pub use metrics::Metrics;
pub use outbound::Outbound;
pub use wasm::{Component, InstanceOptions, Output, Runtime, RuntimeConfig, SecretStore};

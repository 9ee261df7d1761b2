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

mod allow;
mod bindings;
mod cache;
pub mod cli;
mod code;
mod codes;
mod component;
mod connect;
mod duration;
mod embedded;
mod environment;
mod grpc;
mod kinds;
mod loader;
mod metrics;
mod outbound;
pub mod plug;
pub mod proto;
pub mod resources;
mod runtime;
mod send;
pub mod serve;
mod store;
pub mod stores;
mod ticker;
mod types;

pub use allow::InvalidPattern;
pub use component::Component;
pub use kinds::Kinds;
pub use loader::{Failure, Loader, Outcome, Served, Stores};
pub use metrics::Metrics;
pub use outbound::{InvalidOutbound, Outbound, OutboundBuilder, OutboundUsage};
pub use runtime::{LoadError, Runtime, RuntimeConfig, Usage};
pub use store::{InstanceOptions, Output, SecretStore};
pub use types::{CallError, ErrorKind, Metadata, Secret, StoreError};

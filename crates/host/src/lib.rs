//! Loads Dapr secret stores that are WebAssembly components (world `dapr:secretstores/secret-store`)
//! and calls them.
//!
//! - [`Runtime`]: one engine for a process; compiles and holds the limits.
//! - [`Component`]: one compiled `.wasm`, ready to be instantiated in microseconds.
//! - [`SecretStore`]: one instance, with typed `init`, `features`, `get`, `bulk_get`, `ping`.
//! - [`Outbound`]: what instances share to get out: an allow-list, pooled connections, TLS.
//!
//! An instance gets the environment that it is given, clocks, random numbers, output that is
//! collected or discarded, and [`Outbound`]; no file and no socket.
//!
//! This program (`examples/embed`) reads one secret of Tencent Cloud's Secrets Manager, configured by
//! its environment:
//!
//! ```no_run
//! use dapr_wasm_host::{InstanceOptions, Outbound, Runtime, RuntimeConfig};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Once in a process: the engine, the component, the road to the network.
//!     let component = Runtime::new(&RuntimeConfig::default())?.tencentcloud_ssm()?;
//!     let outbound = Outbound::builder()
//!         .allow("https://ssm.tencentcloudapi.com")?
//!         .build()?;
//!     // Once for each call at a time: an instance, with what it may see of the environment.
//!     let variables = std::env::vars().filter(|(name, _)| name.starts_with("TENCENTCLOUD_"));
//!     let options = InstanceOptions {
//!         env: variables.collect(),
//!         output: None,
//!     };
//!     let mut store = component.instantiate(&outbound, &options).await?;
//!     let secret = store.get("db-password", &Vec::new()).await?;
//!     println!("{}", secret.value("db-password").unwrap_or_default());
//!     Ok(())
//! }
//! ```
//!
//! Above single instances stand [`stores`] (pools behind one trait), [`memory`] (what is remembered of
//! a store), [`resources`] (Dapr's YAML),
//! [`Loader`], and the fronts [`plug`] and [`serve`], of which the command is made.

#![cfg(not(target_family = "wasm"))]

pub mod cli;
pub mod contract;
mod files;
pub mod grpc;
mod loader;
pub mod memory;
mod metrics;
mod net;
pub mod outbound;
pub mod plug;
pub mod resources;
pub mod serve;
pub mod stores;
pub mod wasm;

pub use contract::{CallError, Kind, Metadata, Secret, Secrets, StoreError};
pub use loader::{Failure, Loader, Outcome, Served, Sources, Stores};
pub use metrics::Metrics;
pub use outbound::Outbound;
pub use wasm::{Component, InstanceOptions, Output, Runtime, RuntimeConfig, SecretStore};

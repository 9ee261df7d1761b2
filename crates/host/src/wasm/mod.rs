//! How a component runs: one engine for a process, compiled components, instances with their limits.
//! Nothing in here knows Dapr's resources or a protocol.

mod budget;
mod cache;
mod compile;
mod component;
mod early;
mod embedded;
mod engine;
mod exchange;
mod http;
mod idle;
mod instance;
mod room;
mod runtime;
mod share;
mod state;
mod ticker;
mod trusted;
mod waiting;

pub use component::Component;
pub use engine::{RuntimeConfig, Usage};
pub use instance::SecretStore;
pub(crate) use room::Room;
pub use runtime::{LoadError, Runtime};
pub use state::{InstanceOptions, Output};
pub(crate) use waiting::Waiting;

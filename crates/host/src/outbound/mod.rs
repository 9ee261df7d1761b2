//! The road out: what a component may reach, and how a request of its gets there.

mod allow;
mod answer;
mod body;
mod certificates;
mod client;
mod connect;
mod entries;
mod failure;
mod had;
mod hooks;
mod no_proxy;
mod origin;
mod pool;
mod proxy;
mod report;
mod shared;
mod trust;
mod watch;

pub use allow::InvalidPattern;
pub use client::{InvalidOutbound, Outbound, OutboundBuilder, OutboundUsage};
pub(crate) use hooks::Hooks;
pub use origin::{InvalidOrigin, Origin};
pub use proxy::InvalidProxy;
pub use shared::{Life, Sharing};

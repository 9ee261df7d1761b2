//! The road out: what a component may reach, and how a request of its gets there.

mod allow;
mod client;
mod connect;
mod hooks;
mod origin;

pub use allow::InvalidPattern;
pub use client::{InvalidOutbound, Outbound, OutboundBuilder, OutboundUsage};
pub(crate) use hooks::Hooks;
pub use origin::{InvalidOrigin, Origin};

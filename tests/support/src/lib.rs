//! What tests of the host and of the component need that knows neither: Components to write,
//! programs of others, and what is skipped for want of one.

#![cfg(not(target_family = "wasm"))]

pub mod benches;
pub mod keys;
pub mod programs;
pub mod resources;
pub mod skips;

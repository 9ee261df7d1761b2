//! Values as Dapr's components write them: Go's durations, Dapr's booleans, Kubernetes' quantities.
//!
//! `no_std` and without allocation. No function panics, whatever the text.

#![no_std]

mod boolean;
mod duration;
mod quantity;

pub use boolean::{boolean, is_truthy};
pub use duration::duration;
pub use quantity::quantity;

//! Values as Dapr's components write them: Go's durations and Dapr's booleans.
//!
//! `no_std` and without allocation. No function panics, whatever the text.

#![no_std]

mod boolean;
mod duration;

pub use boolean::{boolean, is_truthy};
pub use duration::duration;

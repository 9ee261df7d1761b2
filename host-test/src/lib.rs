//! The SSM emulator and what end-to-end tests need: the built component, and it and the emulator
//! wired together over real sockets.

#![cfg(not(target_family = "wasm"))]

pub mod component;
pub mod compose;
pub mod demo;
pub mod emulator;
pub mod harness;

//! What end-to-end tests need: the component, the host and the SSM emulator, wired together over
//! real sockets; and the demo.

#![cfg(not(target_family = "wasm"))]

pub mod demo;
pub mod harness;

//! Ends a build for a system that is no Unix with one sentence.
//!
//! The host depends on this there and on nothing else, so that nothing has to be compiled, and to
//! fail, before the sentence.

#[cfg(not(any(unix, target_family = "wasm")))]
compile_error!(
    "dapr-wasm-host needs a Unix, and so do `cargo run` and `cargo test` without a package, which build \
     it: on Windows run them in WSL (`wsl --install`). What works here too is the component, for any \
     host of WebAssembly components (`cargo build --release --target wasm32-wasip2 --package \
     tencentcloud-ssm`), and the emulator (`cargo run --package ssm-emulator`)."
);

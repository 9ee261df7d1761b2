//! How WebAssembly becomes machine code: the same at build time and at run time.

use wasmtime::Config;

/// The settings that shape the code.
pub(super) fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true);
    // Stores of this contract are called one call at a time.
    config.concurrency_support(false);
    config
}

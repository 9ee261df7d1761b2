//! A command (`wasi:cli/run`) that reads secrets from the store that it is composed with: any
//! component that exports `dapr:secretstores/store`.
//!
//! Secrets go to standard output and to nothing else; errors go to standard error. The exit status
//! is 0 or 1, which is all that WASI 0.2 has; a script that needs the cause takes the first word
//! of the error, which is the contract's error kind, or all of it with `--json`.

#[cfg(target_family = "wasm")]
mod command;

#[cfg(target_family = "wasm")]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    eprintln!("this is a WASI command: see `just compose`");
    std::process::ExitCode::FAILURE
}

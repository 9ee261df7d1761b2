//! The command `dapr-wasm-host`; see `dapr_wasm_host::cli`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    dapr_wasm_host::cli::main(std::env::args_os()).await
}

//! The command `dapr-wasm-host`; see `dapr_wasm_host::cli`.

#[cfg(target_family = "wasm")]
fn main() {}

/// A read makes some hundred small allocations, and frees them on whichever thread is free: faster
/// than with the system's allocator (`just bench`).
#[cfg(not(target_family = "wasm"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    dapr_wasm_host::cli::main(std::env::args_os()).await
}

//! Shows the component at work: `cargo run` against the emulator, `cargo run -- get NAME` against
//! Tencent Cloud.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::process::ExitCode {
    host_test::demo::main()
}

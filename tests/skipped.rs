//! The last test program of `cargo test`: says which tests were skipped, and what they need.
//!
//! It has no harness, because libtest would hide what it says.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> std::io::Result<()> {
    // Others than Cargo ask a test program for its tests: here are none.
    if std::env::args().all(|argument| argument != "--list") {
        eprintln!("{}", test_support::skips::Skips::of_this_run().take()?);
    }
    Ok(())
}

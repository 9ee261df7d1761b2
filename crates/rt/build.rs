//! Links `memcmp`, which Rust leaves to C's library where there is no standard library of its own.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-lib=c");
    }
}

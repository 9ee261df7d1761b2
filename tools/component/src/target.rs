//! Rust's standard library for components. `build.rs` is made of this file too.

use std::{env, path::PathBuf, process::Command};

/// What components are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Where the standard library for [`TARGET`] is. If it is missing, has rustup install it, and
/// tells `say` so.
///
/// # Errors
/// What to do where that is impossible, in a few lines.
pub(crate) fn ensure(say: impl FnOnce(&str)) -> Result<PathBuf, String> {
    let libdir = libdir()?;
    if libdir.exists() {
        return Ok(libdir);
    }
    say(&format!(
        "Rust's {TARGET} target is missing: running rustup target add {TARGET}"
    ));
    let installed = Command::new("rustup")
        .args(["target", "add", TARGET])
        // There rust-toolchain.toml says which toolchain.
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    let why = match installed {
        Ok(_) if libdir.exists() => return Ok(libdir),
        Ok(status) if status.success() => "rustup serves another rustc than this build".to_owned(),
        Ok(status) => format!("rustup ended with {status}"),
        Err(why) => format!("rustup cannot be started: {why}"),
    };
    Err(format!(
        "Rust's {TARGET} target is missing and was not installed: {why}.\n\
         With rustup and a network, run: rustup target add {TARGET}\n\
         Without rustup, install the standard library for {TARGET} that belongs to your rustc; it \
         is looked for in {}",
        libdir.display()
    ))
}

fn libdir() -> Result<PathBuf, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .map_err(|why| format!("{} cannot be started: {why}", rustc.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "{} does not know the target {TARGET}: {said}",
            rustc.display()
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

//! Builds the component, as a user would.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use compose::{ComposeError, compose};
use thiserror::Error;

const TARGET: &str = "wasm32-wasip2";

/// Why there is no component.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A program could not be started.
    #[error("{0} cannot be started: {1}")]
    Start(String, io::Error),
    /// The target's standard library is not there.
    #[error(
        "Rust's {TARGET} target is missing and could not be installed. Run:\n\n    rustup target \
         add {TARGET}\n"
    )]
    NoTarget,
    /// Cargo failed; it said why on standard error.
    #[error("the component did not build (see above)")]
    Cargo,
    /// Cargo succeeded, yet the file is not there.
    #[error("{0} cannot be read: {1}")]
    Unreadable(PathBuf, io::Error),
    /// Two components were built and do not make one.
    #[error(transparent)]
    Compose(#[from] ComposeError),
}

/// Builds the component for `wasm32-wasip2`, in the release profile, and gives its path. What
/// Cargo says goes to standard error, unless `quiet`; a build that is up to date takes a moment.
///
/// # Errors
/// [`BuildError`], which says what to do.
pub fn build(quiet: bool) -> Result<PathBuf, BuildError> {
    package("tencentcloud-ssm", quiet)
}

/// Builds another component of this workspace in the same way.
///
/// # Errors
/// As [`build`].
pub fn package(name: &str, quiet: bool) -> Result<PathBuf, BuildError> {
    install_target()?;
    // A folder of its own: Cargo locks a folder while it builds, and `cargo test` may be waiting
    // for us.
    let target_dir = target_dir().join("component");
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(&cargo);
    command
        .current_dir(root())
        .args(["build", "--release", "--package", name])
        .args(["--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        // Flags meant for this machine's programs are not meant for the component.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if quiet {
        command.arg("--quiet");
    }
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    if !status
        .map_err(|why| BuildError::Start(cargo, why))?
        .success()
    {
        return Err(BuildError::Cargo);
    }
    Ok(target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", name.replace('-', "_"))))
}

/// Builds the component and gives its bytes.
///
/// # Errors
/// As [`build`].
pub fn bytes() -> Result<Vec<u8>, BuildError> {
    let path = build(true)?;
    read(path)
}

/// Builds the command line and composes it with the component: `ssm-cli.wasm`.
///
/// # Errors
/// As [`build`].
pub fn command() -> Result<Vec<u8>, BuildError> {
    Ok(compose(&command_alone()?, &bytes()?)?)
}

/// Builds the command line, which is to be composed with a store.
///
/// # Errors
/// As [`build`].
pub fn command_alone() -> Result<Vec<u8>, BuildError> {
    read(package("secrets-cli", true)?.with_file_name("secrets-cli.wasm"))
}

/// Builds the gateway and composes it with the component: `ssm-gateway.wasm`.
///
/// # Errors
/// As [`build`].
pub fn gateway() -> Result<Vec<u8>, BuildError> {
    Ok(compose(&gateway_alone()?, &bytes()?)?)
}

/// Builds the gateway, which is to be composed with a store.
///
/// # Errors
/// As [`build`].
pub fn gateway_alone() -> Result<Vec<u8>, BuildError> {
    read(package("secrets-gateway", true)?)
}

fn read(path: PathBuf) -> Result<Vec<u8>, BuildError> {
    fs::read(&path).map_err(|why| BuildError::Unreadable(path, why))
}

/// A program of others that tests run: `path` from the root, which the command `by` prepares.
/// Where it was not run, this says so and gives `None`.
///
/// # Panics
/// In CI, if it was not run.
pub fn prepared(path: &str, by: &str) -> Option<PathBuf> {
    let found = root().join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(env::var_os("CI").is_none(), "run {by}: {path} is missing");
    eprintln!("SKIPPED: {path} is missing, run {by}");
    None
}

/// The project's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Where Cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn install_target() -> Result<(), BuildError> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let libdir = Command::new(&rustc)
        .current_dir(root())
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .map_err(|why| BuildError::Start(rustc, why))?;
    let libdir = String::from_utf8_lossy(&libdir.stdout).trim().to_owned();
    if !libdir.is_empty() && Path::new(&libdir).exists() {
        return Ok(());
    }
    eprintln!("installing Rust's {TARGET} target (rustup target add {TARGET})");
    let status = Command::new("rustup")
        .current_dir(root())
        .args(["target", "add", TARGET])
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(BuildError::NoTarget),
    }
}

//! Builds this workspace's components, as a user would.

mod target;

use std::{
    env,
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use target::TARGET;

/// Variables that hold what is meant for this machine's programs, or for clippy, and not for
/// components.
const NOT_FOR_COMPONENTS: [&str; 4] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
];

/// What takes the place of the flags that make components small.
const FOR_SPEED: &str = "-C opt-level=3 -C codegen-units=1";

/// Why there is no component.
#[derive(Debug)]
pub enum BuildError {
    /// The target's standard library is missing; says what to do.
    NoTarget(String),
    /// Cargo could not be started.
    Start(io::Error),
    /// Cargo failed to build this package; it said why on standard error.
    Failed(String),
    /// This package was built, and makes no component.
    NoComponent(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTarget(advice) => f.write_str(advice),
            Self::Start(why) => write!(f, "cargo cannot be started: {why}"),
            Self::Failed(name) => write!(f, "{name} did not build (see above)"),
            Self::NoComponent(name) => write!(f, "{name} makes no component"),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Start(why) => Some(why),
            _ => None,
        }
    }
}

/// The workspace's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where Cargo puts what it builds: `CARGO_TARGET_DIR`, relative to the root, or else `target`.
pub fn target_dir() -> PathBuf {
    let named = env::var_os("CARGO_TARGET_DIR").filter(|named| !named.is_empty());
    root().join(named.unwrap_or_else(|| "target".into()))
}

/// Sees to it that Rust can build components: if the target's standard library is missing, says so
/// on standard error and has rustup install it.
///
/// # Errors
/// [`BuildError::NoTarget`] where that is impossible.
pub fn ensure_target() -> Result<(), BuildError> {
    target::ensure(|doing| eprintln!("{doing}"))
        .map(drop)
        .map_err(BuildError::NoTarget)
}

/// Builds the component of the package `name` in the release profile and gives its path. What is
/// up to date takes a moment.
///
/// # Errors
/// [`BuildError`], which says what to do.
pub fn package(name: &str) -> Result<PathBuf, BuildError> {
    build(name, "component", None)
}

/// The same, made for speed and not for size.
///
/// # Errors
/// [`BuildError`], which says what to do.
pub fn package_for_speed(name: &str) -> Result<PathBuf, BuildError> {
    build(name, "component-for-speed", Some(FOR_SPEED))
}

/// Builds into `folder`, with `flags` for rustc in place of those in `.cargo/config.toml`.
fn build(name: &str, folder: &str, flags: Option<&str>) -> Result<PathBuf, BuildError> {
    ensure_target()?;
    // A folder of its own: the Cargo that runs this, in a build script or a test, may hold the lock
    // of the other one.
    let folder = target_dir().join(folder);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--release", "--locked", "--quiet"])
        .args(["--package", name, "--target", TARGET, "--target-dir"])
        .arg(&folder)
        .current_dir(root())
        // A build script's standard output is read by Cargo.
        .stdout(Stdio::null())
        .stdin(Stdio::null());
    for variable in NOT_FOR_COMPONENTS {
        cargo.env_remove(variable);
    }
    if let Some(flags) = flags {
        cargo.env("RUSTFLAGS", flags);
    }
    if !cargo.status().map_err(BuildError::Start)?.success() {
        return Err(BuildError::Failed(name.to_owned()));
    }
    // A library's file is named with underscores, a program's as it is.
    let built = folder.join(TARGET).join("release");
    [name.replace('-', "_"), name.to_owned()]
        .iter()
        .map(|name| built.join(format!("{name}.wasm")))
        .find(|file| file.exists())
        .ok_or_else(|| BuildError::NoComponent(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_where_the_workspace_is() {
        assert!(root().join("wit/secretstores.wit").exists());
        assert!(target_dir().is_absolute());
    }

    #[test]
    fn a_library_and_a_program_are_built_and_found() {
        let library = package("bad-store").unwrap();
        assert!(library.ends_with("wasm32-wasip2/release/bad_store.wasm"));
        let program = package("secrets-cli").unwrap();
        assert!(program.ends_with("wasm32-wasip2/release/secrets-cli.wasm"));
    }
}

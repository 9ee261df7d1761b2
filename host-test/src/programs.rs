//! Programs of others that tests run.

use std::{env, path::PathBuf};

use component_build::root;

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

//! What holds of the sources as a whole: who may reach whom, what the pages say of limits and settings, and
//! which tests may be skipped.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests that is how to fail"
)]

mod arrows;
mod circles;
mod limits;
mod once;
mod settings;
mod skips;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The project's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below `folder`, sorted.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a file, without comments and without its unit tests, which stand last.
fn read(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    let code = |line: &&str| !line.trim_start().starts_with("//");
    text[..end]
        .lines()
        .filter(code)
        .collect::<Vec<_>>()
        .join("\n")
}

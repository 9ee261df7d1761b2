//! What others made and tests use: Cargo builds none of it.

use std::{env, path::PathBuf};

use component_build::root;

use crate::skips::Skips;

/// What one of the scripts in `tools/` gets.
pub struct Program {
    /// What it is, for people.
    name: &'static str,
    /// The path to it, from the root.
    path: &'static str,
    /// The script that gets it.
    by: &'static str,
}

/// The unmodified wasmtime command.
pub const WASMTIME: Program = Program {
    name: "the wasmtime command",
    path: "target/tools/bin/wasmtime",
    by: "tools/setup",
};

/// The Python that has Tencent Cloud's official SDK.
pub const TENCENTCLOUD_SDK_PYTHON: Program = Program {
    name: "Tencent Cloud's Python SDK",
    path: "target/tools/bin/python3",
    by: "tools/setup",
};

/// The Python that has Dapr's official SDK.
pub const DAPR_SDK_PYTHON: Program = Program {
    name: "Dapr's Python SDK",
    path: "target/tools/bin/python3",
    by: "tools/setup",
};

/// The folder of modules that has Dapr's official SDK for JavaScript.
pub const DAPR_SDK_NODE_MODULES: Program = Program {
    name: "Dapr's JavaScript SDK",
    path: "target/tools/node/node_modules",
    by: "tools/setup, which needs npm",
};

/// The component of `tests/fixtures/js-store`.
pub const JAVASCRIPT_STORE: Program = Program {
    name: "the store in JavaScript",
    path: "target/tools/js-store.wasm",
    by: "tools/setup, which needs npm",
};

/// An unmodified daprd.
pub const DAPRD: Program = Program {
    name: "daprd",
    path: "target/daprd/daprd",
    by: "tools/daprd, which needs Go",
};

/// A daprd that has Dapr's own component for Tencent Cloud SSM.
pub const DAPRD_BUILTIN: Program = Program {
    name: "daprd with its own SSM component",
    path: "target/daprd/daprd-builtin",
    by: "tools/daprd, which needs Go",
};

/// Dapr's conformance suite for secret stores.
pub const CONFORMANCE: Program = Program {
    name: "Dapr's conformance suite",
    path: "target/daprd/conformance",
    by: "tools/daprd, which needs Go",
};

/// Whether this process may give files to other users. Where not, the test that asked is to return,
/// and `cargo test` says at its end that it was skipped.
///
/// # Panics
/// In CI if it may not, and if the skip cannot be noted down.
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        skip("the rights of root", "cargo test as root");
    }
    is_root
}

#[expect(clippy::expect_used, reason = "for tests only")]
fn skip(missing: &str, by: &str) {
    assert!(
        env::var_os("CI").is_none(),
        "{missing} is missing here: run {by}"
    );
    Skips::of_this_run()
        .add(missing, by)
        .expect("a skipped test is noted down");
}

impl Program {
    /// Where it is. `None` if it is missing: the test that asked is to return, and `cargo test`
    /// says at its end that it was skipped.
    ///
    /// # Panics
    /// In CI if it is missing, and if the skip cannot be noted down.
    pub fn find(&self) -> Option<PathBuf> {
        let path = root().join(self.path);
        if path.exists() {
            return Some(path);
        }
        skip(self.name, self.by);
        None
    }
}

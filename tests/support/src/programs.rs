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

/// The unmodified wasmtime command, the newest.
pub const WASMTIME: Program = Program {
    name: "the wasmtime command",
    path: "target/tools/bin/wasmtime",
    by: "tools/setup",
};

/// The unmodified wasmtime command of the release with long support that the host embeds.
pub const WASMTIME_LTS: Program = Program {
    name: "the wasmtime command 48",
    path: "target/tools/wasmtime-lts/bin/wasmtime",
    by: "tools/setup",
};

/// The Python that has Tencent Cloud's official SDK.
pub const TENCENTCLOUD_SDK_PYTHON: Program = Program {
    name: "Tencent Cloud's Python SDK",
    path: "target/tools/bin/python3",
    by: "tools/setup",
};

/// Tencent Cloud's command line.
pub const TCCLI: Program = Program {
    name: "Tencent Cloud's command line",
    path: "target/tools/tccli/bin/tccli",
    by: "tools/setup",
};

/// A program that reads with Tencent Cloud's official SDK for Go.
pub const TENCENTCLOUD_SDK_GO: Program = Program {
    name: "Tencent Cloud's Go SDK",
    path: "target/tools/go/tencentcloud",
    by: "tools/setup, which needs Go",
};

/// A program that reads with Dapr's official SDK for Go.
pub const DAPR_SDK_GO: Program = Program {
    name: "Dapr's Go SDK",
    path: "target/tools/go/dapr",
    by: "tools/setup, which needs Go",
};

/// The folder of archives that has Dapr's official SDK for Java.
pub const DAPR_SDK_JAVA: Program = Program {
    name: "Dapr's Java SDK",
    path: "target/tools/java",
    by: "tools/setup, which needs Java 11 or newer and Maven",
};

/// The Python that has Dapr's official SDK.
pub const DAPR_SDK_PYTHON: Program = Program {
    name: "Dapr's Python SDK",
    path: "target/tools/bin/python3",
    by: "tools/setup",
};

/// The folder of modules that has the official SDKs of Dapr and Tencent Cloud for JavaScript.
pub const SDK_NODE_MODULES: Program = Program {
    name: "the JavaScript SDKs of Dapr and Tencent Cloud",
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

/// The newest unmodified daprd.
pub const DAPRD_NEWEST: Program = Program {
    name: "the newest daprd",
    path: "target/daprd/newest/daprd",
    by: "tools/daprd, which needs Go",
};

/// Every release of daprd that tests plug the host into.
pub const DAPRDS: [Program; 2] = [DAPRD, DAPRD_NEWEST];

/// A daprd that has Dapr's own component for Tencent Cloud SSM.
pub const DAPRD_BUILTIN: Program = Program {
    name: "daprd with its own SSM component",
    path: "target/daprd/daprd-builtin",
    by: "tools/daprd, which needs Go",
};

/// The same of every release in [`DAPRDS`].
pub const DAPRDS_BUILTIN: [Program; 2] = [
    DAPRD_BUILTIN,
    Program {
        name: "the newest daprd with its own SSM component",
        path: "target/daprd/newest/daprd-builtin",
        by: "tools/daprd, which needs Go",
    },
];

/// Dapr's conformance suite for secret stores, of every release in [`DAPRDS`].
pub const CONFORMANCES: [Program; 2] = [
    Program {
        name: "Dapr's conformance suite",
        path: "target/daprd/conformance",
        by: "tools/daprd, which needs Go",
    },
    Program {
        name: "Dapr's newest conformance suite",
        path: "target/daprd/newest/conformance",
        by: "tools/daprd, which needs Go",
    },
];

/// Those of `programs` that are here, each named in the output of a test that fails.
///
/// # Panics
/// As [`Program::find`].
pub fn found(programs: &[Program]) -> impl Iterator<Item = PathBuf> {
    let found = programs.iter().filter_map(Program::find);
    found.inspect(|program| println!("with {}", program.display()))
}

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

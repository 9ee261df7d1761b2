//! The first build compiles nothing twice that takes long: build scripts and programs share it.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use crate::root;

/// What takes long, each with what it needs of the same name.
const LONG: [&str; 4] = [
    "cranelift_codegen",
    "wasmtime",
    "wasmtime_environ",
    "wasmparser",
];

/// Cargo's plan of a build is unstable, and Rust's stable Cargo gives it when told that this is known.
#[test]
fn what_takes_long_is_compiled_once() {
    for packages in [
        &["--package", "host-test"][..],
        &["--package", "dapr-wasm-host"],
        &["--workspace", "--all-targets"],
    ] {
        let output = Command::new(env!("CARGO"))
            .args([
                "build",
                "--locked",
                "--offline",
                "--unit-graph",
                "-Zunstable-options",
            ])
            .args(packages)
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(root())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut count = BTreeMap::<_, usize>::new();
        for unit in plan["units"].as_array().unwrap() {
            let (name, kind) = (unit["target"]["name"].as_str(), &unit["target"]["kind"][0]);
            let name = name.filter(|name| LONG.contains(name) && kind == "lib");
            if let Some(name) = name {
                *count
                    .entry((name.to_owned(), unit["pkg_id"].to_string()))
                    .or_default() += 1;
            }
        }
        assert!(count.len() >= LONG.len(), "{count:?}");
        let twice: Vec<_> = count.iter().filter(|(_, times)| **times > 1).collect();
        assert!(
            twice.is_empty(),
            "{packages:?}: name in tools/workspace-hack whose features differ: {twice:?}"
        );
    }
}

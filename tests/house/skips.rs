//! Tests that do not run where somebody may think that they did.

use std::fs;

use super::{root, sources};

/// The one test that is ignored: CI runs it by its name.
const SOAK: &str = "crates/host/tests/host/soak/mod.rs";

#[test]
fn no_test_is_skipped_or_ignored_without_ci_knowing() {
    let folders = ["crates", "host-test", "src", "tests", "tools"];
    let files = folders.iter().flat_map(|name| sources(&root().join(name)));
    let mut ignored = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap();
        let fails_in_ci = text.contains("var_os(\"CI\").is_none()");
        let skips = text.contains(concat!("SKIP", "PED"));
        assert!(!skips || fails_in_ci, "{name} skips in CI too");
        if text.contains(concat!("#[ig", "nore")) {
            ignored.push(name.to_owned());
        }
    }
    assert_eq!(ignored, [SOAK]);
}

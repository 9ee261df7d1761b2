//! Tests that do not run where somebody may think that they did.

use std::fs;

use super::{root, sources};

/// What keeps a test from running, and where it may stand. A skip is said by `test_support::skips`
/// and by nothing else, which in CI makes it a failure; the soak is run by CI by its name.
const ONLY_THERE: [(&str, &[&str]); 2] = [
    (concat!("SKIP", "PED"), &[]),
    (
        concat!("#[ig", "nore"),
        &["crates/host/tests/host/soak/mod.rs"],
    ),
];

#[test]
fn no_test_is_skipped_or_ignored_without_ci_knowing() {
    let folders = ["crates", "host-test", "src", "tests", "tools"];
    let files = folders.iter().flat_map(|name| sources(&root().join(name)));
    let texts: Vec<_> = files
        .map(|file| (fs::read_to_string(&file).unwrap(), file))
        .collect();
    for (text, places) in ONLY_THERE {
        let holders = texts.iter().filter(|(code, _)| code.contains(text));
        let holders: Vec<_> = holders
            .map(|(_, file)| file.strip_prefix(root()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(holders, places, "{text}");
    }
}

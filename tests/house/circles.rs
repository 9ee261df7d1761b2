//! Files that need each other in a loop, which nobody can read one at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{arrows::paths, read, root, sources};

/// Every crate of which the modules stand in `src`.
const CRATES: [&str; 13] = [
    "src",
    "crates/api/src",
    "crates/cli/src",
    "crates/emulator/src",
    "crates/gateway/src",
    "crates/guest/src",
    "crates/host/src",
    "crates/rt/src",
    "crates/settings/src",
    "crates/ssm/src",
    "crates/tc3/src",
    "crates/values/src",
    "host-test/src",
];

#[test]
fn no_file_needs_another_that_needs_it() {
    for krate in CRATES {
        let needs = needs(&root().join(krate));
        for start in needs.keys() {
            let mut seen = BTreeSet::new();
            let mut next: Vec<&String> = needs[start].iter().collect();
            while let Some(module) = next.pop() {
                assert!(module != start, "{krate}: {start} needs itself by {seen:?}");
                if seen.insert(module) {
                    next.extend(&needs[module]);
                }
            }
        }
    }
}

/// The modules of a crate, such as `wasm::engine`, each with those whose names its paths hold.
/// A `mod.rs` or `lib.rs` hands names on and is no module here.
fn needs(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let texts: BTreeMap<String, String> = sources(folder)
        .iter()
        .filter(|file| {
            !["mod.rs", "lib.rs", "main.rs"]
                .iter()
                .any(|it| file.ends_with(it))
        })
        .map(|file| {
            let name = file.strip_prefix(folder).unwrap().with_extension("");
            let parts: Vec<&str> = name.iter().map(|part| part.to_str().unwrap()).collect();
            (parts.join("::"), read(file))
        })
        .collect();
    let named = |path: &str| {
        let ends = path
            .match_indices("::")
            .map(|(at, _)| at)
            .chain([path.len()]);
        let modules = ends.map(|end| path[..end].to_owned());
        modules.filter(|module| texts.contains_key(module)).last()
    };
    let of = |(module, text): (&String, &String)| {
        let parts: Vec<String> = module.split("::").map(str::to_owned).collect();
        let needed = paths(text, &parts)
            .into_iter()
            .filter_map(|path| named(&path));
        let others: BTreeSet<String> = needed.filter(|other| other != module).collect();
        (module.clone(), others)
    };
    texts.iter().map(of).collect()
}

//! A file of YAML documents: whatever stands in it, a Component behind it is read, no name comes
//! twice, and every problem is on one line.

#![no_main]

use std::{collections::BTreeSet, fs, sync::LazyLock};

use dapr_wasm_host::resources::load;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
const BEHIND: &str = "
---
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: behind
spec:
  type: secretstores.local.env
  version: v1
";

fuzz_target!(|text: &str| {
    let file = FOLDER.path().join("a.yaml");
    fs::write(file, format!("{text}{BEHIND}")).unwrap();
    let loaded = load(&[FOLDER.path().to_owned()], None).unwrap();
    let names: BTreeSet<_> = loaded
        .components
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names.len(), loaded.components.len());
    assert!(names.contains("behind"));
    for name in names {
        assert!(!name.is_empty() && !name.contains('/'));
    }
    for problem in &loaded.problems {
        assert!(!problem.to_string().contains('\n'), "{problem}");
    }
});

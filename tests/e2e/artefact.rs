//! The `.wasm` file itself.

use std::fs;

use dapr_wasm_host::{Runtime, RuntimeConfig};
use host_test::harness::compiled;

/// What the component may weigh, in bytes.
const BUDGET: usize = 204_800;

#[test]
fn it_imports_what_the_golden_list_says_and_nothing_else() {
    let list = fs::read_to_string(component_build::root().join("golden/imports.txt")).unwrap();
    let golden: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    let imports = compiled().imports();
    assert_eq!(imports, golden, "see golden/imports.txt before changing it");
    for forbidden in [
        "std",
        "terminal",
        "exit",
        "sockets",
        "filesystem",
        "random",
        "config",
        "keyvalue",
    ] {
        let found = imports.iter().find(|import| import.contains(forbidden));
        assert_eq!(found, None);
    }
}

#[test]
fn it_exports_the_contract_and_nothing_else() {
    assert_eq!(compiled().exports(), ["dapr:secretstores/store@0.1.0"]);
}

#[test]
fn it_stays_within_its_budget() {
    let size = Runtime::TENCENTCLOUD_SSM.len();
    assert!(size < BUDGET, "{size} bytes of {BUDGET}");
}

#[test]
fn what_is_no_secret_store_is_refused_with_a_reason() {
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    let told = |bytes: &[u8]| runtime.load(bytes).err().unwrap().to_string();
    assert!(told(b"").contains("not a component"));
    assert!(told(b"\0asm\x01\0\0\0").contains("not a component"));
    let empty = told(b"\0asm\x0d\0\x01\0");
    assert!(empty.contains("not a secret store"), "{empty}");
}

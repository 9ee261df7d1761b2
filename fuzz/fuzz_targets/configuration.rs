//! A Configuration in YAML: whatever is in it, a secret that it denies is denied, or it is refused.
//! The input is a file as it stands, and the first lines of it besides are names in one that is
//! well written.

#![no_main]
#![allow(dead_code, reason = "parts of the host that are for Components")]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use serde_json::json;

#[path = "../../crates/host/src/resources/configuration.rs"]
mod configuration;
#[path = "../../crates/host/src/resources/expand.rs"]
mod expand;
#[path = "../../crates/host/src/resources/node.rs"]
mod node;
#[path = "../../crates/host/src/resources/place.rs"]
mod place;
#[path = "../../crates/host/src/resources/scalar.rs"]
mod scalar;
#[path = "../../crates/host/src/resources/scopes.rs"]
mod scopes;
#[path = "../../crates/host/src/resources/split.rs"]
mod split;
#[path = "../../crates/host/src/resources/strict.rs"]
mod strict;
#[path = "../../crates/host/src/resources/value.rs"]
mod value;
#[path = "../../crates/host/src/resources/yaml.rs"]
mod yaml;

use expand::Expanded;
use scopes::Scopes;

fn read(text: &str) -> Option<Scopes> {
    let mut scopes = Scopes::default();
    let expanded = Expanded::of(text, |_| None);
    let file = Path::new("configuration.yaml");
    match configuration::add(&mut scopes, file, &expanded) {
        Ok(()) => Some(scopes),
        Err(why) => {
            // To YAML a carriage return ends a line too.
            let lines = text.split(['\r', '\n']).count();
            assert!(why.place.line <= lines + 1, "{why}");
            None
        }
    }
}

fuzz_target!(|text: &str| {
    read(text);
    let mut lines = text.lines();
    let (Some(store), Some(denied), Some(allowed)) = (lines.next(), lines.next(), lines.next())
    else {
        return;
    };
    let scope = |scope| {
        let scopes = json!({"scopes": [scope]});
        json!({"kind": "Configuration", "spec": {"secrets": scopes}}).to_string()
    };
    if let Some(scopes) = read(&scope(
        json!({"storeName": store, "deniedSecrets": [denied]}),
    )) {
        assert!(!scopes.allow(store, denied));
    }
    let only = json!({"storeName": store, "allowedSecrets": [allowed], "defaultAccess": "deny"});
    if let Some(scopes) = read(&scope(only)) {
        assert_eq!(scopes.allow(store, denied), denied == allowed);
    }
});

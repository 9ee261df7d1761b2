//! A file of Components in YAML: it is cut without a loss, each mistake stands in it, and a property
//! that is well written comes back as it is.

#![no_main]
#![allow(dead_code, reason = "parts of the host that are for Configurations")]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use serde_json::json;

#[path = "../../crates/host/src/resources/component.rs"]
mod component;
#[path = "../../crates/host/src/resources/document.rs"]
mod document;
#[path = "../../crates/host/src/resources/misplaced.rs"]
mod misplaced;
#[path = "../../crates/host/src/resources/node.rs"]
mod node;
#[path = "../../crates/host/src/resources/place.rs"]
mod place;
#[path = "../../crates/host/src/resources/scalar.rs"]
mod scalar;
#[path = "../../crates/host/src/resources/split.rs"]
mod split;
#[path = "../../crates/host/src/stores/store_type.rs"]
mod store_type;
#[path = "../../crates/host/src/resources/value.rs"]
mod value;
#[path = "../../crates/host/src/resources/yaml.rs"]
mod yaml;

mod stores {
    pub use crate::store_type::StoreType;
}

use component::Component;
use place::Place;

fn read(text: &str) -> Option<Component> {
    let parsed = yaml::parse(text)
        .map_err(|why| within(why.line, text))
        .ok()?;
    let place = Place {
        file: PathBuf::from("component.yaml"),
        document: 1,
        line: 1,
    };
    let read = document::read(&parsed, &place);
    read.warnings.iter().for_each(|it| within(it.line, text));
    let component = read
        .component
        .map_err(|why| within(why.line, text))
        .ok()??;
    assert!(!component.name.contains(['/', '%']));
    Some(component)
}

fn within(line: usize, text: &str) {
    // To YAML a carriage return ends a line too.
    assert!(line <= text.split(['\r', '\n']).count() + 1);
}

fuzz_target!(|text: &str| {
    let documents: Vec<_> = split::documents(text).collect();
    let cut: Vec<_> = documents.iter().map(|(_, document)| *document).collect();
    assert_eq!(cut.join("\n"), text);
    for (line, document) in documents {
        within(line, text);
        read(document);
    }
    let Some((name, value)) = text.split_once('\n') else {
        return;
    };
    let item = json!({"name": name, "value": value});
    let written = json!({
        "apiVersion": "dapr.io/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "store"},
        "spec": {"type": "secretstores.local.env", "version": "v1", "metadata": [item]},
    });
    let Some(component) = read(&written.to_string()) else {
        return;
    };
    let Some(item) = component.metadata.first() else {
        assert!(name.is_empty());
        return;
    };
    assert_eq!(item.name, name);
    let given = item.value.as_ref().map_or("", |value| value.as_str());
    assert_eq!(given, value);
});

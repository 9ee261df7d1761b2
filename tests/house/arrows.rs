//! The rooms of `crates/host/src` and who may reach whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{read, root, sources};

/// From the ground up: a room may reach rooms of lower floors, and none beside or above it.
const FLOORS: [&[&str]; 8] = [
    &["contract", "files", "outbound"],
    &["wasm", "grpc", "net"],
    &["stores"],
    &["memory"],
    &["resources"],
    &["loader", "metrics"],
    &["plug", "serve"],
    &["cli"],
];

#[test]
fn a_room_of_the_host_reaches_only_rooms_below_it() {
    let floors: BTreeMap<&str, usize> = FLOORS
        .iter()
        .enumerate()
        .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor)))
        .collect();
    let host = root().join("crates/host/src");
    let mut wrong = Vec::new();
    for file in sources(&host) {
        let module = module(file.strip_prefix(&host).unwrap());
        let Some(room) = module.first().filter(|room| *room != "main") else {
            continue;
        };
        let floor = floors.get(room.as_str());
        let floor = floor.unwrap_or_else(|| panic!("{room} has no floor: give it one here"));
        for reached in rooms_reached(&read(&file), &module) {
            let below = floors.get(reached.as_str()).is_some_and(|it| it < floor);
            if reached != *room && !below {
                wrong.push(format!("{} reaches {reached}", file.display()));
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
}

#[test]
fn only_the_command_and_the_embedded_component_know_the_vendor() {
    let host = root().join("crates/host/src");
    let knows = |file: &Path| {
        fs::read_to_string(file)
            .unwrap()
            .to_lowercase()
            .contains("tencent")
    };
    let may = |file: &Path| {
        let path = file.strip_prefix(&host).unwrap();
        path.starts_with("cli") || path.ends_with("wasm/embedded.rs") || path.ends_with("lib.rs")
    };
    let files = sources(&host);
    let wrong: Vec<_> = files
        .iter()
        .filter(|file| knows(file) && !may(file))
        .collect();
    assert_eq!(wrong, [] as [&PathBuf; 0]);
    assert!(files.iter().any(|file| knows(file)), "nothing was read");
}

#[test]
fn what_a_file_reaches_is_read_from_its_paths() {
    let module = ["serve".to_owned(), "http".to_owned()];
    let text = "
        use crate::{contract::{CallError, Kind}, stores::Store};
        use super::{api::Api, grpc};
        use super::super::plug;
        fn x() -> crate::wasm::Runtime { crate::Metrics::new() }
    ";
    let reached: Vec<String> = rooms_reached(text, &module).into_iter().collect();
    let expected = ["Metrics", "contract", "plug", "serve", "stores", "wasm"];
    assert_eq!(reached, expected);
}

/// `serve/http.rs` is `[serve, http]`, `serve/mod.rs` is `[serve]`, `lib.rs` is `[]`.
fn module(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    let parts = parts.iter().map(|part| part.to_str().unwrap().to_owned());
    parts
        .filter(|part| part != "mod" && part != "lib")
        .collect()
}

/// The first names of all paths in `text` that begin with `crate::`, or climb there by `super::`.
fn rooms_reached(text: &str, module: &[String]) -> BTreeSet<String> {
    let first = |path: String| path.split("::").next().map(str::to_owned);
    paths(text, module).into_iter().filter_map(first).collect()
}

/// All paths in `text`, which stands in `module`, that begin with `crate::` or `super::`: from the
/// crate's root, without it, each name of a list in braces in a path of its own.
pub(crate) fn paths(text: &str, module: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        expand("", &text[at + "crate::".len()..], &mut found);
    }
    for (at, _) in text.match_indices("super::") {
        if text[..at].ends_with("super::") {
            continue;
        }
        let rest = text[at..].trim_start_matches("super::");
        let climbed = (text.len() - at - rest.len()) / "super::".len();
        let base = &module[..module.len().saturating_sub(climbed)];
        let base: String = base.iter().map(|name| format!("{name}::")).collect();
        expand(&base, rest, &mut found);
    }
    found
}

/// The paths at the start of `text`, behind `base`.
fn expand(base: &str, text: &str, found: &mut BTreeSet<String>) {
    let text = text.trim_start();
    if let Some(list) = text.strip_prefix('{') {
        for item in items(list) {
            expand(base, &item, found);
        }
        return;
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        return;
    }
    match rest.strip_prefix("::") {
        Some(rest) if name != "self" => expand(&format!("{base}{name}::"), rest, found),
        _ if name == "self" => _ = found.insert(base.trim_end_matches("::").to_owned()),
        _ => _ = found.insert(format!("{base}{name}")),
    }
}

/// The items of a list that ends with its closing brace.
fn items(list: &str) -> Vec<String> {
    let mut depth = 0;
    let mut items = vec![String::new()];
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {}
        }
        if (c != ',' || depth > 0)
            && let Some(item) = items.last_mut()
        {
            item.push(c);
        }
        depth += i32::from(c == '{') - i32::from(c == '}');
    }
    items
}

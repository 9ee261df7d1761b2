//! The rooms of `crates/host/src` and who may reach whom.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{read, root, sources};

/// From the ground up: a room may reach rooms of lower floors, and none beside or above it.
const FLOORS: [&[&str]; 7] = [
    &["contract", "files", "outbound"],
    &["wasm", "grpc"],
    &["stores"],
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
    let mut reached = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        reached.extend(first_names(&text[at + "crate::".len()..]));
    }
    for (at, _) in text.match_indices("super::") {
        let behind_another = text[..at].ends_with("super::");
        if behind_another {
            continue;
        }
        let rest = text[at..].trim_start_matches("super::");
        let climbed = (text.len() - at - rest.len()) / "super::".len();
        match module.len().checked_sub(climbed) {
            Some(0) | None => reached.extend(first_names(rest)),
            Some(_) => reached.extend(module.first().cloned()),
        }
    }
    reached
}

/// The name at the start of `text`, or the names that stand in braces there.
fn first_names(text: &str) -> Vec<String> {
    let Some(list) = text.strip_prefix('{') else {
        return name(text).into_iter().collect();
    };
    let mut depth = 0;
    let mut names = vec![];
    let mut item = String::new();
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.extend(name(std::mem::take(&mut item).trim())),
            _ => item.push(c),
        }
        depth += i32::from(c == '{') - i32::from(c == '}');
    }
    names.extend(name(item.trim()));
    names
}

fn name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then(|| name.to_owned())
}

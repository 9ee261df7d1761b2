//! `docs/limits.md` against the constants that it names.

use std::{collections::BTreeMap, fs};

use super::{read, root, sources};

/// A limit as a number: of milliseconds, or of bytes or pieces.
#[derive(Debug, PartialEq, Eq)]
enum Limit {
    Milliseconds(u64),
    Number(u64),
}

#[test]
fn the_page_of_limits_says_what_the_code_says() {
    let page = fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 20, "the tables are read: {}", rows.len());
    for Row { file, name, value } in &rows {
        let text = read(&root().join(file));
        let declared = constants(&text).remove(*name);
        let declared = declared.unwrap_or_else(|| panic!("{file} has no {name}"));
        assert_eq!(parse(value), Some(declared), "{name} in {file}");
    }
}

#[test]
fn every_limit_in_time_is_on_the_page() {
    let page = fs::read_to_string(root().join("docs/limits.md")).unwrap();
    let listed: Vec<&str> = rows(&page).into_iter().map(|row| row.name).collect();
    let mut folders = vec![root().join("src")];
    for name in [
        "ssm", "settings", "tc3", "values", "api", "guest", "gateway", "cli", "host",
    ] {
        folders.push(root().join("crates").join(name).join("src"));
    }
    let mut missing = Vec::new();
    for file in folders.iter().flat_map(|folder| sources(folder)) {
        for (name, limit) in constants(&read(&file)) {
            if matches!(limit, Limit::Milliseconds(_)) && !listed.contains(&name) {
                missing.push(format!("{name} in {}", file.display()));
            }
        }
    }
    assert_eq!(missing, [] as [String; 0]);
}

/// One line of a table: ``| what | value | `NAME` in `file` | … |``.
struct Row<'a> {
    file: &'a str,
    name: &'a str,
    value: &'a str,
}

fn rows(page: &str) -> Vec<Row<'_>> {
    page.lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, _, value, place, ..] = cells.as_slice() else {
                return None;
            };
            let (name, file) = place.split_once("` in `")?;
            Some(Row {
                file: file.strip_suffix('`')?,
                name: name.strip_prefix('`')?,
                value,
            })
        })
        .collect()
}

/// `const NAME: TYPE = VALUE;` of all durations and whole numbers.
fn constants(text: &str) -> BTreeMap<&str, Limit> {
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("const ") else {
            continue;
        };
        let Some((name, rest)) = rest.split_once(": ") else {
            continue;
        };
        let Some((_, value)) = rest.split_once(" = ") else {
            continue;
        };
        if let Some(limit) = value.strip_suffix(';').and_then(evaluate) {
            found.insert(name, limit);
        }
    }
    found
}

fn evaluate(expression: &str) -> Option<Limit> {
    let inside = |function: &str| {
        let argument = expression.strip_prefix(function)?.strip_suffix(')')?;
        number(argument)
    };
    if let Some(seconds) = inside("Duration::from_secs(") {
        return Some(Limit::Milliseconds(seconds * 1_000));
    }
    if let Some(milliseconds) = inside("Duration::from_millis(") {
        return Some(Limit::Milliseconds(milliseconds));
    }
    match expression.split_once(" << ") {
        Some((left, right)) => Some(Limit::Number(number(left)? << number(right)?)),
        None => number(expression).map(Limit::Number),
    }
}

fn number(text: &str) -> Option<u64> {
    text.replace('_', "").parse().ok()
}

/// `30 s`, `200 ms`, `11 min`, `64 KiB`, `4 MiB`, `300`.
fn parse(value: &str) -> Option<Limit> {
    let (number, unit) = value.split_once(' ').unwrap_or((value, ""));
    let number: u64 = number.replace(',', "").parse().ok()?;
    Some(match unit {
        "ms" => Limit::Milliseconds(number),
        "s" => Limit::Milliseconds(number * 1_000),
        "min" => Limit::Milliseconds(number * 60_000),
        "KiB" => Limit::Number(number << 10),
        "MiB" => Limit::Number(number << 20),
        "" => Limit::Number(number),
        _ => return None,
    })
}

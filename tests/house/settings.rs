//! The pages of settings have all of them, by the names that are read.

use std::{collections::BTreeMap, fs};

use ssm_settings::{CREDENTIALS, OTHERS, PREFIX, variable_name};

use crate::root;

/// What stands in backticks in `text`.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The rows of the tables of settings on `page`: each name, and its row.
fn rows(page: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("docs").join(page)).unwrap();
    let mut rows = BTreeMap::new();
    let mut of_settings = false;
    for line in text.lines() {
        of_settings &= line.starts_with('|');
        of_settings |= line.starts_with("| setting |") || line.starts_with("| property |");
        let Some(row) = line.strip_prefix("| `").filter(|_| of_settings) else {
            continue;
        };
        let (names, _) = row.split_once(" | ").unwrap();
        for name in names.split('`').step_by(2) {
            let old = rows.insert(name.to_owned(), line.to_owned());
            assert_eq!(old, None, "{name} is on {page} twice");
        }
    }
    rows
}

/// The variables that `row` names; `…_X` is short for one with the usual beginning.
fn variables(row: &str) -> Vec<String> {
    let whole = |name: &str| match name.strip_prefix("…_") {
        Some(rest) => [PREFIX, rest].concat(),
        None => name.to_owned(),
    };
    quoted(row).map(whole).collect()
}

#[test]
fn the_page_of_settings_has_every_setting_with_every_variable() {
    let rows = rows("settings.md");
    let others = OTHERS.iter().map(|property| (*property, &[""][..]));
    let all: Vec<(&str, &[&str])> = CREDENTIALS.into_iter().chain(others).collect();
    for (property, names) in &all {
        let row = rows.get(*property);
        let listed = variables(row.unwrap_or_else(|| panic!("{property} is not on the page")));
        for name in *names {
            let variable = variable_name(property, name);
            assert!(listed.contains(&variable), "{property}: {variable}");
        }
    }
    for name in rows.keys() {
        assert!(all.iter().any(|(property, _)| property == name), "{name}");
    }
}

#[test]
fn the_page_of_keys_has_every_setting_of_credentials_with_the_variables_of_others() {
    let rows = rows("credentials.md");
    for (property, names) in CREDENTIALS
        .into_iter()
        .filter(|(name, _)| *name != "region")
    {
        let row = rows.get(property);
        let listed = variables(row.unwrap_or_else(|| panic!("{property} is not on the page")));
        for name in names.iter().filter(|name| !name.is_empty()) {
            let variable = variable_name(property, name);
            assert!(listed.contains(&variable), "{property}: {variable}");
        }
    }
}

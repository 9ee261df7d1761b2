//! Fields of a Component that stand where nobody reads them.

use super::{node::Mistake, value::At};

/// Where each field belongs.
const PLACES: [(&str, &str); 13] = [
    ("apiVersion", ""),
    ("kind", ""),
    ("metadata", ""),
    ("spec", ""),
    ("auth", ""),
    ("scopes", ""),
    ("name", "metadata"),
    ("namespace", "metadata"),
    ("type", "spec"),
    ("version", "spec"),
    ("ignoreErrors", "spec"),
    ("initTimeout", "spec"),
    ("secretStore", "auth"),
];
/// The fields of an entry of `spec.metadata`.
const ITEM: [&str; 4] = ["name", "value", "secretKeyRef", "envRef"];

/// A warning for each field of `root` that is none there: it says where it belongs.
pub(super) fn warnings(root: &At<'_>) -> Vec<Mistake> {
    let mut warnings = Vec::new();
    for place in ["", "metadata", "spec", "auth"] {
        let at = if place.is_empty() {
            root.clone()
        } else {
            root.field(place)
        };
        for (name, node) in at.fields() {
            if !is_field(name, place)
                && let Some(message) = message(name, place)
            {
                warnings.push(Mistake::new(node.line, message));
            }
        }
    }
    if root.field("metadata").is_list() {
        let message = "metadata: properties are here, and they belong in spec.metadata";
        warnings.push(Mistake::new(root.field("metadata").line, message));
    }
    for item in root
        .field("spec")
        .field("metadata")
        .list()
        .unwrap_or_default()
    {
        for (name, node) in item.fields() {
            if !ITEM.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                let what = match belongs(name) {
                    Some(place) => format!("{name} is read at {place} only"),
                    None => format!("{name} is no field here: there are {}", ITEM.join(", ")),
                };
                let warning = item.mistake(&what);
                warnings.push(Mistake {
                    line: node.line,
                    ..warning
                });
            }
        }
    }
    warnings
}

fn is_field(name: &str, place: &str) -> bool {
    let here =
        |(field, its_place): &(&str, &str)| *its_place == place && field.eq_ignore_ascii_case(name);
    PLACES.iter().any(here) || (place == "spec" && name.eq_ignore_ascii_case("metadata"))
}

fn message(name: &str, place: &str) -> Option<String> {
    let whole = if place.is_empty() {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    };
    match belongs(name) {
        Some(right) => Some(format!("{whole} is not read there: it belongs at {right}")),
        // Kubernetes has many fields in metadata.
        None if place == "metadata" => None,
        None => Some(format!(
            "{whole} is no field of a Component and is not read"
        )),
    }
}

/// The place of the field `name` from the root, if it is one of a Component.
fn belongs(name: &str) -> Option<String> {
    let mut places = PLACES.iter();
    let (field, place) = places.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(match *place {
        "" => format!("the top as {field}:"),
        place => format!("{place}.{field}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::yaml::parse;

    #[test]
    fn a_field_in_the_wrong_place_is_told_where_it_belongs() {
        for (text, line, says) in [
            (
                "spec:\n  scopes: [a]\n",
                2,
                "spec.scopes is not read there: it belongs at the top as scopes:",
            ),
            (
                "metadata:\n  scopes: [a]\n",
                2,
                "metadata.scopes is not read",
            ),
            ("metadata:\n  Type: x\n", 2, "it belongs at spec.type"),
            (
                "spec:\n  secretStore: a\n",
                2,
                "it belongs at auth.secretStore",
            ),
            (
                "spec:\n  auth:\n    secretStore: a\n",
                3,
                "it belongs at the top as auth:",
            ),
            ("secretStore: a\n", 1, "it belongs at auth.secretStore"),
            (
                "auth:\n  scopes: [a]\n",
                2,
                "it belongs at the top as scopes:",
            ),
            ("scope: [a]\n", 1, "scope is no field of a Component"),
            ("name: a\n", 1, "it belongs at metadata.name"),
            ("metadata:\n- name: region\n", 2, "belong in spec.metadata"),
            (
                "spec:\n  metadata:\n  - name: a\n    secretStore: b\n",
                4,
                "spec.metadata[1]: secretStore is read at auth.secretStore",
            ),
            (
                "spec:\n  metadata:\n  - nome: a\n",
                3,
                "nome is no field here",
            ),
        ] {
            let document = parse(text).ok().unwrap();
            let found = warnings(&At::root(&document.root));
            assert_eq!(found.len(), 1, "{text}");
            assert!(found[0].message.contains(says), "{}", found[0].message);
            assert_eq!(found[0].line, line, "{text}");
        }
        let right = "apiVersion: v\nKind: c\nmetadata: {name: a, namespace: b, labels: {x: y}}\nspec: \
                     {type: t, version: v1, metadata: [{name: n, value: 1}]}\nauth: {secretStore: \
                     s}\nscopes: [a]\n";
        let document = parse(right).ok().unwrap();
        assert_eq!(warnings(&At::root(&document.root)), []);
    }
}

//! What must not be overlooked where access is limited.

use super::{
    expand::Expanded,
    node::{Content, Mistake, Node},
    value::At,
};

/// The fields of a Configuration; Kubernetes may add its status.
const ROOT: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

/// Every field is one of `names`, and none is there twice in another case.
pub(super) fn known(at: &At<'_>, names: &[&str]) -> Result<(), Mistake> {
    let mut seen = Vec::new();
    for (field, node) in at.fields() {
        let lower = field.to_ascii_lowercase();
        let what = if !names.iter().any(|name| name.eq_ignore_ascii_case(field)) {
            format!(
                "{field} is no field here: {} are expected",
                names.join(", ")
            )
        } else if seen.contains(&lower) {
            format!("{field} is written twice")
        } else {
            seen.push(lower);
            continue;
        };
        let mistake = at.mistake(&what);
        return Err(Mistake {
            line: node.line,
            ..mistake
        });
    }
    Ok(())
}

/// What limits access stands nowhere else than in `spec.secrets.scopes`, and once.
pub(super) fn misplaced(root: &At<'_>) -> Result<(), Mistake> {
    for place in ["", "metadata", "spec"] {
        let at = if place.is_empty() {
            root.clone()
        } else {
            root.field(place)
        };
        let mut read = false;
        for (field, node) in at.fields() {
            let lower = field.to_ascii_lowercase();
            let ours = place == "spec" && lower == "secrets";
            let limits = ["secret", "scope", "defaultaccess", "storename"];
            let what = if ours && read {
                format!("{field} is written twice, and only one would count")
            } else if !ours && limits.iter().any(|part| lower.contains(part)) {
                format!("{field} is not read there: scopes are in spec.secrets.scopes")
            } else {
                read |= ours;
                continue;
            };
            let mistake = at.mistake(&what);
            return Err(Mistake {
                line: node.line,
                ..mistake
            });
        }
    }
    known(root, &ROOT)
}

/// No variable is missing in what limits access, nor in a key, which may lead there.
pub(super) fn nothing_missing(root: &At<'_>, expanded: &Expanded) -> Result<(), Mistake> {
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for (key, node) in root.fields() {
        parts.push((key, node.line));
        collect(node, false, &mut parts);
    }
    for (key, node) in root.field("spec").fields() {
        if key.eq_ignore_ascii_case("secrets") {
            collect(node, true, &mut parts);
        }
    }
    for (text, line) in parts {
        if let Some(variable) = expanded.missing_in(text) {
            let message = format!(
                "the environment variable {variable} is not set: what limits access is not read \
                 without it"
            );
            return Err(Mistake::new(line, message));
        }
    }
    Ok(())
}

fn collect<'a>(node: &'a Node, values: bool, parts: &mut Vec<(&'a str, usize)>) {
    match &node.content {
        Content::Scalar(scalar) if values => parts.push((&scalar.written, node.line)),
        Content::Scalar(_) => {}
        Content::List(list) => list.iter().for_each(|item| collect(item, values, parts)),
        Content::Fields(fields) => {
            for (key, value) in fields {
                parts.push((key, value.line));
                collect(value, values, parts);
            }
        }
    }
}

//! Dapr's Configuration resource, of which this host keeps the secret scopes
//! (<https://docs.dapr.io/operations/configuration/secret-scope/>).

use std::path::Path;

use super::{
    expand::Expanded,
    node::Mistake,
    place::{Place, Problem},
    scopes::{Access, Scopes},
    split::documents,
    strict::{known, misplaced, nothing_missing},
    value::At,
    yaml::parse,
};

/// The fields of an entry of `spec.secrets.scopes`.
const ENTRY_FIELDS: [&str; 4] = [
    "storeName",
    "defaultAccess",
    "allowedSecrets",
    "deniedSecrets",
];

/// Adds to `scopes` what the Configurations in the text of `file` limit.
///
/// # Errors
/// If it holds none, or an entry cannot be understood whole: whoever limits access must not get
/// less of it than was written.
pub(super) fn add(scopes: &mut Scopes, file: &Path, expanded: &Expanded) -> Result<(), Problem> {
    let mut found = false;
    for (index, (first_line, document)) in documents(&expanded.text).enumerate() {
        let failed =
            |why: Mistake| problem(file, index + 1, first_line + why.line - 1, why.message);
        let Some(entries) = entries(document, expanded).map_err(failed)? else {
            continue;
        };
        found = true;
        for entry in entries {
            let added = scopes.add(entry.store, entry.access);
            added.map_err(|why| failed(Mistake::new(entry.line, why)))?;
        }
    }
    if !found {
        let message = "it holds no resource of the kind Configuration".to_owned();
        return Err(problem(file, 1, 1, message));
    }
    Ok(())
}

pub(super) fn problem(file: &Path, document: usize, line: usize, message: String) -> Problem {
    let file = file.to_owned();
    Problem {
        place: Place {
            file,
            document,
            line,
        },
        message,
    }
}

/// One entry, and its line in the document.
struct Entry {
    store: String,
    access: Access,
    line: usize,
}

/// The stores that one document limits; `None` if it is empty or of another kind.
fn entries(text: &str, expanded: &Expanded) -> Result<Option<Vec<Entry>>, Mistake> {
    let document = parse(text).map_err(|mut why| {
        if !expanded.missing().is_empty() {
            let missing = expanded.missing().join(", ");
            why.message += &format!("; not set in the environment: {missing}");
        }
        why
    })?;
    let root = At::root(&document.root).map()?;
    if root.is_nothing() {
        return Ok(None);
    }
    nothing_missing(&root, expanded)?;
    let kind = root.field("kind");
    match kind.text()? {
        Some(kind) if kind.eq_ignore_ascii_case("Configuration") => {}
        // A resource of another kind says nothing about secrets.
        Some(_) => return Ok(None),
        None => return Err(kind.mistake("it is missing, and Configuration is expected")),
    }
    for key in &document.repeated {
        let path = key.path.to_ascii_lowercase();
        if path == "spec" || path.starts_with("spec.secrets") {
            let message = format!("{} is written twice, and only one would count", key.path);
            return Err(Mistake::new(key.line, message));
        }
    }
    if let Some(line) = document.further {
        let message = "a further document begins: put --- alone on a line before it";
        return Err(Mistake::new(line, message));
    }
    misplaced(&root)?;
    let spec = root.field("spec").map()?;
    let secrets = spec.field("secrets").map()?;
    known(&secrets, &["scopes"])?;
    let list = secrets.field("scopes").list()?;
    let entries = list.into_iter().map(entry).collect::<Result<_, _>>()?;
    Ok(Some(entries))
}

fn entry(entry: At<'_>) -> Result<Entry, Mistake> {
    let entry = entry.map()?;
    known(&entry, &ENTRY_FIELDS)?;
    let (store, default) = (entry.field("storeName"), entry.field("defaultAccess"));
    let name = store
        .exact_text()?
        .ok_or_else(|| store.mistake("it is missing"))?;
    let deny_others = match default
        .text()?
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "allow" => false,
        "deny" => true,
        _ => return Err(default.mistake("allow or deny is expected")),
    };
    let texts = |name| entry.field(name).texts(At::exact_text);
    let access = Access {
        allowed: texts("allowedSecrets")?,
        denied: texts("deniedSecrets")?,
        deny_others,
    };
    Ok(Entry {
        store: name,
        access,
        line: entry.line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Scopes, String> {
        let value = |name: &str| (name == "STORE").then(|| "s".to_owned());
        let mut scopes = Scopes::default();
        let file = Path::new("c.yaml");
        let read = add(&mut scopes, file, &Expanded::of(text, value));
        read.map(|()| scopes).map_err(|why| why.to_string())
    }

    const HEAD: &str = "kind: Configuration\nspec:\n  secrets:\n    scopes:\n";

    fn with(entry: &str) -> Result<Scopes, String> {
        read(&format!("{HEAD}    - {entry}\n"))
    }

    #[test]
    fn an_allow_list_counts_alone_then_the_deny_list_then_the_default() {
        let scopes =
            with("{storeName: s, defaultAccess: DENY, allowedSecrets: [a], deniedSecrets: [a, b]}")
                .unwrap();
        assert!(scopes.allow("s", "a") && scopes.allow("other", "b"));
        assert!(!scopes.allow("s", "A") && !scopes.allow("s", "c"));
        let scopes = with("{storeName: s, deniedSecrets: [b]}").unwrap();
        assert!(scopes.allow("s", "a") && !scopes.allow("s", "b"));
        let scopes = with("{StoreName: s, defaultAccess: deny}").unwrap();
        assert!(!scopes.allow("s", "a"));
    }

    #[test]
    fn variables_are_filled_in_and_a_missing_one_ends_it_where_access_is_limited() {
        let scopes = with("{storeName: ${STORE}, deniedSecrets: [$STORE-a]}").unwrap();
        assert!(!scopes.allow("s", "s-a") && scopes.allow("s", "a"));
        for text in [
            "{storeName: ${STOER}, defaultAccess: deny}",
            "{storeName: s, deniedSecrets: [a$NOT]}",
            "{storeName: s, ${KEY}: [a]}",
        ] {
            let said = with(text).unwrap_err();
            assert!(
                said.contains("is not set") && said.contains("c.yaml:5"),
                "{said}"
            );
        }
        let elsewhere = "# costs $5\nkind: Configuration\nspec: {tracing: {x: $NOT}}\n";
        assert_eq!(read(elsewhere), Ok(Scopes::default()));
        let broken = read("kind: Configuration\nspec: [$NOT\n").unwrap_err();
        assert!(
            broken.contains("not set in the environment: $NOT"),
            "{broken}"
        );
    }

    #[test]
    fn what_is_unclear_is_refused_by_its_name_and_line() {
        for (entry, says) in [
            (
                "{defaultAccess: deny}",
                "spec.secrets.scopes[1].storeName: it is missing",
            ),
            (
                "{storeName: s, defaultAcess: deny}",
                "defaultAcess is no field here",
            ),
            (
                "{storeName: s, defaultAccess: maybe}",
                "defaultAccess: allow or deny",
            ),
            (
                "{storeName: s, allowedSecrets: a}",
                "allowedSecrets: a list is expected",
            ),
            ("{storeName: s, deniedSecrets: [no]}", "put it in quotes"),
            (
                "{storeName: s, deniedSecrets: [a], DeniedSecrets: [b]}",
                "written twice",
            ),
            (
                "{storeName: s, deniedSecrets: [a], deniedSecrets: [b]}",
                "written twice",
            ),
            ("{storeName: s}\n    - {storeName: s}", "two entries"),
        ] {
            let said = with(entry).unwrap_err();
            assert!(said.contains(says) && said.contains("c.yaml:"), "{said}");
        }
        for (text, says) in [
            ("kind: Component\n", "no resource of the kind Configuration"),
            ("spec: {secrets: {}}\n", "kind: it is missing"),
            (
                "kind: Configuration\nspec:\n  scopes: [{storeName: s}]\n",
                "c.yaml:3 (document 1): spec: scopes is not read there",
            ),
            (
                "kind: Configuration\nspce: {secrets: {}}\n",
                "spce is no field here",
            ),
            (
                "kind: Configuration\nSpec: {secrets: {}}\nspec: {}\n",
                "spec is written twice",
            ),
            (
                "kind: Configuration\nspec: {Secrets: {}, secrets: {}}\n",
                "secrets is written twice",
            ),
            (
                "kind: Configuration\nsecrets: {}\n",
                "secrets is not read there",
            ),
            (
                "kind: Configuration\nspec: {secrets: {scope: []}}\n",
                "scope is no field here",
            ),
            (
                "kind: Configuration\nspec: {secrets: {}}\nspec: {}\n",
                "spec is written twice",
            ),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }

    #[test]
    fn all_documents_count_and_a_closing_line_is_none() {
        let entry =
            |store: &str| format!("{HEAD}    - {{storeName: {store}, defaultAccess: deny}}\n");
        let text = format!(
            "---\n{}---\nkind: Component\n---\n{}---\n",
            entry("a"),
            entry("b")
        );
        let scopes = read(&text).unwrap();
        assert!(!scopes.allow("a", "x") && !scopes.allow("b", "x") && scopes.allow("c", "x"));
        let twice = read(&format!("{}---\n{}", entry("a"), entry("a"))).unwrap_err();
        assert!(
            twice.contains("(document 2)") && twice.contains("two entries"),
            "{twice}"
        );
        assert_eq!(read("kind: Configuration"), Ok(Scopes::default()));
    }
}

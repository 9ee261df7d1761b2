//! Folders of Components, read whole.

use std::{fs, time::Duration};

use super::{Loaded, Problem, SecretKeyRef, load};

fn load_text(text: &str) -> Loaded {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), text).unwrap();
    load(&[folder.path().to_owned()], None, "app1").unwrap()
}

const GOOD: &str = "
apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: example
spec:
  type: secretstores.Example
  version: v1
  initTimeout: 30s
  ignoreErrors: true
  metadata:
  - name: region
    value: ap-guangzhou
  - name: maxRetries
    value: 5
  - name: legacyKeys
    value: yes
  - name: secretKey
    secretKeyRef: {name: bootstrap, key: key}
  - name: secretId
    secretKeyRef: {name: bootstrap-id}
  - name: token
    envRef: TOKEN
auth:
  secretStore: local
scopes: [app1]
";

#[test]
fn a_component_is_read_whole() {
    let loaded = load_text(GOOD);
    assert_eq!(loaded.problems, []);
    let component = &loaded.components[0];
    assert_eq!(component.name, "example");
    assert_eq!(component.store_type.as_str(), "secretstores.example");
    assert_eq!(component.version, "v1");
    assert_eq!(component.init_timeout, Duration::from_secs(30));
    assert!(component.ignore_errors);
    assert_eq!(component.secret_store.as_deref(), Some("local"));
    assert!(component.in_scope("app1") && !component.in_scope("app2"));
    let values = component.metadata.iter().map(|item| item.value.as_ref());
    let values: Vec<_> = values
        .map(|value| value.map(|value| value.as_str()))
        .collect();
    let given = [
        Some("ap-guangzhou"),
        Some("5"),
        Some("true"),
        None,
        None,
        None,
    ];
    assert_eq!(values, given);
    let reference = |name: &str, key: &str| SecretKeyRef {
        name: name.to_owned(),
        key: key.to_owned(),
    };
    let items = &component.metadata;
    assert_eq!(items[3].secret_key_ref, Some(reference("bootstrap", "key")));
    let same = reference("bootstrap-id", "bootstrap-id");
    assert_eq!(items[4].secret_key_ref, Some(same));
    assert_eq!(items[5].env_ref.as_deref(), Some("TOKEN"));
}

#[test]
fn a_bad_document_is_reported_with_its_place_and_ends_no_other() {
    let bad = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: [s3cr3t\n";
    let nameless = "apiVersion: dapr.io/v1alpha1\nkind: Component\nspec: {type: secretstores.x}";
    let other = "kind: Subscription\napiVersion: dapr.io/v1alpha1";
    let loaded = load_text(&format!(
        "{bad}\n---\n{nameless}\n---\n{other}\n---\n{GOOD}"
    ));
    assert_eq!(loaded.components.len(), 1);
    let said: Vec<String> = loaded.problems.iter().map(Problem::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("(document 1)"), "{said:?}");
    assert!(
        said[1].contains("a.yaml:6 (document 2): metadata.name: it is missing"),
        "{said:?}"
    );
    assert!(said.iter().all(|text| !text.contains("s3cr3t")));
    assert_eq!(loaded.components[0].place.document, 4);
}

#[test]
fn what_is_taken_and_probably_not_meant_so_is_a_warning_with_its_line() {
    for (from, to, line, says) in [
        (
            "- name: region\n",
            "- nome: region\n",
            12,
            "nome is no field here",
        ),
        (
            "- name: maxRetries\n",
            "- name: region\n",
            14,
            "the property region is given twice",
        ),
        (
            "  version: v1\n",
            "  version: v0\n  version: v1\n",
            9,
            "spec.version is written twice",
        ),
        ("scopes: [app1]", "scope: [app1]", 26, "scope is no field"),
        (
            "scopes: [app1]",
            "scopes: [app1]\n...\nkind: Component",
            28,
            "a further document",
        ),
    ] {
        let loaded = load_text(&GOOD.replace(from, to));
        assert_eq!(
            (loaded.components.len(), loaded.problems.len()),
            (1, 0),
            "{to}"
        );
        let warning = &loaded.warnings[0];
        assert!(warning.message.contains(says), "{warning}");
        assert_eq!(warning.place.line, line, "{warning}");
    }
    let nameless = load_text(&GOOD.replace("- name: region\n", "- nome: region\n"));
    assert_eq!(nameless.components[0].metadata.len(), 5);
    assert!(nameless.warnings[1].message.contains("has no name"));
}

#[test]
fn an_empty_file_is_known_as_such() {
    let loaded = load_text(" \n\n");
    assert_eq!((loaded.empty.len(), loaded.problems.len()), (1, 0));
    assert!(load_text("# nothing yet\n").empty.is_empty());
}

#[test]
fn of_two_components_of_one_name_the_first_counts_and_the_other_is_reported() {
    let loaded = load_text(&format!("{GOOD}\n---\n{GOOD}"));
    assert_eq!(loaded.components.len(), 1);
    assert!(loaded.problems[0].message.contains("already in"));
    let theirs = GOOD.replace("scopes: [app1]", "scopes: [app2]");
    let loaded = load_text(&format!("{theirs}\n---\n{GOOD}"));
    assert_eq!((loaded.components.len(), loaded.problems.len()), (1, 0));
    assert_eq!(loaded.components[0].place.document, 2);
}

#[test]
fn other_namespaces_files_and_folders_are_passed_over_and_a_missing_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner.yaml");
    fs::create_dir(&inner).unwrap();
    fs::write(folder.path().join("a.json"), GOOD).unwrap();
    let named = GOOD.replace("name: example\n", "name: example\n  namespace: prod\n");
    fs::write(folder.path().join("b.YML"), named).unwrap();
    let folders = [folder.path().to_owned()];
    let count = |namespace| load(&folders, namespace, "app1").unwrap().components.len();
    assert_eq!(
        (count(None), count(Some("prod")), count(Some("test"))),
        (1, 1, 0)
    );
    assert!(load(&[folder.path().join("absent")], None, "").is_err());
}

#[test]
fn names_that_cannot_be_in_a_path_and_values_of_other_types_are_refused() {
    for (from, to) in [
        ("name: example", "name: a/b"),
        ("name: example", "name: .."),
        ("type: secretstores.Example", "type: [secretstores.a]"),
        ("ignoreErrors: true", "ignoreErrors: 'true'"),
        ("scopes: [app1]", "scopes: app1"),
        (
            "secretKeyRef: {name: bootstrap-id}",
            "secretKeyRef: bootstrap-id",
        ),
    ] {
        let loaded = load_text(&GOOD.replace(from, to));
        assert_eq!(
            (loaded.components.len(), loaded.problems.len()),
            (0, 1),
            "{to}"
        );
    }
    let long = GOOD.replace("ap-guangzhou", &"x".repeat(70_000));
    assert!(load_text(&long).problems[0].message.contains("64 KiB"));
}

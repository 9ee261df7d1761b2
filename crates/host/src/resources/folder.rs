//! All Components of some folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    Component, Place, Problem,
    document::{component, parse},
};

/// daprd cannot read a longer document, and a secret has no business being inline.
const MAX_DOCUMENT: usize = 64 << 10;

/// What some folders hold.
#[derive(Default)]
pub struct Loaded {
    /// The Components, in the order of files and documents; no name twice.
    pub components: Vec<Component>,
    /// What was left out.
    pub problems: Vec<Problem>,
}

/// Reads the `.yaml` and `.yml` files of `folders`, not of folders in them, sorted by name.
/// Documents of other kinds are passed over, as are Components of another namespace than
/// `namespace` where both name one. Of two Components of one name the first counts.
///
/// # Errors
/// If a folder cannot be read.
pub fn load(folders: &[PathBuf], namespace: Option<&str>) -> io::Result<Loaded> {
    let mut loaded = Loaded::default();
    for folder in folders {
        for file in files(folder)? {
            match fs::read_to_string(&file) {
                Ok(text) => loaded.file(&file, &Zeroizing::new(text), namespace),
                Err(why) => loaded.problems.push(Problem {
                    place: place(&file, 1, 1),
                    message: format!("it cannot be read: {why}"),
                }),
            }
        }
    }
    Ok(loaded)
}

impl Loaded {
    fn file(&mut self, file: &Path, text: &str, namespace: Option<&str>) {
        for (index, (first_line, document)) in documents(text).enumerate() {
            let start = place(file, index + 1, first_line);
            match read(document, &start) {
                Ok(Some(component)) => self.add(component, namespace),
                Ok(None) => {}
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn add(&mut self, component: Component, namespace: Option<&str>) {
        let elsewhere = namespace
            .zip(component.namespace.as_deref())
            .is_some_and(|(ours, its)| ours != its);
        if elsewhere {
            return;
        }
        let mut components = self.components.iter();
        match components.find(|there| there.name == component.name) {
            None => self.components.push(component),
            Some(first) => self.problems.push(Problem {
                message: format!(
                    "a Component named {} is already in {}: rename one",
                    component.name, first.place
                ),
                place: component.place,
            }),
        }
    }
}

fn read(document: &str, start: &Place) -> Result<Option<Component>, Problem> {
    let problem = |line: usize, message| Problem {
        place: Place {
            line: start.line + line - 1,
            ..start.clone()
        },
        message,
    };
    if document.len() > MAX_DOCUMENT {
        return Err(problem(
            1,
            "it is longer than 64 KiB: move long values into a secret".to_owned(),
        ));
    }
    let yaml = parse(document).map_err(|(line, why)| problem(line, why))?;
    component(&yaml, start).map_err(|why| problem(1, why))
}

/// The documents of a file with the line in which each begins, from 1.
fn documents(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some(text);
    let mut line = 1;
    std::iter::from_fn(move || {
        let text = rest?;
        let begin = line;
        let document = match text.find("\n---") {
            None => {
                rest = None;
                text
            }
            Some(at) => {
                let (document, after) = text.split_at(at);
                line += document.matches('\n').count() + 1;
                rest = after.strip_prefix('\n');
                document
            }
        };
        Some((begin, document))
    })
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let named = |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", folder.display()));
    for entry in fs::read_dir(folder).map_err(named)? {
        let path = entry?.path();
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        if (extension == "yaml" || extension == "yml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn place(file: &Path, document: usize, line: usize) -> Place {
    Place {
        file: file.to_owned(),
        document,
        line,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::resources::SecretKeyRef;

    fn load_text(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), text).unwrap();
        load(&[folder.path().to_owned()], None).unwrap()
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
        let nameless = "apiVersion: dapr.io/v1alpha1\nkind: Component\nspec: {type: x}";
        let other = "kind: Subscription\napiVersion: dapr.io/v1alpha1";
        let loaded = load_text(&format!(
            "{bad}\n---\n{nameless}\n---\n{other}\n---\n{GOOD}"
        ));
        assert_eq!(loaded.components.len(), 1);
        let said: Vec<String> = loaded.problems.iter().map(Problem::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("(document 1)"), "{said:?}");
        assert!(
            said[1].contains("a.yaml:5 (document 2): metadata.name"),
            "{said:?}"
        );
        assert!(said.iter().all(|text| !text.contains("s3cr3t")));
        assert_eq!(loaded.components[0].place.document, 4);
    }

    #[test]
    fn numbers_are_those_of_yaml_1_1() {
        let text = GOOD
            .replace("value: 5", "value: 0600")
            .replace("value: yes", "value: off");
        let component = &load_text(&text).components[0];
        let value = |index: usize| {
            component.metadata[index]
                .value
                .as_ref()
                .map(|it| it.as_str())
        };
        assert_eq!((value(1), value(2)), (Some("384"), Some("false")));
    }

    #[test]
    fn of_two_components_of_one_name_the_first_counts_and_the_other_is_reported() {
        let loaded = load_text(&format!("{GOOD}\n---\n{GOOD}"));
        assert_eq!(loaded.components.len(), 1);
        assert!(loaded.problems[0].message.contains("already in"));
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
        let count = |namespace| load(&folders, namespace).unwrap().components.len();
        assert_eq!(
            (count(None), count(Some("prod")), count(Some("test"))),
            (1, 1, 0)
        );
        assert!(load(&[folder.path().join("absent")], None).is_err());
    }

    #[test]
    fn names_that_cannot_be_in_a_path_and_values_of_other_types_are_refused() {
        for (from, to) in [
            ("name: example", "name: a/b"),
            ("name: example", "name: .."),
            ("type: secretstores.Example", "type: 7"),
            ("scopes: [app1]", "scopes: app1"),
            ("- name: region\n", "- nome: region\n"),
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
}

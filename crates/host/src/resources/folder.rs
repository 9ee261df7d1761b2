//! All Components of some folders.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    component::Component,
    document::{Read, read},
    node::Mistake,
    place::{Place, Problem},
    split::documents,
    yaml::parse,
};
use crate::files;

/// daprd cannot read a longer document, and a secret has no business being inline.
const MAX_DOCUMENT: usize = 64 << 10;

/// What some folders hold.
#[derive(Default)]
pub struct Loaded {
    /// The Components, in the order of files and documents; no name twice.
    pub components: Vec<Component>,
    /// The Components that are not for this app: nothing of them may be used.
    pub withheld: Vec<Component>,
    /// What was left out.
    pub problems: Vec<Problem>,
    /// What was taken, and is probably not meant so.
    pub warnings: Vec<Problem>,
    /// The files with nothing in them: emptied, or about to be written.
    pub empty: Vec<PathBuf>,
}

/// Reads the `.yaml` and `.yml` files of `folders`, not of folders in them, sorted by name, each
/// once nobody writes to it any more. Documents of other kinds are passed over, as are Components
/// of another namespace than `namespace` where both name one, and those that are not for the app
/// `app_id`. Of two Components of one name that are left the first counts. Blocks.
///
/// # Errors
/// If a folder cannot be read.
pub fn load(folders: &[PathBuf], namespace: Option<&str>, app_id: &str) -> io::Result<Loaded> {
    let mut loaded = Loaded::default();
    for folder in folders {
        for file in files::yaml_files(folder).map_err(|why| unreadable(&why))? {
            match files::read(&file).and_then(|bytes| files::text(&bytes)) {
                Ok(text) if text.trim().is_empty() => loaded.empty.push(file),
                Ok(text) => loaded.file(&file, &text, namespace, app_id),
                Err(why) => loaded.problems.push(Problem {
                    place: place(&file, 1, 1),
                    message: format!("it cannot be read: {why}"),
                }),
            }
        }
    }
    Ok(loaded)
}

/// Whether `folders` are there to be read. Blocks.
///
/// # Errors
/// If one cannot be read, as [`load`] says it.
pub fn readable(folders: &[PathBuf]) -> io::Result<()> {
    let mut each = folders.iter();
    each.try_for_each(|folder| files::yaml_files(folder).map(drop))
        .map_err(|why| unreadable(&why))
}

/// The error, with what it means to whoever sees it.
fn unreadable(why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("the resources cannot be read: {why}"))
}

impl Loaded {
    fn file(&mut self, file: &Path, text: &str, namespace: Option<&str>, app_id: &str) {
        for (index, (first_line, document)) in documents(text).enumerate() {
            let start = place(file, index + 1, first_line);
            let problem = |why: Mistake| Problem {
                place: Place {
                    line: start.line + why.line - 1,
                    ..start.clone()
                },
                message: why.message,
            };
            if document.len() > MAX_DOCUMENT {
                let message = "it is longer than 64 KiB: move long values into a secret";
                self.problems.push(problem(Mistake::new(1, message)));
                continue;
            }
            let parsed = match parse(document) {
                Ok(parsed) => parsed,
                Err(why) => {
                    self.problems.push(problem(why));
                    continue;
                }
            };
            let Read {
                component,
                warnings,
            } = read(&parsed, &start);
            self.warnings.extend(warnings.into_iter().map(problem));
            match component {
                Ok(Some(component)) => self.add(component, namespace, app_id),
                Ok(None) => {}
                Err(why) => self.problems.push(problem(why)),
            }
        }
    }

    fn add(&mut self, component: Component, namespace: Option<&str>, app_id: &str) {
        let elsewhere = namespace
            .zip(component.namespace.as_deref())
            .is_some_and(|(ours, its)| ours != its);
        if elsewhere {
            return;
        }
        let Component { name, place, .. } = &component;
        if !component.in_scope(app_id) {
            if app_id.is_empty() {
                self.warnings.push(Problem {
                    place: place.clone(),
                    message: format!("{name} has scopes: say with --app-id who you are"),
                });
            }
            self.withheld.push(component);
            return;
        }
        let mut components = self.components.iter();
        match components.find(|there| there.name == *name) {
            None => self.components.push(component),
            Some(first) => self.problems.push(Problem {
                message: format!(
                    "a Component named {name} is already in {}: rename one",
                    first.place
                ),
                place: component.place,
            }),
        }
    }
}

fn place(file: &Path, document: usize, line: usize) -> Place {
    Place {
        file: file.to_owned(),
        document,
        line,
    }
}

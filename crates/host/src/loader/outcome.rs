//! What came of a load, and what is said of it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use super::{Served, Stores};
use crate::{
    files::Stamp,
    resources::{Component, Loaded, Place, Problem},
    stores::StoreType,
};

/// A Component that does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `metadata.name`.
    pub name: String,
    /// `spec.type`.
    pub store_type: StoreType,
    /// Where the Component stands, and why it does not serve.
    pub problem: Problem,
    /// Whether its `ignoreErrors` says to go on without it.
    pub ignored: bool,
    /// Whether the store that served under its name before goes on.
    pub goes_on: bool,
}

/// What a [`Loader`] made of its folders.
#[derive(Clone, Default)]
pub struct Outcome {
    /// The stores that serve.
    pub stores: Stores,
    /// The Components that do not serve as their resource says.
    pub failures: Vec<Failure>,
    /// Documents that were left out, references that gave nothing, and what is probably not meant
    /// as it is read.
    pub problems: Vec<Problem>,
    /// The files that its stores read, and those that they could not read.
    pub(crate) files: BTreeMap<PathBuf, Option<Stamp>>,
}

impl Outcome {
    /// Logs what serves, what does not, and why.
    pub fn log(&self) {
        self.log_since(&Self::default());
    }

    /// As [`Self::log`], and only what is not as it was with `before`.
    pub(crate) fn log_since(&self, before: &Self) {
        for problem in &self.problems {
            if !before.problems.contains(problem) {
                tracing::warn!("{problem}");
            }
        }
        for failure in &self.failures {
            if before.failures.contains(failure) {
                continue;
            }
            let (name, kind) = (&failure.name, &failure.store_type);
            let goes_on = if failure.goes_on {
                "; it goes on as it was"
            } else {
                ""
            };
            tracing::error!(name, %kind, "does not start: {}{goes_on}", failure.problem);
        }
        let fails = |outcome: &Self, name: &str| outcome.failures.iter().any(|it| it.name == name);
        for served in self.stores.all() {
            let (name, kind) = (&served.name, &served.store_type);
            let old = before.stores.get(name);
            if !old.is_some_and(|old| Arc::ptr_eq(&old.store, &served.store)) {
                tracing::info!(name, %kind, "serves");
            } else if fails(before, name) && !fails(self, name) {
                tracing::info!(name, %kind, "serves as before");
            }
        }
        for served in before.stores.all() {
            let (name, kind) = (&served.name, &served.store_type);
            if self.stores.get(name).is_none() {
                tracing::info!(name, %kind, "serves no more");
            }
        }
    }

    /// Leaves out what did not serve in `before`, because `why` it cannot be said who may read it.
    pub(crate) fn hold_back_new(&mut self, before: &Stores, why: &str) {
        let names: Vec<String> = self.stores.served.keys().cloned().collect();
        for name in names.iter().filter(|name| before.get(name).is_none()) {
            if let Some(served) = self.stores.served.remove(name) {
                self.failures.push(Failure {
                    name: served.name.clone(),
                    store_type: served.store_type.clone(),
                    problem: Problem {
                        place: served.place.clone(),
                        message: why.to_owned(),
                    },
                    ignored: true,
                    goes_on: false,
                });
            }
        }
    }

    /// The first failure that its Component does not say to ignore.
    pub fn fatal(&self) -> Option<&Failure> {
        self.failures.iter().find(|failure| !failure.ignored)
    }

    /// Whether there are Components, and not one that can be read.
    pub fn is_hollow(&self) -> bool {
        self.stores.is_empty() && self.failures.is_empty() && !self.problems.is_empty()
    }

    /// Stores of files with a mistake in them go on: a file may be half written, or emptied on the
    /// way to being written. Only one that is gone takes its stores away.
    pub(super) fn keep_unreadable(&mut self, loaded: &Loaded, previous: &Stores) {
        for served in previous.all() {
            let file = &served.place.file;
            let empty = loaded.empty.contains(file);
            if empty {
                self.problems.push(Problem {
                    place: Place {
                        document: 1,
                        line: 1,
                        file: file.clone(),
                    },
                    message: format!(
                        "it is empty now: {} goes on as it was, until the file is removed",
                        served.name
                    ),
                });
            }
            if empty
                || loaded
                    .problems
                    .iter()
                    .any(|problem| problem.place.file == *file)
            {
                self.keep(served);
            }
        }
    }

    fn keep(&mut self, served: &Arc<Served>) {
        let served = Arc::clone(served);
        self.files.extend(served.files.clone());
        self.stores.served.insert(served.name.clone(), served);
    }

    pub(super) fn warn(
        &mut self,
        component: &Component,
        messages: impl IntoIterator<Item = String>,
    ) {
        let problems = messages.into_iter().map(|message| Problem {
            place: component.place.clone(),
            message,
        });
        self.problems.extend(problems);
    }

    pub(super) fn fail(&mut self, component: Component, message: String, previous: &Stores) {
        let before = previous.get(&component.name);
        if let Some(served) = before {
            let tried = self.files.clone();
            self.keep(served);
            // What was tried now is what the next change is seen against.
            self.files.extend(tried);
        }
        self.failures.push(Failure {
            name: component.name,
            store_type: component.store_type,
            problem: Problem {
                place: component.place,
                message,
            },
            ignored: component.ignore_errors,
            goes_on: before.is_some(),
        });
    }
}

//! Stores and scopes that follow their files.

use std::{io, path::PathBuf, sync::Arc};

use tokio::{
    signal::unix::Signal,
    sync::{Mutex, Notify},
    task,
};

use super::api::Api;
use crate::{
    files::Changes,
    loader::{Loader, Outcome},
    resources::{self, Place, Problem, Scopes},
};

/// Loads the stores and the scopes of a server again, and says what changed. A store is replaced by
/// its successor in one step, together with its scopes; one whose successor fails goes on. Cheap to
/// clone.
#[derive(Clone)]
pub struct Reloader {
    api: Arc<Api>,
    loader: Loader,
    configurations: Vec<PathBuf>,
    /// Held while it reloads: one at a time.
    last: Arc<Mutex<Last>>,
}

/// What the last load came to, which needs not be said again.
struct Last {
    outcome: Outcome,
    /// Why the Configurations could not be read, if so.
    configuration: Option<Problem>,
    /// Why the resources could not be read, if so.
    resources: Option<String>,
}

impl Reloader {
    pub(super) fn new(
        api: &Arc<Api>,
        loader: Loader,
        configurations: Vec<PathBuf>,
        outcome: Outcome,
    ) -> Self {
        let last = Last {
            outcome,
            configuration: None,
            resources: None,
        };
        Self {
            api: Arc::clone(api),
            loader,
            configurations,
            last: Arc::new(Mutex::new(last)),
        }
    }

    /// Loads them once, and logs what is not as it was. What cannot be read leaves in force what
    /// was read before. `None` if a folder cannot be read.
    pub async fn reload(&self) -> Option<Outcome> {
        let mut last = self.last.lock().await;
        let scopes = match scopes(self.configurations.clone()).await {
            Ok(scopes) => {
                last.configuration = None;
                self.changed(scopes)
            }
            Err(why) => {
                if last.configuration.as_ref() != Some(&why) {
                    tracing::error!("the Configuration in force stays as it was: {why}");
                }
                last.configuration = Some(why);
                self.api.scopes()
            }
        };
        let stores = self.api.stores();
        let mut outcome = match self.loader.load(&stores).await {
            Ok(outcome) => outcome,
            Err(why) => {
                let why = why.to_string();
                if last.resources.as_ref() != Some(&why) {
                    tracing::error!("all stores go on as they were: {why}");
                }
                last.resources = Some(why);
                self.api.reload_failed();
                self.api.replace(stores, scopes);
                return None;
            }
        };
        if last.resources.take().is_some() {
            tracing::info!("the resources can be read again");
        }
        if last.configuration.is_some() {
            outcome.hold_back_new(
                &stores,
                "it waits until the Configuration can be read, which may limit it",
            );
        }
        if last.configuration.is_some() || outcome.fatal().is_some() {
            self.api.reload_failed();
        }
        self.api.replace(outcome.stores.clone(), scopes);
        outcome.log_since(&last.outcome);
        last.outcome = outcome.clone();
        Some(outcome)
    }

    /// The scopes in force from now on; says so if they are others.
    fn changed(&self, scopes: Scopes) -> Arc<Scopes> {
        let old = self.api.scopes();
        if *old == scopes {
            return old;
        }
        tracing::info!("the scopes of secrets changed");
        Arc::new(scopes)
    }

    /// Loads them whenever there are `changes`, the files of [`Loader::sources`] change, and on every
    /// signal of `hang_up`, for as long as it is polled.
    pub async fn follow(&self, changes: Changes, hang_up: Signal) {
        let told = Notify::new();
        // Beside each other: no change of scopes waits until a component is compiled.
        tokio::join!(
            self.follow_resources(changes, hang_up, &told),
            self.follow_sources(&told)
        );
    }

    async fn follow_sources(&self, told: &Notify) {
        let Some(sources) = &self.loader.sources else {
            return;
        };
        let mut changes = Changes::of(&[], &[]).await;
        loop {
            let types = &self.loader.types;
            let changed = sources.next(&mut changes, told.notified(), types).await;
            if !changed.is_empty() {
                self.reload().await;
            }
        }
    }

    async fn follow_resources(&self, mut changes: Changes, mut hang_up: Signal, told: &Notify) {
        loop {
            changes.also(&self.last.lock().await.outcome.files);
            tokio::select! {
                () = changes.next() => {}
                _ = hang_up.recv() => {
                    told.notify_one();
                    // So that what is read now is no change later.
                    changes.look().await;
                }
            }
            self.reload().await;
        }
    }
}

/// The scopes of all `files`, read off the threads on which calls run.
pub(super) async fn scopes(files: Vec<PathBuf>) -> Result<Scopes, Problem> {
    let first = files.first().cloned();
    let reading = task::spawn_blocking(move || resources::scopes(&files));
    reading.await.unwrap_or_else(|why| {
        let place = Place {
            file: first.unwrap_or_default(),
            document: 1,
            line: 1,
        };
        let message = io::Error::other(why).to_string();
        Err(Problem { place, message })
    })
}

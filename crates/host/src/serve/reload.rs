//! Stores that follow their files.

use std::{path::PathBuf, sync::Arc, time::Duration};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::{Mutex, Notify},
    time::sleep,
};

use super::api::Api;
use crate::loader::{Loader, Outcome};

/// Whoever writes a file writes several times: reading waits for the last.
const RELOAD_DELAY: Duration = Duration::from_millis(200);

/// Loads the stores of a server again. A store is replaced by its successor in one step; one whose
/// successor fails goes on. Cheap to clone.
#[derive(Clone)]
pub struct Reloader {
    api: Arc<Api>,
    loader: Loader,
    /// One at a time.
    alone: Arc<Mutex<()>>,
}

impl Reloader {
    pub(super) fn new(api: &Arc<Api>, loader: &Loader) -> Self {
        Self {
            api: Arc::clone(api),
            loader: loader.clone(),
            alone: Arc::default(),
        }
    }

    /// Loads them once, and logs what came of it. `None` if a folder cannot be read: then all goes
    /// on as it was.
    pub async fn reload(&self) -> Option<Outcome> {
        let _alone = self.alone.lock().await;
        match self.loader.load(&self.api.stores()).await {
            Ok(outcome) => {
                self.api.replace(outcome.stores.clone());
                outcome.log();
                Some(outcome)
            }
            Err(why) => {
                tracing::error!("the resources cannot be read, all goes on as it was: {why}");
                None
            }
        }
    }

    /// Loads them whenever there are `changes`, for as long as it is polled.
    pub async fn follow(&self, changes: Changes) {
        loop {
            changes.next().await;
            self.reload().await;
        }
    }
}

/// Changes of the files in some folders, from when this was made: none is missed, also while nobody
/// waits for one.
pub struct Changes {
    changed: Arc<Notify>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Watches `folders`.
    ///
    /// # Errors
    /// If they cannot be watched.
    pub fn of(folders: &[PathBuf]) -> notify::Result<Self> {
        let changed = Arc::new(Notify::new());
        let told = Arc::clone(&changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            // Reading is no change. What went wrong while watching may hide one.
            let read = |event: &notify::Event| matches!(event.kind, EventKind::Access(_));
            if !event.as_ref().is_ok_and(read) {
                told.notify_one();
            }
        })?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self {
            changed,
            _watcher: watcher,
        })
    }

    /// Waits for a change, and until whoever made it is done.
    async fn next(&self) {
        self.changed.notified().await;
        sleep(RELOAD_DELAY).await;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_change_is_seen_that_was_made_before_anybody_waited() {
        let folder = tempfile::tempdir().unwrap();
        let changes = Changes::of(&[folder.path().to_owned()]).unwrap();
        fs::write(folder.path().join("a.yaml"), "").unwrap();
        // The watcher has time to see it, with nobody waiting.
        sleep(RELOAD_DELAY).await;
        let seen = timeout(Duration::from_secs(10), changes.next()).await;
        assert!(seen.is_ok());
    }
}

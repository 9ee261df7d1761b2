//! Stores that follow their files.

use std::{sync::Arc, time::Duration};

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::{
    sync::{Mutex, Notify},
    time::sleep,
};

use super::api::Api;
use crate::loader::{Loader, Outcome};

/// Whoever writes a file writes several times: reading waits for the last.
const SETTLE: Duration = Duration::from_millis(200);

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

    /// Loads them whenever a file in their folders changes, for as long as it is polled.
    ///
    /// # Errors
    /// If the folders cannot be watched.
    pub async fn watch(&self) -> notify::Result<()> {
        let changed = Arc::new(Notify::new());
        let told = Arc::clone(&changed);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<_>| {
            // Reading is no change. What went wrong while watching may hide one.
            let read = |event: &notify::Event| matches!(event.kind, EventKind::Access(_));
            if !event.as_ref().is_ok_and(read) {
                told.notify_one();
            }
        })?;
        for folder in &self.loader.folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        loop {
            changed.notified().await;
            sleep(SETTLE).await;
            self.reload().await;
        }
    }
}

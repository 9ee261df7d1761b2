//! Which files changed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{sync::Notify, task, time::sleep};

use super::{
    read::{FILE_STILLNESS, yaml_files},
    stamp::Stamp,
};

/// How often files are looked at whose changes nobody reported: a folder behind several links, a
/// file system without reports.
const FILES_POLL: Duration = Duration::from_secs(5);

/// Changes of folders of YAML and of single files, from when this was made: none is missed, also
/// while nobody waits for one. What was removed and made again, and what a changed link leads to,
/// is followed by its path.
pub struct Changes {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    /// Files that are followed for as long as somebody names them.
    named: BTreeSet<PathBuf>,
    /// What stood under every followed path at the last look.
    last: BTreeMap<PathBuf, Option<Seen>>,
    told: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
}

#[derive(Clone, PartialEq, Eq)]
enum Seen {
    Folder { real: PathBuf, inode: u64 },
    File(Stamp),
}

impl Changes {
    /// Follows the YAML files of `folders`, and `files`.
    pub async fn of(folders: &[PathBuf], files: &[PathBuf]) -> Self {
        let mut changes = Self {
            folders: folders.to_vec(),
            files: files.to_vec(),
            named: BTreeSet::new(),
            last: BTreeMap::new(),
            told: Arc::new(Notify::new()),
            watcher: None,
        };
        changes.look().await;
        changes
    }

    /// Waits for a change, and until whoever made it seems to be done.
    pub(crate) async fn next(&mut self) {
        loop {
            tokio::select! {
                () = self.told.notified() => sleep(FILE_STILLNESS).await,
                () = sleep(FILES_POLL) => {}
            }
            if self.look().await {
                return;
            }
        }
    }

    /// Looks now: whether something changed since the last look.
    pub(crate) async fn look(&mut self) -> bool {
        let mut now = self.snapshot().await;
        if now == self.last {
            return false;
        }
        self.watch();
        // Again: what changed before it was watched is told by nobody.
        now = self.snapshot().await;
        self.last = now;
        true
    }

    /// Follows `files` besides those from the beginning, in place of those named before. They were
    /// as given when they were read.
    pub(crate) fn also(&mut self, files: &BTreeMap<PathBuf, Option<Stamp>>) {
        let named: BTreeSet<PathBuf> = files.keys().cloned().collect();
        let again = !named.is_subset(&self.named);
        self.last.retain(|path, _| !self.named.contains(path));
        self.named = named;
        let seen = |(path, stamp): (&PathBuf, &Option<Stamp>)| {
            (path.clone(), stamp.clone().map(Seen::File))
        };
        self.last.extend(files.iter().map(seen));
        if again {
            self.watch();
        }
    }

    fn followed(&self) -> Vec<PathBuf> {
        self.files.iter().chain(&self.named).cloned().collect()
    }

    async fn snapshot(&self) -> BTreeMap<PathBuf, Option<Seen>> {
        let (folders, files) = (self.folders.clone(), self.followed());
        let taken = task::spawn_blocking(move || snapshot(&folders, &files)).await;
        // It fails only where the runtime ends.
        taken.unwrap_or_else(|_| self.last.clone())
    }

    fn watch(&mut self) {
        let told = Arc::clone(&self.told);
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is no change. What went wrong while watching may hide one.
            let read = |event: &notify::Event| matches!(event.kind, EventKind::Access(_));
            if !event.as_ref().is_ok_and(read) {
                told.notify_one();
            }
        });
        let Ok(mut watcher) = watcher else {
            if self.last.is_empty() {
                tracing::warn!(
                    "no change of a file is reported: all are looked at every {FILES_POLL:?}"
                );
            }
            return;
        };
        for folder in watched(&self.folders, &self.followed()) {
            // What cannot be watched is looked at now and then.
            let _ = watcher.watch(&folder, RecursiveMode::NonRecursive);
        }
        self.watcher = Some(watcher);
    }
}

fn snapshot(folders: &[PathBuf], files: &[PathBuf]) -> BTreeMap<PathBuf, Option<Seen>> {
    let file = |path: &PathBuf| (path.clone(), Stamp::of(path).ok().map(Seen::File));
    let mut seen: BTreeMap<_, _> = files.iter().map(file).collect();
    for folder in folders {
        let real = fs::canonicalize(folder).and_then(|real| {
            let inode = fs::metadata(&real)?.ino();
            Ok(Seen::Folder { real, inode })
        });
        seen.insert(folder.clone(), real.ok());
        let inside = yaml_files(folder).unwrap_or_default();
        seen.extend(inside.iter().map(file));
    }
    seen
}

/// The folders whose entries say that something changed: links are entries of their folder, and
/// what they lead to is one of another.
fn watched(folders: &[PathBuf], files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut watched: BTreeSet<PathBuf> = folders.iter().cloned().collect();
    for path in folders.iter().chain(files) {
        watched.insert(parent(path));
        if let Ok(real) = fs::canonicalize(path) {
            watched.insert(parent(&real));
        }
    }
    watched
}

fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tokio::time::timeout;

    use super::*;

    async fn seen(changes: &mut Changes) -> bool {
        let patience = Duration::from_secs(30);
        timeout(patience, changes.next()).await.is_ok()
    }

    #[tokio::test]
    async fn a_change_is_seen_that_was_made_before_anybody_waited() {
        let folder = tempfile::tempdir().unwrap();
        let mut changes = Changes::of(&[folder.path().to_owned()], &[]).await;
        fs::write(folder.path().join("a.yaml"), "").unwrap();
        sleep(FILE_STILLNESS).await;
        assert!(seen(&mut changes).await);
        assert!(!changes.look().await);
    }

    #[tokio::test]
    async fn a_folder_made_again_a_swapped_link_and_a_file_elsewhere_are_followed() {
        let world = tempfile::tempdir().unwrap();
        let path = |name: &str| world.path().join(name);
        for folder in ["one", "two", "made"] {
            fs::create_dir(path(folder)).unwrap();
            fs::write(path(folder).join("a.yaml"), folder).unwrap();
        }
        symlink("one", path("link")).unwrap();
        // Behind a link, so that no report says that it was swapped.
        symlink(".", path("deep")).unwrap();
        let folders = [path("link"), path("made"), path("deep/link")];
        let mut changes = Changes::of(&folders, &[path("config")]).await;
        assert!(!changes.look().await);
        symlink("two", path("next")).unwrap();
        fs::rename(path("next"), path("link")).unwrap();
        assert!(seen(&mut changes).await);
        fs::remove_dir_all(path("made")).unwrap();
        assert!(seen(&mut changes).await);
        fs::create_dir(path("made")).unwrap();
        fs::write(path("made/a.yaml"), "again").unwrap();
        assert!(seen(&mut changes).await);
        changes.look().await;
        fs::write(path("config"), "new").unwrap();
        assert!(seen(&mut changes).await);
        let stamp = Stamp::of(&path("config")).ok();
        changes.also(&[(path("config"), stamp)].into());
        assert!(!changes.look().await);
    }
}

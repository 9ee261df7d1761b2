//! Small texts in files that others replace while the host runs: tokens and the like, of one line.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock, Weak},
};

use tokio::{
    sync::watch,
    task::{AbortHandle, spawn_blocking},
};
use zeroize::Zeroizing;

use super::{
    follow::Changes,
    read::{stamped, text},
    stamp::Stamp,
};

/// How long such a text may be, in bytes.
const MAX_HELD: u64 = 64 << 10;

/// The texts that are followed at this moment, each once however many ask for it. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct HeldTexts {
    known: Arc<Mutex<BTreeMap<PathBuf, Weak<Held>>>>,
    /// Told when all are to be read again.
    asked: watch::Sender<()>,
}

/// What a file held when it could last be used, without white space around it. The file is followed
/// for as long as somebody has this. It has no `Debug`: the text may be a secret.
pub(crate) struct Held {
    text: RwLock<Edition>,
    following: Mutex<Option<AbortHandle>>,
}

/// A text, and how many were before it.
#[derive(Clone)]
struct Edition {
    number: u64,
    text: Arc<Zeroizing<String>>,
}

impl HeldTexts {
    /// What `path` holds. Must be called in a runtime.
    ///
    /// # Errors
    /// If it cannot be read, is empty, longer than 64 KiB, or not one line of ASCII without spaces.
    pub(crate) async fn open(&self, path: &Path) -> io::Result<Arc<Held>> {
        if let Some(held) = self.lock().get(path).and_then(Weak::upgrade) {
            return Ok(held);
        }
        let (stamp, read) = read_off_thread(path).await;
        let held = Arc::new(Held {
            text: RwLock::new(Edition {
                number: 0,
                text: Arc::new(read?),
            }),
            following: Mutex::default(),
        });
        let follower = follow(
            Arc::downgrade(&held),
            path.to_owned(),
            stamp,
            self.asked.subscribe(),
        );
        let follower = tokio::spawn(follower);
        let mut following = held
            .following
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *following = Some(follower.abort_handle());
        drop(following);
        let mut known = self.lock();
        known.retain(|_, held| held.strong_count() > 0);
        known.insert(path.to_owned(), Arc::downgrade(&held));
        Ok(held)
    }

    /// Has every file read again, whether it seems to have changed or not; what is wrong with one is
    /// said again.
    pub(crate) fn read_again(&self) {
        self.asked.send_replace(());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, Weak<Held>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The text in force, and how many there were before it.
    pub(crate) fn now(&self) -> (u64, Arc<Zeroizing<String>>) {
        let Edition { number, text } = self.read().clone();
        (number, text)
    }

    /// How many texts there were before the one in force.
    pub(crate) fn edition(&self) -> u64 {
        self.read().number
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Edition> {
        self.text.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `text` is another than the one in force; it is in force then.
    fn replace(&self, text: Zeroizing<String>) -> bool {
        let mut held = self.text.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = *held.text != text;
        if is_other {
            *held = Edition {
                number: held.number + 1,
                text: Arc::new(text),
            };
        }
        is_other
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let following = self.following.get_mut();
        let following = following.unwrap_or_else(PoisonError::into_inner);
        if let Some(following) = following.take() {
            following.abort();
        }
    }
}

/// Puts in force what the file holds whenever it changes, or somebody `asked`; what cannot be used
/// changes nothing but a line in the log.
async fn follow(
    held: Weak<Held>,
    path: PathBuf,
    read: Option<Stamp>,
    mut asked: watch::Receiver<()>,
) {
    let mut changes = Changes::of(&[], &[]).await;
    let mut stamp = read;
    let mut said = None;
    loop {
        changes.also(&BTreeMap::from([(path.clone(), stamp)]));
        tokio::select! {
            () = changes.next() => {}
            Ok(()) = asked.changed() => said = None,
        }
        let (now, read) = read_off_thread(&path).await;
        stamp = now;
        let Some(held) = held.upgrade() else {
            return;
        };
        let file = path.display();
        match read {
            Ok(text) => {
                if held.replace(text) {
                    tracing::info!("{file}: what it holds is another now");
                }
                said = None;
            }
            Err(why) => {
                let why = Some(why.to_string());
                if said != why {
                    let why = why.as_deref().unwrap_or_default();
                    tracing::warn!("{file}: what it held before stays in force: {why}");
                }
                said = why;
            }
        }
    }
}

/// What the file holds, and how it looked then.
async fn read_off_thread(path: &Path) -> (Option<Stamp>, io::Result<Zeroizing<String>>) {
    let path = path.to_owned();
    let reading = spawn_blocking(move || match read(&path) {
        Ok((stamp, text)) => (Some(stamp), Ok(text)),
        Err(why) => (Stamp::of(&path).ok(), Err(why)),
    });
    // It fails only where the runtime ends.
    let done = reading.await;
    done.unwrap_or_else(|why| (None, Err(io::Error::other(why))))
}

fn read(path: &Path) -> io::Result<(Stamp, Zeroizing<String>)> {
    if Stamp::of(path)?.length() > MAX_HELD {
        return Err(io::Error::other("it is longer than 64 KiB"));
    }
    let (bytes, stamp) = stamped(path)?;
    let whole = text(&bytes)?;
    let trimmed = whole.trim();
    if trimmed.is_empty() {
        return Err(io::Error::other("it is empty"));
    }
    // Whoever is handed it would refuse it, and not know that it was in a file.
    if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(io::Error::other(
            "it is not one line of ASCII without spaces, as a token is",
        ));
    }
    Ok((stamp, Zeroizing::new(trimmed.to_owned())))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink, time::Duration};

    use tokio::time::{sleep, timeout};

    use super::*;

    fn says(held: &Held, text: &str) -> bool {
        held.now().1.as_str() == text
    }

    async fn until(held: &Held, text: &str) {
        let waiting = async {
            while !says(held, text) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(30), waiting).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_followed_through_links_and_what_cannot_be_used_changes_nothing() {
        let world = tempfile::tempdir().unwrap();
        let path = |name: &str| world.path().join(name);
        // As kubelet has it: a link through another link, which is swapped.
        for (folder, text) in [
            ("one", "first\n"),
            ("two", " second"),
            ("empty", " \n"),
            ("lines", "not\nthis"),
        ] {
            fs::create_dir(path(folder)).unwrap();
            fs::write(path(folder).join("token"), text).unwrap();
        }
        let swap = |folder: &str| {
            symlink(folder, path("next")).unwrap();
            fs::rename(path("next"), path("..data")).unwrap();
        };
        swap("one");
        symlink("..data/token", path("token")).unwrap();
        let texts = HeldTexts::default();
        let held = texts.open(&path("token")).await.unwrap();
        assert!(says(&held, "first"));
        let again = texts.open(&path("token")).await.unwrap();
        assert!(Arc::ptr_eq(&held, &again));
        swap("two");
        until(&held, "second").await;
        assert_eq!(held.edition(), 1);
        for folder in ["empty", "lines"] {
            swap(folder);
            sleep(Duration::from_millis(600)).await;
            assert!(says(&held, "second"));
        }
        fs::remove_file(path("token")).unwrap();
        sleep(Duration::from_millis(600)).await;
        assert!(says(&held, "second"));
        fs::write(path("token"), "third").unwrap();
        until(&held, "third").await;
        assert_eq!(held.edition(), 2);
    }

    #[tokio::test]
    async fn what_cannot_be_used_at_the_start_is_an_error() {
        let world = tempfile::tempdir().unwrap();
        let path = |name: &str| world.path().join(name);
        fs::write(path("empty"), "\n").unwrap();
        fs::write(path("long"), vec![b'x'; 65_537]).unwrap();
        fs::write(path("bytes"), b"\xFF\xFF").unwrap();
        fs::write(path("words"), "no token\n").unwrap();
        fs::write(path("letters"), "tök\u{e9}n").unwrap();
        for name in ["absent", "empty", "long", "bytes", "words", "letters", ""] {
            assert!(HeldTexts::default().open(&path(name)).await.is_err());
        }
    }
}

//! The folder of the sockets: who may decide what is in it, and whose turn it is to bind there.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rustix::process::geteuid;
use tokio::time::sleep;

/// How long a host waits for another that binds in the same folder at this moment.
const FOLDER_TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// How often it looks.
const FOLDER_TURN_INTERVAL: Duration = Duration::from_millis(10);

const OTHERS_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// A folder in which this process binds: it alone, until this is dropped. The lock is the kernel's
/// and on the folder itself: it ends with the process and leaves no file behind.
pub(crate) struct Folder {
    path: PathBuf,
    #[expect(dead_code, reason = "held for its lock")]
    turn: File,
}

impl Folder {
    /// Its absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes `folder` if it is not there, and waits for this process's turn to bind in it.
///
/// # Errors
/// If it cannot be made or read, belongs to a stranger, who could replace any socket in it, or
/// another process does not end its turn.
pub(crate) async fn prepare(folder: &Path) -> io::Result<Folder> {
    let path = judged(folder)?;
    let turn = turn(&path).await?;
    Ok(Folder { path, turn })
}

/// The absolute path of `folder`, by which clients know it.
fn judged(folder: &Path) -> io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o755).create(&folder)?;
    let us = geteuid().as_raw();
    // A link is its owner's to point elsewhere.
    let link = fs::symlink_metadata(&folder)?;
    let there = fs::metadata(&folder)?;
    let judgement = judge(link.uid(), STICKY, us).and(judge(there.uid(), there.mode(), us));
    let standing = judgement.map_err(|stranger| {
        let why = format!(
            "it belongs to the user {stranger}, who could put other sockets in the place of these: \
             run as that user, or use a folder of root or of the user {us}, as whom this runs"
        );
        io::Error::new(ErrorKind::PermissionDenied, why)
    })?;
    if standing == Standing::Open {
        tracing::warn!(
            folder = %folder.display(),
            "every user may write to this folder and replace the sockets in it: only \
             whoever serves in it should be able to, or set its sticky bit (chmod +t)"
        );
    }
    Ok(folder)
}

/// What others can do to a socket in a folder.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// Nothing: this user, root, and a group that the owner trusts, replace files in it.
    Closed,
    /// Replace it. So is an emptyDir of Kubernetes: root makes it, with mode 0777.
    Open,
}

/// Whether the user `us` puts sockets into a folder of `owner` with these mode bits. Its owner may
/// replace every file in it whatever its mode, so that must be `us` or root; the error is the
/// stranger. Of these two a folder is taken that others may write to, because they made it so.
fn judge(owner: u32, mode: u32, us: u32) -> Result<Standing, u32> {
    if owner != us && owner != 0 {
        return Err(owner);
    }
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        return Ok(Standing::Open);
    }
    Ok(Standing::Closed)
}

async fn turn(folder: &Path) -> io::Result<File> {
    let file = File::open(folder)?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(why)) => return Err(why),
            Err(TryLockError::WouldBlock) if started.elapsed() > FOLDER_TURN_TIMEOUT => {
                let why = format!(
                    "another process has held its lock for {FOLDER_TURN_TIMEOUT:?}: end that one, \
                     or use another folder"
                );
                return Err(io::Error::new(ErrorKind::TimedOut, why));
            }
            Err(TryLockError::WouldBlock) => sleep(FOLDER_TURN_INTERVAL).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    const US: u32 = 65_532;
    const STRANGER: u32 = 1_000;

    #[test]
    fn a_folder_is_ours_or_roots_and_open_ones_are_told_apart() {
        for (owner, mode, us, verdict) in [
            (US, 0o700, US, Ok(Standing::Closed)),
            (US, 0o755, US, Ok(Standing::Closed)),
            (US, 0o1777, US, Ok(Standing::Closed)),
            (US, 0o777, US, Ok(Standing::Open)),
            (0, 0o755, US, Ok(Standing::Closed)),
            (0, 0o2775, US, Ok(Standing::Closed)), // an emptyDir with an fsGroup
            (0, 0o1777, US, Ok(Standing::Closed)), // /tmp
            (0, 0o777, US, Ok(Standing::Open)),    // an emptyDir
            (0, 0o777, 0, Ok(Standing::Open)),
            (0, 0o700, 0, Ok(Standing::Closed)),
            (STRANGER, 0o777, US, Err(STRANGER)),
            (STRANGER, 0o1777, US, Err(STRANGER)),
            (STRANGER, 0o755, US, Err(STRANGER)),
            (STRANGER, 0o700, 0, Err(STRANGER)),
            (STRANGER, 0o777, 0, Err(STRANGER)),
        ] {
            assert_eq!(judge(owner, mode, us), verdict, "{owner} {mode:o} {us}");
        }
    }

    #[test]
    fn a_folder_is_made_and_a_strangers_folder_or_link_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let made = judged(&outer.path().join("a/b")).unwrap();
        assert_eq!(fs::metadata(made).unwrap().mode() & 0o777 & 0o022, 0);
        if !test_support::programs::is_root() {
            return;
        }
        let folder = outer.path().join("theirs");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        judged(&folder).unwrap();
        chown(&folder, Some(STRANGER), None).unwrap();
        let refused = judged(&folder).unwrap_err().to_string();
        assert!(refused.contains("the user 1000"), "{refused}");

        let link = outer.path().join("link");
        symlink(outer.path().join("a"), &link).unwrap();
        judged(&link).unwrap();
        std::os::unix::fs::lchown(&link, Some(STRANGER), None).unwrap();
        assert!(judged(&link).is_err());
    }

    #[tokio::test]
    async fn one_process_binds_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = turn(folder.path()).await.unwrap();
        let mut second = tokio::spawn({
            let path = folder.path().to_owned();
            async move { turn(&path).await.map(drop) }
        });
        let waits = tokio::time::timeout(Duration::from_millis(50), &mut second).await;
        assert!(waits.is_err());
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

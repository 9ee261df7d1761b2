//! What a file looks like from outside.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

/// Tells whether a file is the one that it was, with what it held. Links are followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    device: u64,
    inode: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    /// What its clock says of it; `None` where that cannot be read.
    written: Option<SystemTime>,
}

impl Stamp {
    /// The stamp of the regular file `path`.
    ///
    /// # Errors
    /// If there is none that can be looked at.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            // Reading a pipe may never end.
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok(Self::from(&metadata))
    }

    /// How many bytes it has.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether its last change is longer ago than `age`. A clock that was set back knows nothing.
    pub(super) fn is_older_than(&self, age: Duration) -> bool {
        let ago = self.written.and_then(|written| written.elapsed().ok());
        ago.is_some_and(|ago| ago > age)
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            written: metadata.modified().ok(),
        }
    }
}

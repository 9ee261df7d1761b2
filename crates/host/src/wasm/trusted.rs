//! Folders that nobody but this user and root can change: for what is executed.

use std::{
    fs::{self, DirBuilder, Metadata},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

/// Others may remove and rename only what is theirs.
const STICKY: u32 = 0o1000;
/// Group and others may write.
const WRITABLE: u32 = 0o022;

/// Makes `folder` for this user alone, or sees that it is, and that nobody else can put another in
/// its place: each folder above it belongs to this user or root, and others may write to none,
/// unless it is sticky, as `/tmp` is (OpenSSH's rule for the files of a key, and that exception).
/// Gives its real path.
pub(super) fn private(folder: &Path) -> io::Result<PathBuf> {
    // Nothing is made in a place that would not be trusted: root is often given another's HOME.
    let there = folder.ancestors().find(|it| it.symlink_metadata().is_ok());
    let there = there.ok_or_else(|| io::Error::other("it is on no path"))?;
    above(&there.canonicalize()?)?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    if folder.symlink_metadata()?.is_symlink() {
        return Err(refused(folder, "is a symbolic link"));
    }
    let real = folder.canonicalize()?;
    let metadata = fs::metadata(&real)?;
    if metadata.uid() != ours() {
        return Err(refused(&real, "belongs to another user"));
    }
    if !metadata.is_dir() || metadata.mode() & WRITABLE != 0 {
        return Err(refused(
            &real,
            "is not a folder that only this user can write to",
        ));
    }
    above(&real)?;
    Ok(real)
}

/// Checks `path`, which has no symbolic link in it, and all that is above it.
fn above(path: &Path) -> io::Result<()> {
    for folder in path.ancestors() {
        let metadata = fs::metadata(folder)?;
        if ![0, ours()].contains(&metadata.uid()) {
            return Err(refused(folder, "belongs to another user"));
        }
        if is_open(&metadata) {
            return Err(refused(folder, "can be written to by others"));
        }
    }
    Ok(())
}

fn is_open(metadata: &Metadata) -> bool {
    let mode = metadata.mode();
    mode & WRITABLE != 0 && mode & STICKY == 0
}

fn ours() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn refused(folder: &Path, why: &str) -> io::Error {
    io::Error::other(format!("{} {why}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn only_a_folder_of_ours_is_trusted() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a/b");
        let real = private(&folder).unwrap();
        assert_eq!(fs::metadata(&real).unwrap().mode() & 0o777, 0o700);
        mode(&folder, 0o777);
        assert!(private(&folder).is_err());
        let link = base.path().join("link");
        std::os::unix::fs::symlink(base.path(), &link).unwrap();
        assert!(private(&link).is_err());
    }

    #[test]
    fn every_folder_above_it_counts_too_and_a_sticky_one_may_be_open() {
        let base = tempfile::tempdir().unwrap();
        let middle = base.path().join("middle");
        let folder = middle.join("cache");
        private(&folder).unwrap();
        mode(&middle, 0o1777);
        private(&folder).unwrap();
        mode(&middle, 0o777);
        let why = private(&folder).unwrap_err().to_string();
        assert!(why.ends_with("middle can be written to by others"), "{why}");
        let below = folder.join("x/y");
        assert!(private(&below).is_err());
        assert!(!folder.join("x").exists(), "nothing is made there");
    }

    #[test]
    fn root_uses_nobody_elses_home() {
        if ours() != 0 {
            return; // only root may give a folder away
        }
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(home.path(), Some(65_532), None).unwrap();
        let why = private(&home.path().join(".cache/x")).unwrap_err();
        assert!(why.to_string().contains("belongs to another user"), "{why}");
        assert!(!home.path().join(".cache").exists());
    }
}

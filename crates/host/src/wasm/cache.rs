//! Compiled code on disk: machine code, so only from where nobody else can put any.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::Path,
};

use wasmtime::{Cache, CacheConfig};

/// wasmtime's cache in `folder`; `None`, and a line in the log, where it cannot be trusted.
pub(super) fn open(folder: &Path) -> Option<Cache> {
    let opened = private(folder).and_then(|()| {
        let mut config = CacheConfig::new();
        config.with_directory(folder);
        Cache::new(config).map_err(io::Error::other)
    });
    let folder = folder.display();
    opened
        .map_err(|why| tracing::warn!("compiled code is not kept in {folder}: {why}"))
        .ok()
}

/// Makes `folder` for this user alone, or sees that it is.
fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let metadata = fs::symlink_metadata(folder)?;
    let ours = metadata.uid() == rustix::process::geteuid().as_raw();
    let closed = metadata.permissions().mode() & 0o022 == 0;
    if !metadata.is_dir() || !ours || !closed {
        return Err(io::Error::other(
            "it is not a folder that only this user can write to",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn only_a_folder_of_ours_is_trusted() {
        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("a/b");
        private(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
        assert!(private(&folder).is_err());
        let link = base.path().join("link");
        std::os::unix::fs::symlink(base.path(), &link).unwrap();
        assert!(private(&link).is_err());
    }
}

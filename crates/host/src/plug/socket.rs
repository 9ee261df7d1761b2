//! One Unix socket: replaces a stale one, is never open to more than it should be, and is removed
//! in the end.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, ErrorKind},
    os::unix::{
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process,
};

use tokio::net::UnixListener;

/// A bound socket. Its file is removed when dropped, unless another process has replaced it.
pub(super) struct Socket {
    path: PathBuf,
    /// Device and number of the file.
    identity: (u64, u64),
}

impl Socket {
    pub(super) fn bind(path: &Path, mode: u32) -> io::Result<(Self, UnixListener)> {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        refuse_what_is_in_use(path)?;
        // Bound where nobody else may look, and moved when its mode is right: at no moment is it
        // open to others, and the old file is replaced in one step. daprd skips folders.
        let private = folder.join(format!(".{}", process::id()));
        remove_folder(&private);
        DirBuilder::new().mode(0o700).create(&private)?;
        let bound = bind_in(&private, path, mode);
        remove_folder(&private);
        let listener = bound?;
        let identity = identity(path)?;
        let socket = Self {
            path: path.to_owned(),
            identity,
        };
        Ok((socket, listener))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            // Nothing can be done about a failure, and the next start replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn bind_in(private: &Path, path: &Path, mode: u32) -> io::Result<UnixListener> {
    let first = private.join("s");
    let listener = UnixListener::bind(&first)?;
    fs::set_permissions(&first, Permissions::from_mode(mode))?;
    fs::rename(&first, path)?;
    Ok(listener)
}

fn refuse_what_is_in_use(path: &Path) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        there => there?,
    };
    if !there.file_type().is_socket() {
        let why = "something else than a socket is there: remove it";
        return Err(io::Error::new(ErrorKind::AlreadyExists, why));
    }
    if UnixStream::connect(path).is_ok() {
        let why = "another process serves it: end that one, or use another folder";
        return Err(io::Error::new(ErrorKind::AddrInUse, why));
    }
    Ok(())
}

fn remove_folder(folder: &Path) {
    // Left over by a process of the same number, or ours; empty but for a socket.
    let _ = fs::remove_file(folder.join("s"));
    let _ = fs::remove_dir(folder);
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_has_its_mode_replaces_a_stale_one_and_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/a.sock");
        let (first, listener) = Socket::bind(&path, 0o660).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        let refused = Socket::bind(&path, 0o600).err().unwrap();
        assert!(refused.to_string().contains("another process"), "{refused}");

        drop(listener); // as a killed process leaves it
        let (second, _listener) = Socket::bind(&path, 0o600).unwrap();
        drop(first);
        assert!(path.exists(), "the file belongs to the second");
        drop(second);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        fs::write(&path, "precious").unwrap();
        assert!(Socket::bind(&path, 0o600).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}

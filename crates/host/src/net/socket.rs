//! One Unix socket: replaces a stale one, is never open to more than it should be, and is removed
//! in the end.

use std::{
    fs::{self, DirBuilder, Permissions},
    io::{self, ErrorKind},
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixSocket, UnixStream};
use uuid::Uuid;

use super::folder::Folder;

/// What the kernel takes of a socket's path, without the zero at its end.
const MAX_SOCKET_PATH: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// The file of a bound socket. It is removed when this is dropped, unless another process has
/// replaced it.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Device and number of the file.
    identity: (u64, u64),
}

/// Binds `name` in `folder`, with the permission bits `mode` or else those of this process, where
/// `backlog` connections may wait to be taken.
///
/// # Errors
/// [`ErrorKind::AddrInUse`] if another process serves it, or may do so.
pub(super) async fn bind(
    folder: &Folder,
    name: &str,
    mode: Option<u32>,
    backlog: u32,
) -> io::Result<(SocketFile, UnixListener)> {
    let path = folder.path().join(name);
    // Bound where nobody else may look, and moved when its mode is right: at no moment is it open
    // to others, and the old file is replaced in one step. daprd skips folders.
    let hidden = format!(".{:08x}", Uuid::new_v4().as_fields().0);
    let private = folder.path().join(hidden);
    for path in [&path, &private.join("s")] {
        refuse_what_is_too_long(path)?;
    }
    refuse_what_is_in_use(&path).await?;
    DirBuilder::new().mode(0o700).create(&private)?;
    let bound = bind_in(&private, &path, mode, backlog);
    // Empty, but for a socket that could not be moved.
    let _ = fs::remove_file(private.join("s"));
    let _ = fs::remove_dir(&private);
    let listener = bound?;
    let identity = identity(&path)?;
    Ok((SocketFile { path, identity }, listener))
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            // Nothing can be done about a failure, and the next start replaces the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn bind_in(
    private: &Path,
    path: &Path,
    mode: Option<u32>,
    backlog: u32,
) -> io::Result<UnixListener> {
    let first = private.join("s");
    let socket = UnixSocket::new_stream()?;
    socket.bind(&first)?;
    if let Some(mode) = mode {
        fs::set_permissions(&first, Permissions::from_mode(mode))?;
    }
    // Before it is at its place: who connects there is never told that nobody serves it.
    let listener = socket.listen(backlog)?;
    fs::rename(&first, path)?;
    Ok(listener)
}

fn refuse_what_is_too_long(path: &Path) -> io::Result<()> {
    let length = path.as_os_str().as_bytes().len();
    if length <= MAX_SOCKET_PATH {
        return Ok(());
    }
    let why = format!(
        "the path of its socket would have {length} bytes, and no client can connect to more than \
         {MAX_SOCKET_PATH}: use a folder with a shorter name"
    );
    Err(io::Error::new(ErrorKind::InvalidFilename, why))
}

async fn refuse_what_is_in_use(path: &Path) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        there => there?,
    };
    if !there.file_type().is_socket() {
        let why = "something else than a socket is there: remove it";
        return Err(io::Error::new(ErrorKind::AlreadyExists, why));
    }
    let in_use = match UnixStream::connect(path).await {
        // The only answer that says that nobody listens.
        Err(why) if why.kind() == ErrorKind::ConnectionRefused => return Ok(()),
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        // Not blocking: it has more connections waiting than it takes.
        Err(why) if why.kind() == ErrorKind::WouldBlock => None,
        Ok(_) => None,
        Err(why) => Some(why),
    };
    let why = in_use.map_or_else(
        || "another process serves it: end that one, or use another folder".to_owned(),
        |why| {
            format!(
                "another user's socket is there, and somebody may serve it ({why}): end that \
                 process and remove the file, or use another folder"
            )
        },
    );
    Err(io::Error::new(ErrorKind::AddrInUse, why))
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    use super::{super::folder::prepare, *};

    async fn bind(folder: &Path, name: &str, mode: u32) -> io::Result<(SocketFile, UnixListener)> {
        super::bind(&prepare(folder).await?, name, Some(mode), 1_024).await
    }

    #[tokio::test]
    async fn a_socket_has_its_mode_replaces_a_stale_one_and_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        let (first, listener) = bind(folder.path(), "a.sock", 0o660).await.unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o660);
        let refused = bind(folder.path(), "a.sock", 0o600).await.err().unwrap();
        assert_eq!(refused.kind(), ErrorKind::AddrInUse);
        assert!(refused.to_string().contains("another process"), "{refused}");

        drop(listener); // as a killed process leaves it
        let (second, _listener) = bind(folder.path(), "a.sock", 0o600).await.unwrap();
        drop(first);
        assert!(path.exists(), "the file belongs to the second");
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_socket_that_takes_no_more_connections_is_in_use_and_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixSocket::new_stream().unwrap();
        socket.bind(folder.path().join("a.sock")).unwrap();
        let _never_accepts = socket.listen(1).unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = UnixStream::connect(folder.path().join("a.sock")).await {
            waiting.push(stream);
        }
        let refused = bind(folder.path(), "a.sock", 0o600).await.err().unwrap();
        assert!(refused.to_string().contains("another process"), "{refused}");
    }

    #[tokio::test]
    async fn a_path_that_no_client_can_connect_to_is_refused_with_its_length() {
        let outer = tempfile::tempdir().unwrap();
        let used = outer.path().as_os_str().len() + 1;
        for name in ["secrets.of.an.example.sock", "a.sock"] {
            // The private folder's path is the longer one where the name is short.
            let rest = (1 + name.len()).max("/.01234567/s".len());
            for (length, fits) in [(MAX_SOCKET_PATH, true), (MAX_SOCKET_PATH + 1, false)] {
                let folder = outer.path().join("x".repeat(length - rest - used));
                fs::create_dir(&folder).unwrap();
                let bound = bind(&folder, name, 0o600).await;
                if let Err(why) = &bound {
                    let said = format!("{length} bytes, and no client");
                    assert!(why.to_string().contains(&said), "{why}");
                }
                assert_eq!(bound.is_ok(), fits, "{length}");
                drop(bound);
                fs::remove_dir(&folder).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_socket_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sock");
        fs::write(&path, "precious").unwrap();
        assert!(bind(folder.path(), "a.sock", 0o600).await.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}

//! Where callers connect: ports on several addresses, and Unix sockets.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, TcpSocket, UnixListener};

use super::connection::Io;

/// Connections that may wait to be taken, as far as the kernel allows it.
const BACKLOG: u32 = 4_096;

/// Where callers connect.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(Socket),
}

/// A Unix socket, whose file goes with it.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    pub(super) async fn accept(&mut self) -> io::Result<Box<dyn Io>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are whole when they are written: nothing is won by waiting for more.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(socket) => Ok(Box::new(socket.listener.accept().await?.0)),
        }
    }

    /// The address, if it is one of a network.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(_) => None,
        }
    }

    /// The path, if it is a Unix socket.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(socket) => Some(&socket.path),
        }
    }

    /// Whether only this machine reaches it, by a name that others may have made to mean it.
    pub(super) fn is_loopback(&self) -> bool {
        let address = self.address().map(|address| address.ip().to_canonical());
        address.is_some_and(|address| address.is_loopback())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = fs::remove_file(&self.path);
    }
}

/// Binds the same port on each address; with the port 0, whatever the first is given. An address
/// that this machine does not have (often `::1`) is passed over if another is bound.
///
/// # Errors
/// If the port is in use on one of them, or none is bound.
pub(super) fn listen(addresses: &[IpAddr], mut port: u16) -> io::Result<Vec<Listener>> {
    let mut bound = Vec::new();
    let mut missing = None;
    for &address in addresses {
        match bind(SocketAddr::new(address, port)) {
            Ok(listener) => {
                port = listener.local_addr()?.port();
                bound.push(Listener::Tcp(listener));
            }
            Err(why) if is_missing(&why) => missing = Some(why),
            Err(why) => return Err(why),
        }
    }
    match missing {
        Some(why) if bound.is_empty() => Err(why),
        _ => Ok(bound),
    }
}

/// Binds a Unix socket. A file of one that nobody serves any more is taken away.
///
/// # Errors
/// If it is served already, or cannot be made.
pub(super) fn listen_at(path: PathBuf) -> io::Result<Listener> {
    let stale = || {
        let refused = UnixStream::connect(&path).err();
        refused.is_some_and(|why| why.kind() == io::ErrorKind::ConnectionRefused)
    };
    let listener = match UnixListener::bind(&path) {
        Err(why) if why.kind() == io::ErrorKind::AddrInUse && stale() => {
            fs::remove_file(&path)?;
            UnixListener::bind(&path)?
        }
        bound => bound?,
    };
    Ok(Listener::Unix(Socket { listener, path }))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restart need not wait for the connections of before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Whether the machine lacks the address or its whole family.
fn is_missing(why: &io::Error) -> bool {
    let unsupported = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
    why.raw_os_error() == Some(unsupported) || why.kind() == io::ErrorKind::AddrNotAvailable
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[tokio::test]
    async fn addresses_share_a_port_and_missing_ones_are_passed_over() {
        let home = IpAddr::from(Ipv4Addr::LOCALHOST);
        let elsewhere = IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        let bound = listen(&[home, elsewhere], 0).unwrap();
        assert_eq!(bound.len(), 1);
        assert!(listen(&[elsewhere], 0).is_err());
        let port = bound[0].address().unwrap().port();
        let taken = listen(&[home], port).err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn a_stale_socket_is_taken_over_and_a_live_one_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dapr-x-http.socket");
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let listener = listen_at(path.clone()).unwrap();
        assert!(listen_at(path.clone()).is_err());
        assert_eq!(listener.path(), Some(path.as_path()));
        drop(listener);
        assert!(!path.exists());
    }
}

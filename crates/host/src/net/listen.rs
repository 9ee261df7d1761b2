//! Where callers connect: ports on several addresses, and Unix sockets.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use super::{
    folder::Folder,
    socket::{self, SocketFile},
};

/// Connections that may wait to be taken, as far as the kernel allows it.
const BACKLOG: u32 = 4_096;

/// Where callers connect.
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// The file before its listener: while it is there, somebody listens.
    Unix(SocketFile, UnixListener),
}

/// The connection of a caller.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    /// At a Unix socket: `name` in `folder`, with the permission bits `mode` or else those of this
    /// process. The file of one that nobody serves any more is replaced, and it goes with the
    /// listener.
    ///
    /// # Errors
    /// [`io::ErrorKind::AddrInUse`] if another process serves it, or may do so.
    pub(crate) async fn at(folder: &Folder, name: &str, mode: Option<u32>) -> io::Result<Self> {
        let (file, listener) = socket::bind(folder, name, mode, BACKLOG).await?;
        Ok(Self::Unix(file, listener))
    }

    pub(super) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are whole when they are written: nothing is won by waiting for more. It
                // fails where the caller has gone again.
                let _ = stream.set_nodelay(true);
                Ok(Stream::Tcp(stream))
            }
            Self::Unix(_, listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }

    /// The address, if it is one of a network.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix(..) => None,
        }
    }

    /// The path, if it is a Unix socket.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Tcp(_) => None,
            Self::Unix(file, _) => Some(file.path()),
        }
    }

    /// Whether only this machine reaches it, by a name that others may have made to mean it.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.address().map(|address| address.ip().to_canonical());
        address.is_some_and(|address| address.is_loopback())
    }
}

/// Binds the same port on each address; with the port 0, whatever the first is given. An address
/// that this machine does not have (often `::1`) is passed over if another is bound.
///
/// # Errors
/// If the port is in use on one of them, or none is bound.
pub(crate) fn listen(addresses: &[IpAddr], mut port: u16) -> io::Result<Vec<Listener>> {
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
    use std::{
        fs,
        net::{Ipv4Addr, Ipv6Addr},
        os::unix,
        time::Duration,
    };

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;
    use crate::net::folder::prepare;

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
    async fn what_is_written_is_sent_at_once() {
        let bound = listen(&[Ipv4Addr::LOCALHOST.into()], 0).unwrap();
        let connecting = TcpStream::connect(bound[0].address().unwrap());
        let (_caller, taken) = tokio::join!(connecting, bound[0].accept());
        let Stream::Tcp(stream) = taken.unwrap() else {
            panic!("it is a port");
        };
        assert!(stream.nodelay().unwrap());
    }

    // Nobody takes one of them meanwhile.
    #[tokio::test]
    async fn a_burst_of_a_thousand_connections_waits_at_a_port_and_at_a_socket() {
        let limit = getrlimit(Resource::Nofile);
        let current = limit.maximum;
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).unwrap();
        let kernel = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let burst = 1_000.min(kernel.trim().parse().unwrap());

        let bound = listen(&[Ipv4Addr::LOCALHOST.into()], 0).unwrap();
        let address = bound[0].address().unwrap();
        let patience = Duration::from_secs(10);
        let connect = |_| std::net::TcpStream::connect_timeout(&address, patience).unwrap();
        let waiting: Vec<_> = (0..burst).map(connect).collect();
        drop(waiting);

        let outer = tempfile::tempdir().unwrap();
        let folder = prepare(outer.path()).await.unwrap();
        let socket = Listener::at(&folder, "a.sock", None).await.unwrap();
        let path = socket.path().unwrap();
        let connect = |_| unix::net::UnixStream::connect(path).unwrap();
        let waiting: Vec<_> = (0..burst).map(connect).collect();
        assert_eq!(waiting.len(), burst);
    }
}

//! Ports on several addresses.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::TcpListener;

/// Binds the same port on each address; with the port 0, whatever the first is given. An address
/// that this machine does not have (often `::1`) is passed over if another is bound.
///
/// # Errors
/// If the port is in use on one of them, or none is bound.
pub async fn listen(addresses: &[IpAddr], mut port: u16) -> io::Result<Vec<TcpListener>> {
    let mut bound = Vec::new();
    let mut missing = None;
    for &address in addresses {
        match TcpListener::bind(SocketAddr::new(address, port)).await {
            Ok(listener) => {
                port = listener.local_addr()?.port();
                bound.push(listener);
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
        let bound = listen(&[home, elsewhere], 0).await.unwrap();
        assert_eq!(bound.len(), 1);
        assert!(listen(&[elsewhere], 0).await.is_err());
        let port = bound[0].local_addr().unwrap().port();
        let taken = listen(&[home], port).await.unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
    }
}

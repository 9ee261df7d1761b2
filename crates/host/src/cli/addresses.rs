//! Addresses to listen on, by number or by name.

use std::{convert::Infallible, io, net::IpAddr, str::FromStr};

use tokio::net::lookup_host;

/// An address, as daprd takes it: IPv6 in brackets too, or a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Number(IpAddr),
    Name(String),
}

impl FromStr for Address {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let bare = text.trim().trim_start_matches('[').trim_end_matches(']');
        let number = bare.parse().map(Self::Number);
        Ok(number.unwrap_or_else(|_| Self::Name(bare.to_owned())))
    }
}

/// What `addresses` are, each once.
///
/// # Errors
/// If a name means no address.
pub(super) async fn resolved(addresses: &[Address]) -> Result<Vec<IpAddr>, String> {
    let mut all = Vec::new();
    for address in addresses {
        let found = match address {
            Address::Number(number) => vec![*number],
            Address::Name(name) => by_name(name).await.map_err(|why| {
                format!("the address {name:?} to listen on: {why}; say one such as 127.0.0.1")
            })?,
        };
        all.extend(found);
    }
    let mut once: Vec<IpAddr> = Vec::new();
    for address in all {
        if !once.contains(&address) {
            once.push(address);
        }
    }
    Ok(once)
}

async fn by_name(name: &str) -> io::Result<Vec<IpAddr>> {
    let found: Vec<_> = lookup_host((name, 0)).await?.collect();
    if found.is_empty() {
        return Err(io::ErrorKind::AddrNotAvailable.into());
    }
    Ok(found.into_iter().map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_and_names_are_addresses() {
        let read = |text: &str| text.parse::<Address>().unwrap();
        let home: IpAddr = "127.0.0.1".parse().unwrap();
        let all = [read("[::1]"), read("127.0.0.1"), read("localhost")];
        let resolved = resolved(&all).await.unwrap();
        assert_eq!(resolved[..2], ["::1".parse().unwrap(), home]);
        let count = resolved.iter().filter(|it| **it == home).count();
        assert_eq!(count, 1);
        assert!(super::resolved(&[read("")]).await.is_err());
    }
}

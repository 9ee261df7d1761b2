//! `NO_PROXY`, as Go's programs read it, daprd among them
//! (<https://pkg.go.dev/golang.org/x/net/http/httpproxy>).

use std::net::IpAddr;

/// Which hosts are reached without the proxy.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    All,
    /// An address, on one port or any.
    Address(IpAddr, Option<u16>),
    /// All addresses whose first bits are these.
    Network(IpAddr, u8),
    Name {
        /// Starts with a dot.
        suffix: String,
        /// Whether the name without the dot is meant too.
        itself: bool,
        port: Option<u16>,
    },
}

impl NoProxy {
    /// Entries separated by commas; those that say nothing are passed over.
    pub(super) fn parse(text: &str) -> Self {
        Self(text.split(',').filter_map(Entry::parse).collect())
    }

    /// Whether nothing is left for the proxy.
    pub(super) fn covers_all(&self) -> bool {
        self.0.contains(&Entry::All)
    }

    /// Whether `host` (an IPv6 address may stand in brackets) is reached without the proxy on
    /// `port`. This machine always is.
    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        let host = bare(host).to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok().map(|it| it.to_canonical());
        if host == "localhost" || address.is_some_and(|it| it.is_loopback()) {
            return true;
        }
        self.0
            .iter()
            .any(|entry| entry.covers(&host, address, port))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse())
        {
            return (bits <= width(address)).then_some(Self::Network(address, bits));
        }
        let (host, port) = split_port(&text)?;
        if let Ok(address) = bare(host).parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical(), port));
        }
        let host = match host.strip_prefix('*') {
            Some(below) if below.starts_with('.') => below,
            _ => host,
        };
        if host.is_empty() {
            return None;
        }
        let itself = !host.starts_with('.');
        let suffix = if itself {
            format!(".{host}")
        } else {
            host.to_owned()
        };
        Some(Self::Name {
            suffix,
            itself,
            port,
        })
    }

    fn covers(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        let here = |wanted: &Option<u16>| wanted.is_none_or(|wanted| wanted == port);
        match self {
            Self::All => true,
            Self::Address(known, wanted) => address == Some(*known) && here(wanted),
            Self::Network(network, bits) => {
                address.is_some_and(|address| within(address, *network, *bits))
            }
            Self::Name {
                suffix,
                itself,
                port,
            } => {
                let named = host.ends_with(suffix) || *itself && host == &suffix[1..];
                named && here(port)
            }
        }
    }
}

/// `HOST:PORT`, `[ADDRESS]:PORT`, or no port. `None` where the port is none that can be reached.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let is_address = text.parse::<IpAddr>().is_ok();
    match text.rsplit_once(':').filter(|_| !is_address) {
        Some((host, _)) if host.starts_with('[') && !host.ends_with(']') => Some((text, None)),
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}

fn bare(host: &str) -> &str {
    let inner = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(host)
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let first = |value: u128, width: u32| {
        let rest = width - u32::from(bits);
        value.checked_shr(rest).unwrap_or(0)
    };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let value = |it: std::net::Ipv4Addr| first(it.to_bits().into(), 32);
            value(address) == value(network)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            first(address.to_bits(), 128) == first(network.to_bits(), 128)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_mean_what_they_mean_to_go() {
        for (text, host, port, covered) in [
            ("*", "a.example", 443, true),
            ("*", "10.0.0.1", 443, true),
            ("x, *", "a.example", 443, true),
            ("a.example", "a.example", 443, true),
            ("a.example", "A.Example", 8443, true),
            ("a.example", "b.a.example", 443, true),
            ("a.example", "ba.example", 443, false),
            (" A.example ,", "a.example", 443, true),
            (".a.example", "b.a.example", 443, true),
            (".a.example", "a.example", 443, false),
            ("*.a.example", "b.a.example", 443, true),
            ("*.a.example", "a.example", 443, false),
            ("*a.example", "a.example", 443, false),
            ("a.example:443", "a.example", 443, true),
            ("a.example:443", "a.example", 8443, false),
            ("*.a.example:8443", "b.a.example", 8443, true),
            ("10.0.0.1", "10.0.0.1", 443, true),
            ("10.0.0.1:8443", "10.0.0.1", 443, false),
            ("10.0.0.0/8", "10.200.3.4", 443, true),
            ("10.0.0.0/8", "11.0.0.1", 443, false),
            ("10.1.2.3/8", "10.9.9.9", 443, true),
            ("0.0.0.0/0", "192.0.2.1", 443, true),
            ("0.0.0.0/0", "a.example", 443, false),
            ("10.0.0.0/8", "10.example", 443, false),
            ("10.0.0.0/33", "10.0.0.1", 443, false),
            ("2001:db8::/32", "[2001:db8::1]", 443, true),
            ("2001:db8::/32", "[2001:db9::1]", 443, false),
            ("2001:db8::1", "2001:db8::1", 443, true),
            ("[2001:db8::1]", "[2001:db8::1]", 443, true),
            ("[2001:db8::1]:443", "[2001:db8::1]", 443, true),
            ("[2001:db8::1]:443", "[2001:db8::1]", 8443, false),
            ("", "a.example", 443, false),
            (",:443,", "a.example", 443, false),
        ] {
            let list = NoProxy::parse(text);
            assert_eq!(list.covers(host, port), covered, "{text} for {host}:{port}");
        }
    }

    #[test]
    fn this_machine_is_never_reached_through_a_proxy() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "[::1]"] {
            assert!(NoProxy::default().covers(host, 443), "{host}");
        }
        assert!(!NoProxy::default().covers("localhost.example", 443));
    }
}

//! The HTTP proxy: its URL, what goes through it, and its tunnel to an origin.

use std::{error::Error, fmt, io};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Uri;
use percent_encoding::percent_decode_str;
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zeroize::Zeroizing;

use super::{
    no_proxy::NoProxy,
    origin::{is_host, port_number},
};

/// How long the head of a proxy's answer may be.
const MAX_HEAD: usize = 16 << 10;

/// The proxy for `https` origins. Its `Debug` leaves the password out.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// The value of `Proxy-Authorization`.
    authorization: Option<Zeroizing<String>>,
    exceptions: NoProxy,
}

/// A proxy that cannot be used. Its URL is not shown: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidProxy {
    /// Its URL begins with `https://`.
    #[error(
        "a proxy that is itself reached over https is not supported: say http://HOST:PORT, where \
         it also speaks plain HTTP; what goes through it is encrypted all the same"
    )]
    Https,
    /// Its URL begins with another scheme, such as `socks5://`.
    #[error("only HTTP proxies are supported: say http://HOST:PORT")]
    Scheme,
    /// Nothing that names a host.
    #[error("it names no proxy: say http://[USER:PASSWORD@]HOST[:PORT]")]
    Url,
}

impl Proxy {
    /// The proxy that `HTTPS_PROXY` and `NO_PROXY` name; `None` if nothing would go through it.
    pub(super) fn parse(url: &str, exceptions: &str) -> Result<Option<Self>, InvalidProxy> {
        let exceptions = NoProxy::parse(exceptions);
        if exceptions.covers_all() {
            return Ok(None);
        }
        let rest = match url.trim().split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => {
                return Err(InvalidProxy::Https);
            }
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                return Err(InvalidProxy::Scheme);
            }
            // A password may hold anything.
            _ => url.trim(),
        };
        // What stands before the last @ is the user's, so that a password may hold one, and a /.
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let place = place.split(['/', '?', '#']).next().unwrap_or_default();
        let after_bracket = place.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match place[after_bracket..].find(':') {
            Some(at) => {
                let (host, port) = place.split_at(after_bracket + at);
                (host, port_number(&port[1..]).ok_or(InvalidProxy::Url)?)
            }
            None => (place, 80),
        };
        if !is_host(host) {
            return Err(InvalidProxy::Url);
        }
        Ok(Some(Self {
            host: host.to_owned(),
            port,
            authorization: user.map(authorization),
            exceptions,
        }))
    }

    /// Whether a connection to `origin` goes through it.
    pub(super) fn is_for(&self, origin: &Uri) -> bool {
        origin.scheme_str() == Some("https")
            && origin.host().is_some_and(|host| {
                !self
                    .exceptions
                    .covers(host, origin.port_u16().unwrap_or(443))
            })
    }

    /// Asks on `stream`, a connection to the proxy, for a tunnel to `target` (`HOST:PORT`).
    pub(super) async fn tunnel(
        &self,
        stream: &mut TcpStream,
        target: &str,
    ) -> Result<(), TunnelError> {
        let mut request =
            Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some(authorization) = &self.authorization {
            request.push_str("Proxy-Authorization: ");
            request.push_str(authorization);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await?;
        match status(&head(stream).await?) {
            Some(200..=299) => Ok(()),
            Some(status) => Err(TunnelError::Status(status)),
            None => Err(TunnelError::NotHttp),
        }
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why there is no tunnel.
#[derive(Debug)]
pub(super) enum TunnelError {
    /// The proxy refused.
    Status(u16),
    NotHttp,
    Broken(io::Error),
}

impl From<io::Error> for TunnelError {
    fn from(why: io::Error) -> Self {
        Self::Broken(why)
    }
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(407) => {
                f.write_str("answered 407: it wants a user and a password, or others (HTTPS_PROXY)")
            }
            Self::Status(403) => f.write_str("answered 403: it lets nobody reach this origin"),
            Self::Status(status) => write!(f, "answered {status} and made no tunnel"),
            Self::NotHttp => f.write_str("answered with what is not HTTP"),
            Self::Broken(_) => f.write_str("broke the connection off"),
        }
    }
}

impl Error for TunnelError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(why) => Some(why),
            _ => None,
        }
    }
}

/// `USER:PASSWORD`, percent-encoded or as it is.
fn authorization(user: &str) -> Zeroizing<String> {
    let plain = Zeroizing::new(percent_decode_str(user).collect::<Vec<u8>>());
    let with_colon = if plain.contains(&b':') { "" } else { ":" };
    let pair = Zeroizing::new([&plain, with_colon.as_bytes()].concat());
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(&*pair));
    Zeroizing::new(format!("Basic {}", &*encoded))
}

/// Reads byte for byte: what follows the head is the tunnel's.
async fn head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD {
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}

/// Of `HTTP/1.1 200 OK`.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.")?.get(1..)?;
    let digits = rest.strip_prefix(b" ")?.get(..3)?;
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_as_people_write_it() {
        for (url, place, user) in [
            ("http://proxy.example:3128", "proxy.example:3128", None),
            ("proxy.example:3128", "proxy.example:3128", None),
            ("HTTP://proxy.example/", "proxy.example:80", None),
            ("http://[::1]:3128", "[::1]:3128", None),
            ("http://u:p@proxy.example", "proxy.example:80", Some("u:p")),
            ("http://u@proxy.example", "proxy.example:80", Some("u:")),
            (
                "http://u:p@ss@proxy.example:1",
                "proxy.example:1",
                Some("u:p@ss"),
            ),
            (
                "http://u:p%40s%2fs@proxy.example:1",
                "proxy.example:1",
                Some("u:p@s/s"),
            ),
            (
                "http://u:p/s@proxy.example:1",
                "proxy.example:1",
                Some("u:p/s"),
            ),
            (
                "u:p://s@proxy.example:1",
                "proxy.example:1",
                Some("u:p://s"),
            ),
        ] {
            let proxy = Proxy::parse(url, "").unwrap().unwrap();
            assert_eq!(proxy.to_string(), place, "{url}");
            let expected = user.map(|user| format!("Basic {}", BASE64_STANDARD.encode(user)));
            let given = proxy.authorization.as_deref();
            assert_eq!(given, expected.as_ref(), "{url}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_with_the_reason_unless_nothing_would_use_it() {
        for (url, why) in [
            ("https://proxy.example", InvalidProxy::Https),
            ("socks5://proxy.example", InvalidProxy::Scheme),
            ("http://", InvalidProxy::Url),
            ("http://proxy.example:0", InvalidProxy::Url),
            ("http://user:s3cr3t@", InvalidProxy::Url),
            ("a b", InvalidProxy::Url),
        ] {
            assert_eq!(Proxy::parse(url, "").err(), Some(why), "{url}");
            assert!(Proxy::parse(url, "a.example,*").unwrap().is_none(), "{url}");
        }
    }

    #[test]
    fn https_goes_through_it_but_for_the_exceptions() {
        let proxy = Proxy::parse("proxy.example", "b.example:443")
            .unwrap()
            .unwrap();
        for (origin, through) in [
            ("https://a.example", true),
            ("http://a.example", false),
            ("https://b.example", false),
            ("https://b.example:8443", true),
            ("https://localhost:8443", false),
        ] {
            assert_eq!(proxy.is_for(&origin.parse().unwrap()), through, "{origin}");
        }
    }

    #[test]
    fn the_status_is_read_from_the_first_line() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for bad in [&b"HTTP/2 200\r\n"[..], b"", b"HTTP/1.1 2x0\r\n", b"SSH-2.0"] {
            assert_eq!(status(bad), None);
        }
    }
}

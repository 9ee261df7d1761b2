//! One reading of scheme, host and port, for allow-list entries, endpoints and requests alike.

use std::fmt;

use http::{Uri, uri::Scheme};
use thiserror::Error;

/// Scheme, host and port of what is reached over HTTP (RFC 6454).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(super) https: bool,
    /// In lower case; an IPv6 address in brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

/// Text that names no origin. It is not shown: a key may have slipped into the wrong place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("it is no origin: write [http[s]://]HOST[:PORT]")]
pub struct InvalidOrigin;

impl Origin {
    /// Reads `[SCHEME://]HOST[:PORT]`, with nothing or a path behind it. The scheme, in any case, is
    /// `https` where there is none, and the port its own.
    ///
    /// # Errors
    /// [`InvalidOrigin`].
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let written = Written::parse(text.trim()).ok_or(InvalidOrigin)?;
        let rest_is_path = |rest: &str| rest.is_empty() || rest.starts_with('/');
        if !rest_is_path(written.rest) || !is_host(written.host) {
            return Err(InvalidOrigin);
        }
        let port = match written.port {
            None => default_port(written.https),
            Some(port) => port_number(port).ok_or(InvalidOrigin)?,
        };
        Ok(Self {
            https: written.https,
            host: written.host.to_ascii_lowercase(),
            port,
        })
    }

    /// Where a request to `uri` goes; `None` if that is not one place over HTTP: another scheme, no
    /// host, or user information that may be mistaken for one.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme()? {
            scheme if *scheme == Scheme::HTTPS => true,
            scheme if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        Some(Self {
            https,
            host: authority.host().to_ascii_lowercase(),
            port: authority.port_u16().unwrap_or(default_port(https)),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == default_port(self.https) {
            return Ok(());
        }
        write!(f, ":{}", self.port)
    }
}

/// The parts of an origin as they were written, not yet judged.
pub(super) struct Written<'a> {
    pub(super) https: bool,
    pub(super) host: &'a str,
    /// What follows the colon.
    pub(super) port: Option<&'a str>,
    /// A path, a query, a fragment.
    pub(super) rest: &'a str,
}

impl<'a> Written<'a> {
    /// `None` if the scheme is one that no request can have.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (https, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some(_) => return None,
            None => (true, text),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        // In [::1]:80 only a colon after the bracket separates a port.
        let after_bracket = authority.rfind(']').map_or(0, |at| at + 1);
        let colon = authority[after_bracket..].find(':');
        let (host, port) = match colon {
            Some(at) => {
                let (host, port) = authority.split_at(after_bracket + at);
                (host, Some(&port[1..]))
            }
            None => (authority, None),
        };
        Some(Self {
            https,
            host,
            port,
            rest,
        })
    }
}

/// Whether `text` may be a host's name or address. Whether it is one, connecting will show.
pub(super) fn is_host(text: &str) -> bool {
    let ipv6 = text.starts_with('[') && text.ends_with(']');
    let mark = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '.' | '_')
            || ipv6 && matches!(c, ':' | '[' | ']')
    };
    !text.is_empty() && !text.starts_with('.') && text.chars().all(mark)
}

/// A port that a request can go to.
pub(super) fn port_number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

pub(super) fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_the_same_however_it_is_written() {
        for (text, origin) in [
            (" https://a.example ", "https://a.example"),
            ("HTTP://LocalHost:18080", "http://localhost:18080"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("a.example/path", "https://a.example"),
            ("a.example:443", "https://a.example"),
            ("http://[::1]:80/x?y", "http://[::1]"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), origin, "{text}");
            let uri = format!("{origin}/some/path").parse().unwrap();
            assert_eq!(Origin::of(&uri), Origin::parse(text).ok(), "{text}");
        }
    }

    #[test]
    fn what_names_no_origin_is_refused_and_not_quoted() {
        for text in [
            "",
            "https://",
            "ftp://x",
            "x:0",
            "x:99999",
            "x:",
            "user@x",
            "x?y",
            "a b",
            "*.x",
            "[::1",
            "unix:/s3cr3t",
        ] {
            let refused = Origin::parse(text).unwrap_err();
            assert!(!refused.to_string().contains("s3cr3t"), "{text}");
        }
        for uri in ["https://user@a.example/", "htp://a.example/", "/path"] {
            assert_eq!(Origin::of(&uri.parse().unwrap()), None, "{uri}");
        }
    }
}

//! Which origins a component may reach.

use http::Uri;
use thiserror::Error;

use super::origin::{Origin, Written, default_port, is_host, port_number};

/// Origins a component may reach; empty allows none.
#[derive(Clone, Debug, Default)]
pub(super) struct AllowList(Vec<Pattern>);

/// An allow-list entry that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} allows nothing: write [SCHEME://]HOST[:PORT], for example \
     https://ssm.example.com, https://*.example.com or http://127.0.0.1:*"
)]
pub struct InvalidPattern(String);

/// An origin in which the left part of the host and the port may be left open.
#[derive(Clone, Debug)]
struct Pattern {
    https: bool,
    host: Host,
    /// `None` is any port.
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Host {
    Exactly(String),
    /// Every name that ends in this, which starts with a dot.
    Below(String),
}

impl AllowList {
    /// Adds what is written in an option.
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), InvalidPattern> {
        let parsed = Pattern::parse(pattern).ok_or_else(|| InvalidPattern(pattern.to_owned()))?;
        self.0.push(parsed);
        Ok(())
    }

    /// Adds one origin.
    pub(super) fn add_origin(&mut self, origin: &Origin) {
        self.0.push(Pattern {
            https: origin.https,
            host: Host::Exactly(origin.host.clone()),
            port: Some(origin.port),
        });
    }

    /// Whether a request to `uri` may be sent.
    pub(super) fn allows(&self, uri: &Uri) -> bool {
        Origin::of(uri).is_some_and(|origin| self.has(&origin))
    }

    /// Whether `origin` is in it.
    pub(super) fn has(&self, origin: &Origin) -> bool {
        self.0.iter().any(|it| it.matches(origin))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let written = Written::parse(text).filter(|written| written.rest.is_empty())?;
        let port = match written.port {
            None => Some(default_port(written.https)),
            Some("*") => None,
            Some(port) => Some(port_number(port)?),
        };
        let (below, name) = match written.host.strip_prefix('*') {
            Some(suffix) => (true, suffix.strip_prefix('.')?),
            None => (false, written.host),
        };
        if !is_host(name) || below && name.starts_with('[') {
            return None;
        }
        let name = name.to_ascii_lowercase();
        Some(Self {
            https: written.https,
            host: if below {
                Host::Below(format!(".{name}"))
            } else {
                Host::Exactly(name)
            },
            port,
        })
    }

    fn matches(&self, origin: &Origin) -> bool {
        self.https == origin.https
            && self.port.is_none_or(|port| port == origin.port)
            && match &self.host {
                Host::Exactly(name) => *name == origin.host,
                Host::Below(suffix) => {
                    origin.host.ends_with(suffix) && origin.host.len() > suffix.len()
                }
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, uri: &str) -> bool {
        let mut list = AllowList::default();
        list.add(pattern).unwrap();
        list.allows(&uri.parse().unwrap())
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let uri = "https://ssm.example.com/".parse().unwrap();
        assert!(!AllowList::default().allows(&uri));
    }

    #[test]
    fn an_origin_allows_itself_and_nothing_beside_it() {
        let pattern = "https://ssm.example.com";
        for (uri, allowed) in [
            ("https://ssm.example.com/", true),
            ("https://SSM.example.com:443/x", true),
            ("http://ssm.example.com/", false),
            ("https://ssm.example.com:444/", false),
            ("https://xssm.example.com/", false),
            ("https://ssm.example.com.evil.example/", false),
            ("https://ssm.example.com@evil.example/", false),
            ("https://user@ssm.example.com/", false),
        ] {
            assert_eq!(allows(pattern, uri), allowed, "{uri}");
        }
        assert!(allows("ssm.example.com", "https://ssm.example.com/"));
    }

    #[test]
    fn a_wildcard_stands_for_names_below_and_for_any_port() {
        let pattern = "https://*.example.com";
        assert!(allows(pattern, "https://ssm.intl.example.com/"));
        assert!(!allows(pattern, "https://example.com/"));
        assert!(!allows(pattern, "https://evilexample.com/"));
        assert!(allows("http://127.0.0.1:*", "http://127.0.0.1:41234/"));
        assert!(allows("http://[::1]:80", "http://[::1]/"));
        assert!(!allows("http://127.0.0.1:*", "http://127.0.0.2:41234/"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for pattern in [
            "",
            "*",
            "*.",
            "https://",
            "ftp://x",
            "https://x/y",
            "https://a*b",
            "x:0",
            "x:99999",
            "x:y",
            "https://*.*.com",
            "https://.x",
            "user@x",
            "[::1",
            "*.[::1]",
        ] {
            let mut list = AllowList::default();
            assert!(list.add(pattern).is_err(), "{pattern}");
        }
    }
}

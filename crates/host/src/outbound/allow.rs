//! Which origins a component may reach.

use http::{Uri, uri::Scheme};
use thiserror::Error;

/// Origins a component may reach; empty allows none.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowList(Vec<Pattern>);

/// An allow-list entry that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{0:?} allows nothing: write [SCHEME://]HOST[:PORT], for example \
     https://ssm.tencentcloudapi.com, https://*.tencentcloudapi.com or http://127.0.0.1:*"
)]
pub struct InvalidPattern(String);

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
    /// Adds an origin.
    pub(crate) fn add(&mut self, pattern: &str) -> Result<(), InvalidPattern> {
        let parsed = Pattern::parse(pattern).ok_or_else(|| InvalidPattern(pattern.to_owned()))?;
        self.0.push(parsed);
        Ok(())
    }

    /// Whether a request to `uri` may be sent.
    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        let https = uri.scheme() == Some(&Scheme::HTTPS);
        let Some(authority) = uri.authority() else {
            return false;
        };
        if authority.as_str().contains('@') {
            return false;
        }
        let host = authority.host().to_ascii_lowercase();
        let port = authority.port_u16().unwrap_or(default_port(https));
        self.0.iter().any(|pattern| {
            pattern.https == https
                && pattern.port.is_none_or(|allowed| allowed == port)
                && match &pattern.host {
                    Host::Exactly(name) => *name == host,
                    Host::Below(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
                }
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (https, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some(_) => return None,
            None => (true, text),
        };
        let after_bracket = rest.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match rest[after_bracket..].find(':') {
            Some(at) => rest.split_at(after_bracket + at),
            None => (rest, ""),
        };
        let port = match port {
            "" => Some(default_port(https)),
            ":*" => None,
            _ => Some(port[1..].parse().ok().filter(|port| *port != 0)?),
        };
        let (below, name) = match host.strip_prefix('*') {
            Some(suffix) => (true, suffix.strip_prefix('.')?),
            None => (false, host),
        };
        let ipv6 = name.starts_with('[') && name.ends_with(']') && !below;
        let mark = |c: char| {
            c.is_ascii_alphanumeric()
                || c == '-'
                || c == '.'
                || ipv6 && matches!(c, ':' | '[' | ']')
        };
        if name.is_empty() || name.starts_with('.') || !name.chars().all(mark) {
            return None;
        }
        let name = name.to_ascii_lowercase();
        let host = if below {
            Host::Below(format!(".{name}"))
        } else {
            Host::Exactly(name)
        };
        Some(Self { https, host, port })
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
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
        let uri = "https://ssm.tencentcloudapi.com/".parse().unwrap();
        assert!(!AllowList::default().allows(&uri));
    }

    #[test]
    fn an_origin_allows_itself_and_nothing_beside_it() {
        let pattern = "https://ssm.tencentcloudapi.com";
        for (uri, allowed) in [
            ("https://ssm.tencentcloudapi.com/", true),
            ("https://SSM.tencentcloudapi.com:443/x", true),
            ("http://ssm.tencentcloudapi.com/", false),
            ("https://ssm.tencentcloudapi.com:444/", false),
            ("https://xssm.tencentcloudapi.com/", false),
            ("https://ssm.tencentcloudapi.com.evil.example/", false),
            ("https://ssm.tencentcloudapi.com@evil.example/", false),
            ("https://user@ssm.tencentcloudapi.com/", false),
        ] {
            assert_eq!(allows(pattern, uri), allowed, "{uri}");
        }
        assert!(allows(
            "ssm.tencentcloudapi.com",
            "https://ssm.tencentcloudapi.com/"
        ));
    }

    #[test]
    fn a_wildcard_stands_for_names_below_and_for_any_port() {
        let pattern = "https://*.tencentcloudapi.com";
        assert!(allows(pattern, "https://ssm.intl.tencentcloudapi.com/"));
        assert!(!allows(pattern, "https://tencentcloudapi.com/"));
        assert!(!allows(pattern, "https://eviltencentcloudapi.com/"));
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

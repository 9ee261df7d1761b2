//! Under which names callers may reach a listener. A page in a browser that makes its own name mean
//! 127.0.0.1 still sends that name.

use std::{net::IpAddr, sync::Arc};

use axum::{body::Body, response::Response};
use dapr_secrets_api::{Answer, ApiError};
use http::{HeaderMap, HeaderValue, Request, Version, header::HOST, uri::Authority};

use super::{grpc, http::response};

/// Lets requests of one listener in.
#[derive(Clone)]
pub(super) struct Gate {
    /// The names beside addresses and `localhost`; `None` takes every name.
    names: Option<Arc<[String]>>,
    protocol: Protocol,
}

/// How a request is refused.
#[derive(Clone, Copy)]
pub(super) enum Protocol {
    Http,
    Grpc,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Malformed(&'static str),
    Name(String),
}

impl Gate {
    /// Lets in what asks for an address, `localhost` or one of `names`.
    pub(super) fn named(protocol: Protocol, names: &Arc<[String]>) -> Self {
        let names = Some(Arc::clone(names));
        Self { names, protocol }
    }

    /// Lets in every name.
    pub(super) fn open(protocol: Protocol) -> Self {
        Self {
            names: None,
            protocol,
        }
    }

    /// The answer for a request that is not let in.
    pub(super) fn refuses<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let authority = request.uri().authority();
        let refusal = self.refusal(request.version(), authority, request.headers())?;
        Some(match (refusal, self.protocol) {
            (Refusal::Malformed(why), _) => response(Answer::bad_request(why)),
            (Refusal::Name(name), Protocol::Http) => response(ApiError::unknown_host(&name).into()),
            (Refusal::Name(name), Protocol::Grpc) => {
                grpc::status(&ApiError::unknown_host(&name)).into_http()
            }
        })
    }

    fn refusal(
        &self,
        version: Version,
        authority: Option<&Authority>,
        headers: &HeaderMap,
    ) -> Option<Refusal> {
        let mut hosts = headers.get_all(HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Some(Refusal::Malformed("too many Host headers"));
        }
        if host.is_none() && version == Version::HTTP_11 {
            return Some(Refusal::Malformed("missing required Host header"));
        }
        let mut asked: Vec<&str> = authority.map(Authority::host).into_iter().collect();
        let parsed = host.map(|host| Authority::try_from(host.as_bytes()));
        match &parsed {
            Some(Ok(host)) => asked.push(host.host()),
            Some(Err(_)) if host.is_some_and(HeaderValue::is_empty) => asked.push(""),
            Some(Err(_)) => return Some(Refusal::Malformed("malformed Host header")),
            None => {}
        }
        let names = self.names.as_ref()?;
        let stranger = asked.into_iter().find(|name| !is_ours(name, names))?;
        Some(Refusal::Name(stranger.to_owned()))
    }
}

/// Whether no one else can make `host` mean this machine.
fn is_ours(host: &str, names: &[String]) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let mut ours = names.iter().map(String::as_str).chain(["localhost"]);
    ours.any(|it| it.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(gate: &Gate, version: Version, authority: &str, hosts: &[&str]) -> Option<Refusal> {
        let authority = Authority::try_from(authority).ok();
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        gate.refusal(version, authority.as_ref(), &headers)
    }

    #[test]
    fn only_names_that_are_surely_ours_are_let_in() {
        let names: Arc<[String]> = Arc::new(["dapr.internal".to_owned()]);
        let gate = Gate::named(Protocol::Http, &names);
        for host in [
            "127.0.0.1",
            "127.0.0.1:3500",
            "[::1]:3500",
            "[::1]",
            "10.1.2.3",
            "localhost",
            "LOCALHOST:3500",
            "localhost.",
            "Dapr.Internal:80",
        ] {
            assert_eq!(
                refusal(&gate, Version::HTTP_11, "", &[host]),
                None,
                "{host}"
            );
            assert_eq!(refusal(&gate, Version::HTTP_2, host, &[]), None, "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "dapr.internal.evil.example",
            "evil.example:3500",
        ] {
            let refused = |version, authority: &str, hosts: &[&str]| {
                let refusal = refusal(&gate, version, authority, hosts);
                assert!(matches!(refusal, Some(Refusal::Name(_))), "{host}");
            };
            refused(Version::HTTP_11, "", &[host]);
            refused(Version::HTTP_2, host, &[]);
            // One good name does not open the gate for the other.
            refused(Version::HTTP_11, host, &["localhost"]);
            refused(Version::HTTP_2, "localhost", &[host]);
        }
        assert!(refusal(&gate, Version::HTTP_11, "", &[""]).is_some());
    }

    #[test]
    fn a_host_is_said_once() {
        let gate = Gate::open(Protocol::Http);
        let refusal = |version, hosts: &[&str]| refusal(&gate, version, "", hosts);
        assert_eq!(refusal(Version::HTTP_11, &["any.example"]), None);
        assert_eq!(refusal(Version::HTTP_10, &[]), None);
        assert!(refusal(Version::HTTP_11, &[]).is_some());
        assert!(refusal(Version::HTTP_11, &["a", "a"]).is_some());
        assert!(refusal(Version::HTTP_11, &["a b"]).is_some());
        assert_eq!(refusal(Version::HTTP_11, &[""]), None);
    }
}

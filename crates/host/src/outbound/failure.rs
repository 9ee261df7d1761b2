//! Why a request got no answer: what the component is told, and what the log says.

use std::{
    error::Error as StdError,
    io::{self, ErrorKind},
};

use http::Uri;
use hyper_util::client::legacy;
use rustls::CertificateError;
use wasmtime_wasi_http::Error;

use super::connect::ConnectError;

/// What became of a request instead of an answer.
#[derive(Debug)]
pub(super) struct Failure {
    /// What the component is told: the variant of WASI that says it, or a sentence where there is
    /// none.
    pub(super) code: Error,
    /// One line: the step that failed, what was tried, and all that is known of why. Nothing of
    /// the request is in it but its origin.
    pub(super) cause: String,
}

impl Failure {
    /// What `error`, of a request to `uri`, means.
    pub(super) fn of(error: &legacy::Error, uri: &Uri) -> Self {
        let found = sources(error).find_map(|it| it.downcast_ref::<ConnectError>());
        match found {
            Some(connecting) => Self {
                code: connect_code(connecting),
                cause: match sentence(connecting) {
                    Some(sentence) => format!("{sentence} ({})", chain(connecting)),
                    None => chain(connecting),
                },
            },
            None => exchange(error, uri),
        }
    }
}

/// `error` and all that it comes from, in one line.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    for source in sources(error) {
        let text = source.to_string();
        // Some repeat what is inside them.
        if said.last().is_none_or(|last| !last.contains(&text)) {
            said.push(text);
        }
    }
    said.join(": ")
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    // `it.source()` would be the reference's, and no longer than it.
    std::iter::successors(Some(error), |it| (*it).source())
}

/// Of a request that had a connection.
fn exchange(error: &legacy::Error, uri: &Uri) -> Failure {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let all = chain(error);
    let http = sources(error).find_map(|it| it.downcast_ref::<hyper::Error>());
    if http.is_some_and(hyper::Error::is_parse) {
        let (code, hint) = if uri.scheme_str() == Some("http") {
            let sentence = format!(
                "{authority} does not answer in HTTP: if its port is one for TLS, say https://"
            );
            (Error::InternalError(Some(sentence.clone())), sentence)
        } else {
            let sentence = format!("{authority} does not answer in HTTP");
            (Error::HttpProtocolError, sentence)
        };
        let cause = format!("{hint} ({all})");
        return Failure { code, cause };
    }
    Failure {
        code: Error::ConnectionTerminated,
        cause: format!("the connection to {authority} ended before an answer came: {all}"),
    }
}

fn connect_code(error: &ConnectError) -> Error {
    if let Some(sentence) = sentence(error) {
        return Error::InternalError(Some(sentence));
    }
    match error {
        ConnectError::Resolve { why, .. } => Error::DnsError {
            rcode: Some(why.to_string()),
            info_code: None,
        },
        ConnectError::Late { .. } => Error::ConnectionTimeout,
        ConnectError::Tcp { why, .. } => {
            let io = sources(&**why).find_map(|it| it.downcast_ref::<io::Error>());
            match io.map(io::Error::kind) {
                Some(ErrorKind::TimedOut) => Error::ConnectionTimeout,
                Some(ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
                Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                    Error::DestinationIpUnroutable
                }
                _ => Error::DestinationUnavailable,
            }
        }
        ConnectError::Tls { why, .. } => match tls_error(why) {
            Some(rustls::Error::AlertReceived(alert)) => Error::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: Some(format!("{alert:?}")),
            },
            _ => Error::TlsProtocolError,
        },
        ConnectError::Proxy(_) | ConnectError::Tunnel { .. } => Error::DestinationUnavailable,
    }
}

/// Where WASI's variants say too little for anybody to mend it.
fn sentence(error: &ConnectError) -> Option<String> {
    match error {
        ConnectError::Proxy(_) | ConnectError::Tunnel { .. } => Some(error.to_string()),
        ConnectError::Tls { place, why } => match tls_error(why)? {
            rustls::Error::InvalidCertificate(why) => {
                Some(format!("TLS with {place} failed: {}", certificate(why)))
            }
            rustls::Error::InvalidMessage(_) => Some(format!(
                "TLS with {place} failed: it does not answer in TLS; if its port is one for plain \
                 HTTP, say http://"
            )),
            _ => None,
        },
        _ => None,
    }
}

/// What is wrong with a certificate, and what helps.
fn certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this machine's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "its certificate is of an authority that this host does \
                                            not trust; give the authority's with --extra-ca"
            .to_owned(),
        CertificateError::BadSignature => "its certificate is not signed by the authority that it \
                                           names, as this host knows it; give the right one with \
                                           --extra-ca"
            .to_owned(),
        // It has no variant of its own.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is its own authority (CA:TRUE, as `openssl req -x509` makes it), which \
             is refused; make one with basicConstraints=CA:FALSE, or sign one by an authority"
                .to_owned()
        }
        other => format!("its certificate is refused: {other}"),
    }
}

/// TLS wraps its errors in I/O's, and `source` of those leaves out the one right inside.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| {
        let nested = inner.downcast_ref::<io::Error>();
        nested.and_then(tls_error)
    })
}

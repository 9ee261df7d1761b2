//! What a runtime's errors mean for the user.
//!
//! Runtimes differ in the finer variants (wasmtime 48 reports every failure to connect as
//! `connection-refused`, an unknown name too), so nothing but words is decided by them.

use alloc::borrow::ToOwned;

use ssm::{Request, Step, TransportError};
use wasi::http::types::ErrorCode;

/// Why there is no answer to `request`.
pub(crate) fn explain(code: ErrorCode, request: &Request<'_>) -> TransportError {
    use ErrorCode::*;
    let (step, reason) = match code {
        HttpRequestDenied => return refused(DENIED, request),
        DestinationIpProhibited => return refused(BLOCKED, request),
        InternalError(Some(text)) if is_deny_adapter(&text) => return refused(ALONE, request),
        // The runtime's own words, which the client shortens and cleans.
        InternalError(Some(text)) => return TransportError::Failed(Step::Unknown, text),
        DnsError(error) => {
            return TransportError::Failed(Step::Resolve, error.rcode.unwrap_or_default());
        }
        TlsAlertReceived(alert) => {
            return TransportError::Failed(Step::Tls, alert.alert_message.unwrap_or_default());
        }
        DnsTimeout => return TransportError::TimedOut(Step::Resolve),
        ConnectionTimeout => return TransportError::TimedOut(Step::Connect),
        ConnectionReadTimeout | ConnectionWriteTimeout | HttpResponseTimeout => {
            return TransportError::TimedOut(Step::Answer);
        }
        HttpRequestUriInvalid
        | HttpRequestUriTooLong
        | HttpRequestHeaderSectionSize(_)
        | HttpRequestHeaderSize(_)
        | HttpRequestBodySize(_)
        | HttpRequestLengthRequired
        | HttpRequestMethodInvalid => return invalid("the runtime refuses it"),
        HttpResponseBodySize(_) => return TransportError::BodyTooLarge,
        DestinationNotFound => (Step::Resolve, ""),
        ConnectionRefused => (
            Step::Connect,
            "refused (some runtimes say so of an unknown name as well)",
        ),
        DestinationUnavailable => (Step::Connect, ""),
        DestinationIpUnroutable => (Step::Connect, "there is no route to it"),
        ConnectionLimitReached => (
            Step::Connect,
            "the runtime's limit on connections is reached",
        ),
        TlsCertificateError => (
            Step::Tls,
            "its certificate is not accepted (expired, for another name, or from an authority that \
             is not trusted)",
        ),
        TlsProtocolError => (
            Step::Tls,
            "its certificate is not accepted, or it speaks plain HTTP",
        ),
        HttpResponseIncomplete => (Step::Read, ""),
        ConnectionTerminated => (Step::Answer, "the connection broke off"),
        HttpProtocolError => (
            Step::Answer,
            "what it sent is not HTTP (does it want https://?), or the connection broke off",
        ),
        _ => (Step::Unknown, "the runtime does not say why"),
    };
    failed(step, reason)
}

/// Why an answer that had begun did not come to its end.
pub(crate) fn interrupted(code: ErrorCode) -> TransportError {
    match code {
        ErrorCode::HttpResponseBodySize(_) => TransportError::BodyTooLarge,
        ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout => {
            TransportError::TimedOut(Step::Read)
        }
        ErrorCode::InternalError(Some(text)) => TransportError::Failed(Step::Read, text),
        _ => broken_off(""),
    }
}

/// The answer that had begun did not come to its end, for this reason if it is known.
pub(crate) fn broken_off(reason: &str) -> TransportError {
    failed(Step::Read, reason)
}

/// The request cannot be sent.
pub(crate) fn invalid(why: &str) -> TransportError {
    TransportError::InvalidRequest(why.to_owned())
}

fn failed(step: Step, reason: &str) -> TransportError {
    TransportError::Failed(step, reason.to_owned())
}

// What is refused, before and after the origin, and what lifts it.
const DENIED: [&str; 2] = [
    "the runtime does not let this component reach ",
    "; allow it (dapr-wasm-host: --allow; Spin: allowed_outbound_hosts; wasmCloud: allowedHosts)",
];
const BLOCKED: [&str; 2] = [
    "the runtime blocks the network of ",
    "; take the network off its list (Spin: block_networks), or set another endpoint",
];
const ALONE: [&str; 2] = [
    "the app shares no network with this component, so it cannot reach ",
    "; let the dependency inherit it (Spin: inherit_configuration = true in the dependency's line, \
     and no dependencies_inherit_configuration beside it)",
];

/// Whether Spin 4's deny adapter says it, which stands in for the network of a dependency that inherits
/// nothing. Spin 4 refuses to load a component that says in both places what is inherited.
fn is_deny_adapter(text: &str) -> bool {
    text.starts_with("\"wasi:http/") && text.ends_with("not permitted")
}

fn refused([before, after]: [&str; 2], request: &Request<'_>) -> TransportError {
    let scheme = if request.https { "https://" } else { "http://" };
    TransportError::NotPermitted([before, scheme, request.authority, after].concat())
}

//! The errors of an exchange that gave no answer, or none that can be used.

use alloc::{format, string::String};

use crate::{
    error::{Error, ErrorKind},
    quote::quote,
    service::Service,
    transport::{Step, TransportError},
};

/// The error for an exchange with `service` at `origin` that gave no response. `secrets` are kept out
/// of it.
pub(crate) fn transport_error(
    error: TransportError,
    service: Service,
    subject: &str,
    origin: &str,
    secrets: &[&str],
) -> Error {
    match error {
        TransportError::NotPermitted(why) => {
            Error::new(ErrorKind::Unavailable, format!("{subject} failed: {why}"))
        }
        TransportError::Failed(step, reason) => {
            let (before, after) = failed(step);
            let reason = quote(&reason, secrets);
            let colon = if reason.is_empty() { "" } else { ": " };
            let what = [before, origin, after, colon, &reason].concat();
            unreachable(ErrorKind::Unavailable, service, subject, &what)
        }
        TransportError::TimedOut(step) => timed_out(step, service, subject, origin),
        TransportError::BodyTooLarge => {
            let what = format!("is larger than any answer of {}'s", service.name());
            malformed(service, subject, &what, None)
        }
        TransportError::InvalidRequest(why) => Error::new(
            ErrorKind::Internal,
            format!("{subject} failed: the request cannot be sent: {why}"),
        ),
    }
}

/// The error for an attempt that was given up during `step`.
pub(crate) fn timed_out(step: Step, service: Service, subject: &str, origin: &str) -> Error {
    let (before, after) = match step {
        Step::Resolve => ("the name in ", " was not resolved in time"),
        Step::Connect => ("no connection to ", " was made in time"),
        Step::Read => ("", " did not end its answer in time"),
        Step::Tls | Step::Answer | Step::Unknown => ("", " did not answer in time"),
    };
    let what = [before, origin, after].concat();
    unreachable(ErrorKind::Timeout, service, subject, &what)
}

/// What failed, before and after the address that was tried.
fn failed(step: Step) -> (&'static str, &'static str) {
    match step {
        Step::Resolve => ("the name in ", " could not be resolved"),
        Step::Connect => ("", " could not be connected to"),
        Step::Tls => ("TLS with ", " failed"),
        Step::Answer => ("", " gave no answer"),
        Step::Read => ("the answer of ", " broke off"),
        Step::Unknown => ("the exchange with ", " failed"),
    }
}

fn unreachable(kind: ErrorKind, service: Service, subject: &str, what: &str) -> Error {
    let property = service.property();
    let message = format!("{subject} failed: {what}; check the network and {property}");
    Error::new(kind, message).retryable()
}

/// The error for a response that is not the service's, going by its HTTP status.
pub(crate) fn status_error(status: u16, service: Service, subject: &str) -> Error {
    let (name, property) = (service.name(), service.property());
    match status {
        429 => Error::new(
            ErrorKind::Throttled,
            format!("{subject} failed: HTTP status 429; call less often, or try again later"),
        )
        .retryable(),
        500.. => Error::new(
            ErrorKind::Unavailable,
            format!("{subject} failed: HTTP status {status}; try again later"),
        )
        .retryable(),
        300..400 => Error::new(
            ErrorKind::Unavailable,
            format!(
                "{subject} failed: a redirect (HTTP status {status}), which is not followed; check \
                 {property}"
            ),
        ),
        _ => Error::new(
            ErrorKind::Unavailable,
            format!(
                "{subject} failed: HTTP status {status}, which {name} does not give; check {property} \
                 and any proxy between"
            ),
        ),
    }
}

/// The error for an answer that cannot be accepted, because it `what`.
pub(crate) fn malformed(
    service: Service,
    subject: &str,
    what: &str,
    request_id: Option<String>,
) -> Error {
    let property = service.property();
    Error::new(
        ErrorKind::Internal,
        format!("{subject} failed: the answer {what}; nothing of it was used. Check {property}"),
    )
    .with_request_id(request_id)
}

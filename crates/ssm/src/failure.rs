//! The errors of an exchange that gave no answer, or none that can be used.

use crate::{
    error::{Error, ErrorKind},
    transport::TransportError,
};

/// The error for an exchange that gave no response.
pub(crate) fn transport_error(error: TransportError, subject: &str) -> Error {
    match error {
        TransportError::NotPermitted(why) => {
            Error::new(ErrorKind::Unavailable, format!("{subject} failed: {why}"))
        }
        TransportError::Connection(why) => Error::new(
            ErrorKind::Unavailable,
            format!("{subject} failed: {why}; check the network and endpoint"),
        )
        .retryable(),
        TransportError::TimedOut => timed_out(subject),
        TransportError::BodyTooLarge => {
            malformed(subject, "is larger than any answer of SSM's", None)
        }
        TransportError::InvalidRequest(why) => Error::new(
            ErrorKind::Internal,
            format!("{subject} failed: the request cannot be sent: {why}"),
        ),
    }
}

/// The error for an attempt that was given up.
pub(crate) fn timed_out(subject: &str) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("{subject} failed: SSM did not answer in time; check the network and endpoint"),
    )
    .retryable()
}

/// The error for a response that is not SSM's, going by its HTTP status.
pub(crate) fn status_error(status: u16, subject: &str) -> Error {
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
                 endpoint"
            ),
        ),
        _ => Error::new(
            ErrorKind::Unavailable,
            format!(
                "{subject} failed: HTTP status {status}, which SSM does not give; check endpoint \
                 and any proxy between"
            ),
        ),
    }
}

/// The error for an answer that cannot be accepted, because it `what`.
pub(crate) fn malformed(subject: &str, what: &str, request_id: Option<String>) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("{subject} failed: the answer {what}; nothing of it was used. Check endpoint"),
    )
    .with_request_id(request_id)
}

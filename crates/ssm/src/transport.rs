//! What the client asks of the world: to send a request, to wait, to tell the time.

use alloc::{string::String, vec::Vec};
use core::{future::Future, time::Duration};

use zeroize::Zeroizing;

/// Sends requests and keeps time for a [`crate::Client`].
pub trait Transport {
    /// Sends one request and gives the whole response.
    ///
    /// Any status is a response, redirects included: none is followed, because a redirect would
    /// carry a signed request to another host. A dropped future gives the request up.
    fn send(&self, request: Request<'_>) -> impl Future<Output = Result<Response, TransportError>>;

    /// Waits on the monotonic clock.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()>;

    /// Both clocks, read at once.
    fn now(&self) -> Now;
}

/// A reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since some fixed moment; never goes back.
    pub monotonic: Duration,
    /// Time since 1970-01-01 UTC, as far as this machine knows.
    pub unix: Duration,
}

/// One request to be sent as it is. It has no `Debug`: headers hold a signature and a token.
pub struct Request<'a> {
    /// The method. A [`Method::Get`] goes without a body.
    pub method: Method,
    /// The path, percent-encoded, without a query.
    pub path: &'a str,
    /// Whether it goes over TLS, and not plain `http`.
    pub https: bool,
    /// `host[:port]`, exactly as signed: it must go out as the `Host` header.
    pub authority: &'a str,
    /// Every header but `Host`, names in lower case.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body, exactly as signed; empty for [`Method::Get`].
    pub body: &'a [u8],
    /// To be called once the head of the answer is there, so that a passed deadline can say
    /// whether nothing came or only the rest.
    pub arrived: &'a dyn Fn(),
    /// How many bytes of body the client takes. Reading on past them is
    /// [`TransportError::BodyTooLarge`].
    pub max_body: usize,
}

/// The methods that the client uses: SSM and STS are posted to, the metadata service is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// A response. It has no `Debug`: the body may hold a secret.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Date` header, if there is a readable one.
    pub date: Option<String>,
    /// The whole body. It is wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

/// Why there is no response. The texts are for people and quote nothing of the request; the client
/// shortens them and cuts out what is secret, because a runtime's own words may be among them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TransportError {
    /// The runtime refuses to send it. Says what to allow.
    NotPermitted(String),
    /// A step of the exchange failed: which, and the reason as far as it is known, or nothing.
    Failed(Step, String),
    /// A time limit of the transport's own passed during this step.
    TimedOut(Step),
    /// The body is longer than [`Request::max_body`].
    BodyTooLarge,
    /// The request cannot be expressed in HTTP.
    InvalidRequest(String),
}

/// The steps of an exchange, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// From the name to an address.
    Resolve,
    /// From an address to a connection.
    Connect,
    /// From a connection to one over TLS.
    Tls,
    /// From the request to the head of its answer.
    Answer,
    /// The rest of the answer.
    Read,
    /// The transport does not know.
    Unknown,
}

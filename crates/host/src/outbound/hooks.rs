//! How `wasi:http/outgoing-handler` sends: through [`Outbound`].

use std::{
    error::Error as StdError,
    future::Future,
    io::{self, ErrorKind},
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::client::legacy;
use tokio::time::{Instant, Sleep, sleep, timeout};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::client::{HttpClient, Outbound};

/// How long the head of an answer may take where the component sets no limit.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the next piece of an answer may take where the component sets no limit.
const BETWEEN_BYTES_TIMEOUT: Duration = Duration::from_secs(60);
/// Bodies up to this many bytes are gathered before they are handed on: a request then leaves in
/// one packet, and a response wakes the component once. Longer ones are streamed.
const GATHER: u64 = 64 << 10;
/// The longest response that a component is handed. None of this contract needs more.
const MAX_RESPONSE: u64 = 64 << 20;
/// How many pieces of a request's body the component may hand over before it has to wait.
const PIECES: usize = 8;

type Sent = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

/// One instance's `wasi:http`.
pub(crate) struct Hooks {
    outbound: Outbound,
}

impl Hooks {
    pub(crate) fn new(outbound: &Outbound) -> Self {
        Self {
            outbound: outbound.clone(),
        }
    }
}

impl WasiHttpHooks for Hooks {
    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        PIECES
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _response_done: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let counters = Arc::clone(&self.outbound.counters);
        if !self.outbound.allowed.allows(request.uri()) {
            counters.denied.fetch_add(1, Ordering::Relaxed);
            return Box::new(async { Err(Error::HttpRequestDenied) });
        }
        let client = self.outbound.client.clone();
        let options = options.unwrap_or_default();
        let most = self.outbound.connect_timeout;
        let connect = options.connect_timeout.unwrap_or(most).min(most);
        Box::new(async move {
            let sent = send(&client, request, connect, &options).await;
            let counter = match &sent {
                Ok(_) => &counters.answered,
                Err(_) => &counters.failed,
            };
            counter.fetch_add(1, Ordering::Relaxed);
            let response = sent?;
            let nothing_more: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, nothing_more))
        })
    }
}

async fn send(
    client: &HttpClient,
    request: Request<WasiBody>,
    connect: Duration,
    options: &RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let (head, body) = request.into_parts();
    let gathered = gather(&head.headers, body).await?;
    let request = Request::from_parts(head, gathered);
    // The pool hides when connecting ends, so one limit covers both; hyper-util's own ends a
    // connection attempt that hangs before TLS.
    let limit = connect + options.first_byte_timeout.unwrap_or(FIRST_BYTE_TIMEOUT);
    let response = match timeout(limit, client.request(request)).await {
        Ok(response) => response.map_err(explain)?,
        Err(_) => return Err(Error::ConnectionReadTimeout),
    };
    let between = options
        .between_bytes_timeout
        .unwrap_or(BETWEEN_BYTES_TIMEOUT);
    let (head, body) = response.into_parts();
    let bounded = Bounded::new(body, MAX_RESPONSE, between).boxed_unsync();
    let gathered = gather(&head.headers, bounded).await?;
    Ok(Response::from_parts(head, gathered))
}

async fn gather(headers: &HeaderMap, body: WasiBody) -> Result<WasiBody, Error> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_none_or(|length: u64| length > GATHER) {
        return Ok(body);
    }
    let bytes = body.collect().await?.to_bytes();
    Ok(Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync())
}

/// What the component is told. Its own variant, where it can do something about it.
fn explain(error: legacy::Error) -> Error {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    let mut found = None;
    while let Some(current) = cause {
        found = explain_cause(current, error.is_connect()).or(found);
        cause = current.source();
    }
    found.unwrap_or(if error.is_connect() {
        Error::DestinationUnavailable
    } else {
        Error::ConnectionTerminated
    })
}

fn explain_cause(cause: &(dyn StdError + 'static), connecting: bool) -> Option<Error> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(explain_tls(tls));
    }
    if let Some(http) = cause.downcast_ref::<hyper::Error>() {
        return http.is_parse().then_some(Error::HttpProtocolError);
    }
    if let Some(io) = cause.downcast_ref::<io::Error>() {
        return Some(explain_io(io, connecting));
    }
    // hyper-util's error of the resolver has no type of its own.
    let dns = connecting && cause.to_string().starts_with("dns error");
    dns.then_some(Error::DnsError {
        rcode: None,
        info_code: None,
    })
}

fn explain_io(error: &io::Error, connecting: bool) -> Error {
    // `source` of an I/O error leaves out the error right inside it; TLS wraps itself twice.
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return explain_io(inner, connecting);
    }
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
        return explain_tls(tls);
    }
    match error.kind() {
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ if connecting => Error::DestinationUnavailable,
        _ => Error::ConnectionTerminated,
    }
}

fn explain_tls(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(_) => Error::TlsCertificateError,
        rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
            alert_id: Some(u8::from(*alert)),
            alert_message: None,
        },
        _ => Error::TlsProtocolError,
    }
}

/// A response body that fails when nothing of it comes for a while, or too much in all.
struct Bounded<B> {
    body: B,
    left: u64,
    between: Duration,
    timer: Pin<Box<Sleep>>,
}

impl<B> Bounded<B> {
    fn new(body: B, most: u64, between: Duration) -> Self {
        Self {
            body,
            left: most,
            between,
            timer: Box::pin(sleep(between)),
        }
    }
}

impl<B> Bounded<B> {
    fn take(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let left = self.left.checked_sub(length);
        self.left = left.ok_or(Error::HttpResponseBodySize(None))?;
        Ok(frame)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Bounded<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match pin!(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                let next = Instant::now() + self.between;
                self.timer.as_mut().reset(next);
                let failed = |_| Error::HttpResponseIncomplete;
                let taken = frame.map(|frame| self.take(frame.map_err(failed)?));
                Poll::Ready(taken)
            }
            Poll::Pending => {
                let late = self.timer.as_mut().poll(context);
                late.map(|()| Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_response_that_is_too_long_fails_and_is_not_cut() {
        let all = Bytes::from_static(b"12345678");
        for (most, fits) in [(8, true), (7, false)] {
            let body = Bounded::new(Full::new(all.clone()), most, Duration::from_secs(1));
            let taken = body.collect().await;
            match taken {
                Ok(taken) => assert!(fits && taken.to_bytes() == all),
                Err(why) => assert!(!fits && matches!(why, Error::HttpResponseBodySize(_))),
            }
        }
    }
}

//! The client's transport over `wasi:http/outgoing-handler` and `wasi:clocks`.

use std::{future::Future, time::Duration};

use ssm::{Now, Request, Response, Transport, TransportError};
use wasi::{
    clocks::{monotonic_clock, wall_clock},
    http::{
        outgoing_handler,
        types::{
            ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
            OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
        },
    },
    io::streams::{InputStream, StreamError},
};
use zeroize::Zeroizing;

use crate::reactor::{ready, sleep_until};

/// How many bytes of a body are asked for at once.
const CHUNK: usize = 16 << 10;

/// The transport over the host's `wasi:http` and clocks.
pub(crate) struct WasiHttp;

impl Transport for WasiHttp {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        let outgoing = outgoing(&request)?;
        let body = outgoing.body().map_err(|()| invalid("it takes no body"))?;
        let denied = |code| explain(code, &request);
        let answer = outgoing_handler::handle(outgoing, Some(options(&request))).map_err(denied)?;
        // Nobody drains the body before `handle`. Why it could not be written, the answer tells.
        let _ = write(body, request.body).await;
        let incoming = arrival(&answer).await?.map_err(denied)?;
        receive(&incoming, request.max_body).await
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        sleep_until(monotonic_clock::now().saturating_add(nanos))
    }

    fn now(&self) -> Now {
        let wall = wall_clock::now();
        Now {
            monotonic: Duration::from_nanos(monotonic_clock::now()),
            unix: Duration::from_secs(wall.seconds)
                .saturating_add(Duration::from_nanos(wall.nanoseconds.into())),
        }
    }
}

fn outgoing(request: &Request<'_>) -> Result<OutgoingRequest, TransportError> {
    let headers: Vec<(String, Vec<u8>)> = request
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    let fields =
        Fields::from_list(&headers).map_err(|_| invalid("the runtime refuses its headers"))?;
    let scheme = if request.https {
        Scheme::Https
    } else {
        Scheme::Http
    };
    let outgoing = OutgoingRequest::new(fields);
    outgoing
        .set_method(&Method::Post)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_path_with_query(Some("/")))
        .and_then(|()| outgoing.set_authority(Some(request.authority)))
        .map_err(|()| invalid("the runtime refuses its address"))?;
    Ok(outgoing)
}

/// The time limit of `request`, for the runtime to free its connection by: an attempt is ended by
/// the client's own timer, whatever happens. A runtime that knows no limits may say so.
fn options(request: &Request<'_>) -> RequestOptions {
    let nanos = u64::try_from(request.timeout.as_nanos()).ok();
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(nanos);
    let _ = options.set_first_byte_timeout(nanos);
    let _ = options.set_between_bytes_timeout(nanos);
    options
}

async fn write(body: OutgoingBody, mut bytes: &[u8]) -> Result<(), StreamError> {
    let stream = body.write().map_err(|()| StreamError::Closed)?;
    while !bytes.is_empty() {
        let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
        if room == 0 {
            ready(stream.subscribe()).await;
            continue;
        }
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        stream.write(now)?;
        bytes = later;
    }
    stream.flush()?;
    // Room for more means that nothing is left to be flushed.
    if stream.check_write()? == 0 {
        ready(stream.subscribe()).await;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)
}

async fn arrival(
    answer: &FutureIncomingResponse,
) -> Result<Result<IncomingResponse, ErrorCode>, TransportError> {
    loop {
        match answer.get() {
            Some(Ok(arrived)) => return Ok(arrived),
            Some(Err(())) => return Err(broken("the runtime gave its answer away")),
            None => ready(answer.subscribe()).await,
        }
    }
}

async fn receive(incoming: &IncomingResponse, max_body: usize) -> Result<Response, TransportError> {
    let status = incoming.status();
    let headers = incoming.headers();
    let header = |name: &str| {
        let value = headers.get(name).into_iter().next()?;
        String::from_utf8(value).ok()
    };
    let date = header("date");
    let length = header("content-length").and_then(|length| length.parse().ok());
    let body = incoming
        .consume()
        .and_then(Body::open)
        .map_err(|()| broken("the runtime gave no body"))?;
    Ok(Response {
        status,
        date,
        body: read(&body, length, max_body).await?,
    })
}

/// An open body. The stream is a child of the body, so it comes first: fields are dropped in
/// order.
struct Body {
    stream: InputStream,
    _parent: IncomingBody,
}

impl Body {
    fn open(parent: IncomingBody) -> Result<Self, ()> {
        Ok(Self {
            stream: parent.stream()?,
            _parent: parent,
        })
    }
}

async fn read(
    body: &Body,
    length: Option<usize>,
    max_body: usize,
) -> Result<Zeroizing<Vec<u8>>, TransportError> {
    if length.is_some_and(|length| length > max_body) {
        return Err(TransportError::BodyTooLarge);
    }
    let mut received = Zeroizing::new(Vec::with_capacity(length.unwrap_or(CHUNK)));
    loop {
        match body.stream.read(CHUNK as u64) {
            Ok(chunk) if chunk.is_empty() => ready(body.stream.subscribe()).await,
            Ok(chunk) => {
                let chunk = Zeroizing::new(chunk);
                if received.len() + chunk.len() > max_body {
                    return Err(TransportError::BodyTooLarge);
                }
                append(&mut received, &chunk);
            }
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => {
                return Err(broken("the answer broke off"));
            }
        }
    }
    if length.is_some_and(|length| received.len() < length) {
        return Err(broken("the answer was cut short"));
    }
    Ok(received)
}

/// Appends `chunk`, growing by copying, so that the outgrown buffer is wiped and not only freed.
fn append(received: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    let needed = received.len() + chunk.len();
    if needed > received.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(needed * 2));
        larger.extend_from_slice(received);
        *received = larger;
    }
    received.extend_from_slice(chunk);
}

/// What a runtime's error means for the user. Runtimes differ in the finer variants (wasmtime 48
/// reports every failure to connect as `connection-refused`), so nothing is decided by them.
fn explain(code: ErrorCode, request: &Request<'_>) -> TransportError {
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => not_permitted(request),
        ErrorCode::InternalError(Some(text)) if text.ends_with("not permitted") => {
            not_permitted(request)
        }
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => TransportError::TimedOut,
        ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestMethodInvalid => invalid("the runtime refuses it"),
        ErrorCode::HttpResponseBodySize(_) => TransportError::BodyTooLarge,
        ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            broken("the endpoint's name could not be resolved")
        }
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => broken("the endpoint could not be connected to"),
        ErrorCode::ConnectionTerminated | ErrorCode::HttpResponseIncomplete => {
            broken("the connection broke off")
        }
        ErrorCode::ConnectionLimitReached => {
            broken("the runtime's limit on connections is reached")
        }
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => {
            broken("TLS failed (does the runtime trust the endpoint's certificate?)")
        }
        ErrorCode::HttpProtocolError => {
            broken("the answer is not HTTP, or the connection broke off")
        }
        _ => broken("the runtime reported an error of its own"),
    }
}

fn not_permitted(request: &Request<'_>) -> TransportError {
    let scheme = if request.https { "https" } else { "http" };
    let authority = request.authority;
    TransportError::NotPermitted(format!(
        "the runtime does not let this component reach {scheme}://{authority}; allow it \
         (dapr-wasm-host: its outbound allow-list; Spin: allowed_outbound_hosts and, for a \
         dependency, dependencies_inherit_configuration = true; wasmCloud: allowedHosts)"
    ))
}

fn broken(what: &str) -> TransportError {
    TransportError::Connection(what.to_owned())
}

fn invalid(why: &str) -> TransportError {
    TransportError::InvalidRequest(why.to_owned())
}

//! The client's transport over `wasi:http/outgoing-handler` and `wasi:clocks`.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{future::Future, time::Duration};

use ssm::{Method, Now, Request, Response, Transport, TransportError};
use wasi::{
    clocks::{monotonic_clock, wall_clock},
    http::{
        outgoing_handler,
        types::{
            ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse,
            Method as HttpMethod, OutgoingBody, OutgoingRequest, Scheme, http_error_code,
        },
    },
    io::streams::{InputStream, OutputStream, StreamError},
};
use zeroize::Zeroizing;

use crate::{
    explain::{broken_off, explain, interrupted, invalid},
    reactor::{ready, sleep_until},
};

/// How many bytes of a body are asked for at once.
const CHUNK: usize = 16 << 10;

/// The transport over the host's `wasi:http` and clocks.
pub(crate) struct WasiHttp;

impl Transport for WasiHttp {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        let outgoing = outgoing(&request)?;
        let why = |code| explain(code, &request);
        // Before it is sent where there is room, so that head and body leave as one: what follows in a
        // second segment waits for the first to be acknowledged, where a runtime leaves Nagle's
        // algorithm on (Spin 4.1 does).
        let rest = match request.method {
            // A body that was opened would be announced, however empty.
            Method::Get => None,
            Method::Post => outgoing
                .body()
                .and_then(OpenBody::new)
                .map_err(|()| invalid("it takes no body"))?
                .write_ahead(request.body),
        };
        // No options: the client's own timer ends an attempt, and a runtime that keeps each request's
        // options for the life of the instance (wasmtime-wasi-http 48 does) runs full.
        let answer = outgoing_handler::handle(outgoing, None).map_err(why)?;
        // Why it could not be written, the answer tells.
        if let Some(body) = rest {
            let _ = body.write(request.body).await;
        }
        let incoming = arrival(&answer).await.map_err(why)?;
        (request.arrived)();
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
    let method = match request.method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
    };
    let outgoing = OutgoingRequest::new(fields);
    outgoing
        .set_method(&method)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_path_with_query(Some(request.path)))
        .and_then(|()| outgoing.set_authority(Some(request.authority)))
        .map_err(|()| invalid("the runtime refuses its address"))?;
    Ok(outgoing)
}

/// An open body of a request. The stream is a child of the body, so it comes first: fields are dropped
/// in order.
struct OpenBody {
    stream: OutputStream,
    parent: OutgoingBody,
}

impl OpenBody {
    fn new(parent: OutgoingBody) -> Result<Self, ()> {
        Ok(Self {
            stream: parent.write()?,
            parent,
        })
    }

    /// Writes and finishes it if there is room for all of `bytes` now; else gives it back as it was.
    fn write_ahead(self, bytes: &[u8]) -> Option<Self> {
        if !self.room().is_ok_and(|room| room >= bytes.len()) {
            return Some(self);
        }
        // Why that failed, the answer tells.
        let _ = self.stream.write(bytes).map(|()| self.finish());
        None
    }

    async fn write(self, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            let room = self.room()?;
            if room == 0 {
                ready(self.stream.subscribe()).await;
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.stream.write(now)?;
            bytes = later;
        }
        self.stream.flush()?;
        // Room for more means that nothing is left to be flushed.
        if self.room()? == 0 {
            ready(self.stream.subscribe()).await;
        }
        self.finish()
    }

    /// How many bytes may be written now.
    fn room(&self) -> Result<usize, StreamError> {
        Ok(usize::try_from(self.stream.check_write()?).unwrap_or(usize::MAX))
    }

    fn finish(self) -> Result<(), StreamError> {
        drop(self.stream);
        OutgoingBody::finish(self.parent, None).map_err(|_| StreamError::Closed)
    }
}

async fn arrival(answer: &FutureIncomingResponse) -> Result<IncomingResponse, ErrorCode> {
    loop {
        match answer.get() {
            Some(Ok(arrived)) => return arrived,
            Some(Err(())) => return Err(ErrorCode::InternalError(None)),
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
        .map_err(|()| broken_off("the runtime gave no body"))?;
    Ok(Response {
        status,
        date,
        body: read(&body, length, max_body).await?,
    })
}

/// An open body of an answer; the stream first here, too.
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
            Err(StreamError::LastOperationFailed(error)) => {
                let code = http_error_code(&error);
                return Err(code.map_or_else(|| broken_off(""), interrupted));
            }
        }
    }
    if length.is_some_and(|length| received.len() < length) {
        return Err(broken_off("it was cut short"));
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

//! How `wasi:http/outgoing-handler` sends: through [`Outbound`].

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use http::{HeaderMap, Request, Response, Uri, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::capture_connection;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::{
    body::Bounded,
    client::Outbound,
    failure::{Failure, chain},
    had::Had,
};

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
    had: Had,
}

impl Hooks {
    pub(crate) fn new(outbound: &Outbound) -> Self {
        Self {
            outbound: outbound.clone(),
            had: Had::default(),
        }
    }

    /// Sends `request`, if it may be sent.
    pub(crate) fn send(
        &self,
        request: Request<WasiBody>,
        options: RequestOptions,
    ) -> impl Future<Output = Result<Response<WasiBody>, Error>> + Send + use<> {
        let (outbound, had) = (self.outbound.clone(), self.had.clone());
        async move {
            if !outbound.allowed.allows(request.uri()) {
                let denied = &outbound.counters.denied;
                denied.fetch_add(1, Ordering::Relaxed);
                return Err(Error::HttpRequestDenied);
            }
            let (head, body) = request.into_parts();
            let shared = outbound.shared.clone();
            let shared = shared.and_then(|shared| Some((shared.sharing(&head)?, shared)));
            let request = Request::from_parts(head, body);
            let Some((by, shared)) = shared else {
                had.note_other();
                return send(&outbound, request, &options).await;
            };
            let sending = |request| async move { send(&outbound, request, &options).await };
            shared.answer(request, by, &had, sending).await
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
        let sending = self.send(request, options.unwrap_or_default());
        Box::new(async move {
            let response = sending.await?;
            let nothing_more: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((response, nothing_more))
        })
    }
}

/// Sends `request`, which may be sent, and counts it.
pub(super) async fn send(
    outbound: &Outbound,
    request: Request<WasiBody>,
    options: &RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let counters = &outbound.counters;
    let sent = exchange(outbound, request, options).await;
    let counter = match &sent {
        Ok(_) => &counters.answered,
        Err(_) => &counters.failed,
    };
    counter.fetch_add(1, Ordering::Relaxed);
    sent
}

async fn exchange(
    outbound: &Outbound,
    request: Request<WasiBody>,
    options: &RequestOptions,
) -> Result<Response<WasiBody>, Error> {
    let (head, body) = request.into_parts();
    let uri = head.uri.clone();
    let gathered = gather(&head.headers, body).await?;
    let mut request = Request::from_parts(head, gathered);
    let most = outbound.connect_timeout;
    let connect = options.connect_timeout.unwrap_or(most).min(most);
    // The pool hides when connecting ends, so one limit covers both; connecting has its own inside.
    let limit = connect + options.first_byte_timeout.unwrap_or(FIRST_BYTE_TIMEOUT);
    let mut sent = outbound.watch.sent(capture_connection(&mut request), &uri);
    let answer = match timeout(limit, outbound.pool.request(request)).await {
        Ok(answer) => {
            sent.answered();
            answer.map_err(|why| Failure::of(&why, &uri))
        }
        Err(_) => Err(Failure {
            code: Error::ConnectionReadTimeout,
            cause: format!("{} did not answer within {limit:?}", place(&uri)),
        }),
    };
    let response = answer.map_err(|failure| {
        outbound.reports.failed(&failure.cause);
        failure.code
    })?;
    let between = options
        .between_bytes_timeout
        .unwrap_or(BETWEEN_BYTES_TIMEOUT);
    let (head, body) = response.into_parts();
    let reports = Arc::clone(&outbound.reports);
    let failed = move |why: &(dyn std::error::Error + 'static)| {
        reports.failed(&format!(
            "the answer of {} broke off: {}",
            place(&uri),
            chain(why)
        ));
    };
    let bounded = Bounded::new(body, MAX_RESPONSE, between, failed).boxed_unsync();
    let gathered = gather(&head.headers, bounded).await?;
    Ok(Response::from_parts(head, gathered))
}

fn place(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
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

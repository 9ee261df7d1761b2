//! From an HTTP request to an HTTP response, faults included.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Request, Response, StatusCode, Version, header, request::Parts};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Frame, Incoming};
use serde_json::{Value as Json, json};

use crate::{
    FaultKind, Seen, actions,
    reply::{ApiError, envelope},
    state::{Shared, State},
    verify,
};

/// The size of a huge answer.
const HUGE: usize = 200 << 20;
const CHUNK: usize = 64 << 10;
/// The size of a huge header.
const HUGE_HEAD: usize = 1 << 20;

/// Answers one request. An error stands for a connection to be reset.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, io::Error>>, io::Error> {
    let (mut parts, body) = request.into_parts();
    if let (Version::HTTP_2, Some(authority)) = (parts.version, parts.uri.authority())
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        // What HTTP/1.1 calls the host.
        parts.headers.insert(header::HOST, host);
    }
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let _in_flight = InFlight::new(&shared);
    let (plan, latency) = plan(&mut shared.lock(), &parts, &body);
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let date = shared.lock().date();
    respond(plan, &date).await
}

/// What will be answered.
struct Plan {
    body: Vec<u8>,
    fault: Option<FaultKind>,
}

/// Decides everything under one lock, so that counts and faults are exact.
fn plan(state: &mut State, parts: &Parts, body: &[u8]) -> (Plan, Duration) {
    let action = verify::header(&parts.headers, "x-tc-action").to_owned();
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let secret = json["SecretName"].as_str().map(String::from);
    let kinds = state.faults(&action, secret.as_deref());

    let mut latency = state.config.latency;
    let mut fault = None;
    let mut error = None;
    for kind in kinds {
        match kind {
            FaultKind::Latency(more) => latency += more,
            FaultKind::Error(code) => error = Some(code),
            other => fault = Some(other),
        }
    }
    let mut reply = reply(state, parts, body, &action, &json);
    if let (Ok(_), Some(code)) = (&reply, error) {
        reply = Err(ApiError::new(&code, format!("Told to answer {code}.")));
    }
    if let Ok(fields) = &mut reply {
        spoil(fields, fault.as_ref());
    }
    // Counted, whether shown or not.
    let request_id = Some(state.request_id()).filter(|_| fault != Some(FaultKind::NoRequestId));
    state.seen.push(Seen {
        at: Instant::now(),
        http: parts.version,
        action,
        region: verify::header(&parts.headers, "x-tc-region").to_owned(),
        language: verify::header(&parts.headers, "x-tc-language").to_owned(),
        secret,
        version: json["VersionId"].as_str().map(String::from),
        code: reply.as_ref().err().map(|error| error.code.clone()),
    });
    let body = envelope(&reply, request_id.as_deref())
        .to_string()
        .into_bytes();
    (Plan { body, fault }, latency)
}

fn reply(
    state: &mut State,
    parts: &Parts,
    body: &[u8],
    action: &str,
    json: &Json,
) -> Result<Json, ApiError> {
    if parts.method != http::Method::POST || parts.uri.path() != "/" {
        return Err(ApiError::new("InvalidRequest", "Only POST / is served."));
    }
    let now = state.now();
    let config = &state.config;
    let account = verify::verify(parts, body, &config.accounts, &config.behaviour, now)?;
    let denied = account.denied.iter().any(|denied| denied == action);

    if verify::header(&parts.headers, "x-tc-version") != "2019-09-23" {
        return Err(ApiError::new("NoSuchVersion", "The version is not found."));
    }
    let region = verify::header(&parts.headers, "x-tc-region");
    if region.is_empty() && config.behaviour.region_required {
        return Err(ApiError::missing("Region"));
    }
    if !region.is_empty() && !config.regions.iter().any(|served| served == region) {
        return Err(ApiError::new(
            "UnsupportedRegion",
            "The region is not served.",
        ));
    }
    if !json.is_object() {
        return Err(ApiError::new(
            "InvalidParameter",
            "The body is not a JSON object.",
        ));
    }
    if denied {
        return Err(ApiError::new(
            "UnauthorizedOperation",
            format!("you are not authorized to perform operation (ssm:{action})"),
        ));
    }
    let counted = state
        .counter
        .count(&config.rates, &account.secret_id, action, Instant::now());
    if let Err(exceeded) = counted {
        return Err(ApiError::new(
            "RequestLimitExceeded",
            format!(
                "Your current request times equals to `{}` in a second, which exceeds the \
                 frequency limit `{}` for a second. Please reduce the frequency of calls.",
                exceeded.count, exceeded.limit
            ),
        ));
    }
    actions::answer(&state.config, action, region, json)
}

/// Faults that leave a well-formed answer with wrong contents.
fn spoil(fields: &mut Json, fault: Option<&FaultKind>) {
    match fault {
        Some(FaultKind::WrongName) => fields["SecretName"] = json!("another-secret"),
        Some(FaultKind::WrongVersion) => fields["VersionId"] = json!("another-version"),
        Some(FaultKind::BothValues) => {
            fields["SecretString"] = json!("one");
            fields["SecretBinary"] = json!("dHdv");
        }
        Some(FaultKind::EmptyValues) => {
            fields["SecretString"] = json!("");
            fields["SecretBinary"] = json!("");
        }
        _ => {}
    }
}

async fn respond(
    plan: Plan,
    date: &str,
) -> Result<Response<UnsyncBoxBody<Bytes, io::Error>>, io::Error> {
    // Exactly this type: the official Python SDK looks for errors in no other.
    let head = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::DATE, date);
    let length = plan.body.len();
    let half = Bytes::copy_from_slice(&plan.body[..length / 2]);
    let response = match plan.fault {
        Some(FaultKind::Reset) => return Err(io::ErrorKind::ConnectionReset.into()),
        Some(FaultKind::Close) => return Err(io::ErrorKind::ConnectionAborted.into()),
        Some(FaultKind::Silent) => std::future::pending().await,
        Some(FaultKind::Status(status)) => head
            .status(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY))
            .header(header::CONTENT_TYPE, "text/html")
            .body(whole("<html><body>told to fail</body></html>")),
        Some(FaultKind::Redirect(url)) => head
            .status(StatusCode::TEMPORARY_REDIRECT)
            .header(header::LOCATION, url)
            .body(whole("")),
        Some(FaultKind::Raw(raw)) => head.body(whole(raw)),
        Some(FaultKind::Truncated) => {
            let broken = Err(io::ErrorKind::ConnectionAborted.into());
            let frames = stream::iter([Ok(Frame::data(half)), broken]);
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::Drip(pause)) => {
            let pieces: Vec<Bytes> = plan
                .body
                .chunks(length.div_ceil(8).max(1))
                .map(Bytes::copy_from_slice)
                .collect();
            let frames = stream::iter(pieces).then(move |piece| async move {
                tokio::time::sleep(pause).await;
                Ok(Frame::data(piece))
            });
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::NoLength) => {
            let frame = Ok(Frame::data(Bytes::from(plan.body)));
            head.body(StreamBody::new(stream::iter([frame])).boxed_unsync())
        }
        Some(FaultKind::Gzip) => head
            .header(header::CONTENT_ENCODING, "gzip")
            .body(whole(&b"\x1f\x8b\x08\x00not what was asked for"[..])),
        Some(FaultKind::HugeHead) => head
            .header("x-huge", "h".repeat(HUGE_HEAD))
            .body(whole(plan.body)),
        Some(FaultKind::SilentBody) => {
            let frames = stream::iter([Ok(Frame::data(half))]).chain(stream::pending());
            head.header(header::CONTENT_LENGTH, length)
                .body(StreamBody::new(frames).boxed_unsync())
        }
        Some(FaultKind::Huge) => {
            let chunk = Bytes::from(vec![b' '; CHUNK]);
            let frames = (0..HUGE / CHUNK).map(move |_| Ok(Frame::data(chunk.clone())));
            head.body(StreamBody::new(stream::iter(frames)).boxed_unsync())
        }
        _ => head.body(whole(plan.body)),
    };
    response.map_err(io::Error::other)
}

fn whole(body: impl Into<Bytes>) -> UnsyncBoxBody<Bytes, io::Error> {
    Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Counts the requests that are being answered.
struct InFlight<'a>(&'a Shared);

impl<'a> InFlight<'a> {
    fn new(shared: &'a Shared) -> Self {
        let mut state = shared.lock();
        state.in_flight += 1;
        state.peak_in_flight = state.peak_in_flight.max(state.in_flight);
        drop(state);
        Self(shared)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

//! From an HTTP request to an answer.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Version, header, request::Parts};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use serde_json::{Value as Json, json};

use crate::{
    FaultKind, Seen, actions,
    keys::{Caller, Keys},
    metadata,
    reply::{Answer, ApiError, envelope},
    respond::respond,
    state::{Shared, State},
    sts,
    verify::{self, Product, header as text},
};

/// What a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front {
    /// SSM, STS and the metadata service.
    All,
    /// One product, as a host of Tencent Cloud does.
    Only(Product),
    /// The metadata service.
    Metadata,
}

/// Answers one request. An error stands for a connection to be reset.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    front: Front,
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
    let plan = plan(&mut shared.lock(), front, &parts, &body);
    if !plan.latency.is_zero() {
        tokio::time::sleep(plan.latency).await;
    }
    let date = shared.lock().date();
    respond(plan.answer, plan.fault, &date).await
}

/// What will be answered, and how late.
pub(crate) struct Plan {
    pub(crate) answer: Answer,
    pub(crate) fault: Option<FaultKind>,
    latency: Duration,
}

/// Decides everything under one lock, so that counts and faults are exact.
pub(crate) fn plan(state: &mut State, front: Front, parts: &Parts, body: &[u8]) -> Plan {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str| json[name].as_str().map(String::from);
    let of_metadata = match front {
        Front::Only(_) => false,
        Front::Metadata => true,
        Front::All => metadata::is_asked(parts),
    };
    let (action, subject) = match (of_metadata, metadata::asked(parts)) {
        (true, Some((action, role))) => (action.to_owned(), role),
        _ => {
            let action = text(&parts.headers, "x-tc-action").to_owned();
            (action, field("SecretName").or_else(|| field("RoleArn")))
        }
    };
    let mut latency = state.config.latency;
    let mut fault = None;
    let mut error = None;
    for kind in state.faults(&action, subject.as_deref()) {
        match kind {
            FaultKind::Latency(more) => latency += more,
            FaultKind::Error(code) => error = Some(code),
            other => fault = Some(other),
        }
    }
    let (answer, code) = if of_metadata {
        let without_keys = fault == Some(FaultKind::NoKeys);
        let code = error.or_else(|| without_keys.then(|| "Success".to_owned()));
        (metadata::answer(state, parts, code.as_deref()), None)
    } else {
        let called = Call {
            front,
            parts,
            body,
            action: &action,
            json: &json,
        };
        let mut reply = called.reply(state);
        if let (Ok(_), Some(code)) = (&reply, error) {
            reply = Err(ApiError::new(&code, format!("Told to answer {code}.")));
        }
        if let Ok(fields) = &mut reply {
            spoil(fields, fault.as_ref());
        }
        // Counted, whether shown or not.
        let request_id = Some(state.request_id()).filter(|_| fault != Some(FaultKind::NoRequestId));
        let answer = Answer::json(&envelope(&reply, request_id.as_deref()));
        (answer, reply.err().map(|error| error.code))
    };
    state.seen.push(Seen {
        at: Instant::now(),
        http: parts.version,
        host: text(&parts.headers, "host").to_owned(),
        secret_id: verify::claimed_id(&parts.headers).to_owned(),
        region: text(&parts.headers, "x-tc-region").to_owned(),
        language: text(&parts.headers, "x-tc-language").to_owned(),
        secret: field("SecretName"),
        version: field("VersionId"),
        role_arn: field("RoleArn"),
        session: field("RoleSessionName"),
        action,
        code,
    });
    Plan {
        answer,
        fault,
        latency,
    }
}

/// A call of an API.
struct Call<'a> {
    front: Front,
    parts: &'a Parts,
    body: &'a [u8],
    action: &'a str,
    json: &'a Json,
}

impl Call<'_> {
    fn reply(&self, state: &mut State) -> Result<Json, ApiError> {
        if self.parts.method != Method::POST || self.parts.uri.path() != "/" {
            return Err(ApiError::new("InvalidRequest", "Only POST / is served."));
        }
        let headers = &self.parts.headers;
        let (now, config) = (state.now(), &state.config);
        let keys = Keys {
            accounts: &config.accounts,
            issued: &state.issued,
        };
        let (product, caller) =
            verify::verify(self.parts, self.body, &keys, &config.behaviour, now)?;
        if self.front != Front::All && self.front != Front::Only(product) {
            return Err(ApiError::new(
                "NoSuchProduct",
                "The product is not found here.",
            ));
        }
        if text(headers, "x-tc-version") != product.version() {
            return Err(ApiError::new("NoSuchVersion", "The version is not found."));
        }
        let region = text(headers, "x-tc-region");
        if region.is_empty() && config.behaviour.region_required {
            return Err(ApiError::missing("Region"));
        }
        // The SDKs send one and the same region to STS, whatever the client's.
        let everywhere = product == Product::Sts && region == "ap-guangzhou";
        let served = region.is_empty() || config.regions.iter().any(|served| served == region);
        if !served && !everywhere {
            return Err(ApiError::new(
                "UnsupportedRegion",
                "The region is not served.",
            ));
        }
        if !self.json.is_object() {
            return Err(ApiError::new(
                "InvalidParameter",
                "The body is not a JSON object.",
            ));
        }
        let action = self.action;
        let denied = |caller: &Caller| caller.denied.iter().any(|it| it == action);
        if caller.as_ref().is_some_and(denied) {
            let what = format!("{}:{action}", product.service());
            return Err(ApiError::new(
                "UnauthorizedOperation",
                format!("you are not authorized to perform operation ({what})"),
            ));
        }
        let id = caller.as_ref().map_or("", |caller| &caller.secret_id);
        state
            .counter
            .count(&config.rates, id, action, Instant::now())?;
        match product {
            Product::Ssm => actions::answer(&state.config, action, region, self.json),
            Product::Sts => sts::answer(
                &state.config,
                &mut state.issued,
                action,
                caller.as_ref(),
                self.json,
                now,
            ),
        }
    }
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
        Some(FaultKind::NoKeys) => fields["Credentials"] = Json::Null,
        _ => {}
    }
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

//! One signed call: pace, sign, send, check, and repeat what is worth repeating.

use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use core::{
    cell::{Cell, RefCell},
    pin::pin,
    time::Duration,
};

use futures_util::future::{Either, select};
use serde::Serialize;
use tc3::{Authorization, SigningKey};

use crate::{
    actions::Action,
    answer::Answer,
    config::Config,
    credentials::Credentials,
    date::unix_seconds,
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    failure::{timed_out, transport_error},
    names::Region,
    operation::Operation,
    pace::Pacer,
    quote::quote,
    retry::{Jitter, ceiling},
    transport::{Request, Response, Transport},
};

/// The API version, sent as `X-TC-Version`.
const VERSION: &str = "2019-09-23";
/// SSM's name in the credential scope of a signature.
const SERVICE: &str = "ssm";
/// The `content-type` of every request, signed and sent as it is.
const CONTENT_TYPE: &str = "application/json";
/// How long one attempt may take: an answer that is not there by now will not come, and a second
/// connection may fare better. SSM answers in tens of milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is read. The largest right one is a value of 32 KB, every character of
/// it escaped (200 KB), or a page of 100 secrets' metadata (about as much).
const MAX_BODY: usize = 1 << 20;
/// By how many seconds the server's `Date` must differ from the time that was signed, for
/// another try with the server's time to be worth it.
const WORTHWHILE_SKEW: u64 = 60;
/// The last second of the year 9999, the last that TC3 can write. A clock beyond it is signed as
/// this: the server refuses it, and so corrects the clock.
const LATEST: i64 = 253_402_300_799;

/// A request for one action, to be sent as often as it takes.
pub(crate) struct Call<'a> {
    action: Action,
    body: Vec<u8>,
    subject: &'a str,
}

impl<'a> Call<'a> {
    /// `subject` says in messages what was being done: "reading the secret x".
    pub(crate) fn new(
        action: Action,
        parameters: &impl Serialize,
        subject: &'a str,
    ) -> Result<Self, Error> {
        let body = serde_json::to_vec(parameters).map_err(|_| {
            let message = format!("{subject} failed: its parameters are not JSON");
            Error::new(ErrorKind::Internal, message)
        })?;
        Ok(Self {
            action,
            body,
            subject,
        })
    }
}

/// Why an attempt failed, with what the clock needs to know.
struct Failure {
    error: Error,
    signed_at: i64,
    server_date: Option<String>,
}

/// Makes signed calls over `T`.
///
/// It remembers what makes the next call better: how far the clocks are apart, the signing key
/// of the day, and what bulk reads sent in the last second.
pub(crate) struct Caller<T> {
    pub(crate) transport: T,
    pub(crate) endpoint: Endpoint,
    region: Region,
    credentials: Credentials,
    max_retries: u32,
    /// What to add to the local Unix time, in seconds, to get the server's.
    skew: Cell<i64>,
    jitter: Jitter,
    /// The key of the day that was last signed for.
    signing_key: RefCell<Option<SigningKey>>,
    /// For each action; none where no pace is set.
    pacers: [Option<Pacer>; Action::ALL.len()],
}

impl<T: Transport> Caller<T> {
    /// A caller that has sent nothing yet.
    pub(crate) fn new(config: Config, transport: T) -> Self {
        Self {
            transport,
            endpoint: config.endpoint,
            region: config.region,
            credentials: config.credentials,
            max_retries: config.max_retries,
            skew: Cell::new(0),
            jitter: Jitter::new(),
            signing_key: RefCell::new(None),
            pacers: Action::ALL.map(|action| pacer(action, config.max_requests_per_second)),
        }
    }

    /// Makes `call` until it succeeds, fails for good, or has no time left for another try.
    pub(crate) async fn call(
        &self,
        operation: &Operation,
        call: &Call<'_>,
    ) -> Result<Answer, Error> {
        // How fast single reads come is their callers' affair.
        let pacer = self.pacers[call.action as usize]
            .as_ref()
            .filter(|_| operation.bulk);
        let mut attempt = 0;
        let mut clock_corrected = false;
        loop {
            if let Some(pacer) = pacer {
                let _held = operation.hold();
                let wait = pacer.take(self.transport.now().monotonic);
                self.wait(wait).await;
            }
            let failure = match self.attempt(operation, call).await {
                Ok(answer) => {
                    operation.answered();
                    if let Some(pacer) = pacer {
                        pacer.accepted(self.transport.now().monotonic);
                    }
                    return Ok(answer);
                }
                Err(failure) => failure,
            };
            if !clock_corrected && self.correct_clock(&failure) {
                clock_corrected = true;
                continue;
            }

            let now = self.transport.now();
            let error = failure.error;
            let backoff = self.jitter.up_to(ceiling(&error, attempt), now);
            if error.kind == ErrorKind::Throttled
                && let Some(pacer) = pacer
            {
                pacer.throttled(now.monotonic, backoff);
            }
            let too_late = now.monotonic + backoff >= operation.deadline;
            let left_to_caller = error.kind == ErrorKind::Throttled && !operation.retry_throttled;
            let over = attempt >= self.max_retries || too_late || left_to_caller;
            if !error.retryable || over {
                return Err(error);
            }
            operation.failed(error);
            self.wait(backoff).await;
            attempt += 1;
        }
    }

    async fn attempt(&self, operation: &Operation, call: &Call<'_>) -> Result<Answer, Failure> {
        let signed_at = self.local_seconds().saturating_add(self.skew.get());
        let fail = |error, server_date| Failure {
            error,
            signed_at,
            server_date,
        };
        let timestamp = signed_at.clamp(0, LATEST).unsigned_abs();
        let authorization = self.sign(call, timestamp).map_err(|why| fail(why, None))?;
        let response = self
            .send(operation, call, &authorization, timestamp)
            .await
            .map_err(|error| fail(error, None))?;
        let server_date = response.date.clone();
        let secrets = self.secrets(&authorization);
        Answer::new(response, call.subject, &secrets).map_err(|error| fail(error, server_date))
    }

    fn sign(&self, call: &Call<'_>, timestamp: u64) -> Result<Authorization, Error> {
        let authority = self.endpoint.authority();
        let request = tc3::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &[("content-type", CONTENT_TYPE), ("host", authority)],
            payload: &call.body,
        };
        let mut cached = self.signing_key.borrow_mut();
        let of_today = cached.take().filter(|key| key.covers(timestamp));
        let signed = match of_today {
            Some(key) => Ok(key),
            None => SigningKey::derive(&self.credentials.key(), SERVICE, timestamp),
        }
        .and_then(|key| cached.insert(key).sign(&request, timestamp));
        signed.map_err(|why| {
            Error::new(
                ErrorKind::Internal,
                format!("{} failed: it could not be signed: {why}", call.subject),
            )
        })
    }

    /// Sends it, and names in an error the address that was tried.
    async fn send(
        &self,
        operation: &Operation,
        call: &Call<'_>,
        authorization: &Authorization,
        timestamp: u64,
    ) -> Result<Response, Error> {
        let timestamp = timestamp.to_string();
        let length = call.body.len().to_string();
        let mut headers = vec![
            ("authorization", authorization.header_value()),
            ("content-length", &length),
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", call.action.name()),
            ("x-tc-language", "en-US"),
            ("x-tc-region", self.region.as_str()),
            ("x-tc-timestamp", &timestamp),
            ("x-tc-version", VERSION),
        ];
        if let Some(token) = self.credentials.token() {
            headers.push(("x-tc-token", token));
        }
        let attempt = operation.attempt();
        let arrived = || attempt.arrived();
        let exchange = self.transport.send(Request {
            https: self.endpoint.https(),
            authority: self.endpoint.authority(),
            headers: &headers,
            body: &call.body,
            arrived: &arrived,
            max_body: MAX_BODY,
        });
        let limit = self.transport.sleep(ATTEMPT_TIMEOUT);
        match select(pin!(exchange), pin!(limit)).await {
            Either::Left((response, _)) => response.map_err(|error| {
                let secrets = self.secrets(authorization);
                transport_error(error, call.subject, &self.endpoint.origin(), &secrets)
            }),
            Either::Right(_) => Err(timed_out(
                attempt.step(),
                call.subject,
                &self.endpoint.origin(),
            )),
        }
    }

    /// `text` fit for messages: names and versions may come from a list, and whoever answered it
    /// may have put into them what it was sent.
    pub(crate) fn shown(&self, text: &str) -> String {
        let [id, key, token] = self.credentials.secrets();
        quote(text, &[token, key, id])
    }

    /// What goes into no message, the longest first.
    fn secrets<'a>(&'a self, authorization: &'a Authorization) -> [&'a str; 4] {
        let [id, key, token] = self.credentials.secrets();
        [token, authorization.signature(), key, id]
    }

    /// Takes over the server's clock if the signature was refused for its time and the server's
    /// `Date` explains that. Says whether another try makes sense.
    fn correct_clock(&self, failure: &Failure) -> bool {
        if !failure.error.has_code("AuthFailure.SignatureExpire") {
            return false;
        }
        let Some(server) = failure.server_date.as_deref().and_then(unix_seconds) else {
            return false;
        };
        if server.abs_diff(failure.signed_at) < WORTHWHILE_SKEW {
            return false;
        }
        self.skew.set(server.saturating_sub(self.local_seconds()));
        true
    }

    /// Seconds since 1970 by our own clock, whatever it shows.
    fn local_seconds(&self) -> i64 {
        i64::try_from(self.transport.now().unix.as_secs()).unwrap_or(i64::MAX)
    }

    async fn wait(&self, duration: Duration) {
        if !duration.is_zero() {
            self.transport.sleep(duration).await;
        }
    }
}

/// The pace of `action` where GetSecretValue has that of `rate`; `None` where that is 0.
fn pacer(action: Action, rate: u32) -> Option<Pacer> {
    let proportion = action.rate() * rate as usize / Action::GetSecretValue.rate();
    (rate > 0).then(|| Pacer::new(proportion.max(1)))
}

//! One attempt at a call: sign, send, open the answer.

use alloc::{
    format,
    string::{String, ToString},
    vec,
};
use core::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tc3::Authorization;

use crate::{
    answer::Answer,
    call::{Call, Caller},
    credentials::Keys,
    date::unix_seconds,
    error::{Error, ErrorKind},
    failure::{timed_out, transport_error},
    operation::Operation,
    quote::quote,
    transport::{Method, Request, Response, Transport},
};

/// The `content-type` of every request, signed and sent as it is.
const CONTENT_TYPE: &str = "application/json";
/// How long one attempt may take: an answer that is not there by now will not come, and a second
/// connection may fare better. SSM answers in tens of milliseconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is read. The largest right one is a value of 32 KB, every character of
/// it escaped (200 KB), or a page of 100 secrets' metadata (about as much).
pub(crate) const MAX_BODY: usize = 1 << 20;
/// The last second of the year 9999, the last that TC3 can write. A clock beyond it is signed as
/// this: the server refuses it, and so corrects the clock.
const LATEST: i64 = 253_402_300_799;
/// What stands for a signature in the one call that needs none: AssumeRoleWithWebIdentity.
const UNSIGNED: &str = "SKIP";

impl<T: Transport> Caller<T> {
    /// Sends `call` once, signed with `keys` if there are any. `None` if the signature was refused for
    /// its time and the clock is now corrected, where it `may_correct` it.
    pub(crate) async fn attempt(
        &self,
        operation: &Operation,
        call: &Call<'_>,
        keys: Option<&Keys>,
        may_correct: bool,
    ) -> Result<Option<Answer>, Error> {
        let signed_at = self.server_seconds();
        let timestamp = signed_at.clamp(0, LATEST).unsigned_abs();
        let authorization = match keys {
            Some(keys) => Some(self.sign(call, keys, timestamp)?),
            None => None,
        };
        let response = self
            .send(operation, call, keys, authorization.as_ref(), timestamp)
            .await?;
        let server_time = response.date.as_deref().and_then(unix_seconds);
        let secrets = self.keyring.secrets(keys, authorization.as_ref());
        match Answer::new(response, call.service, call.subject, &secrets) {
            Ok(mut answer) => {
                answer.server_time = server_time;
                Ok(Some(answer))
            }
            Err(error) if may_correct && self.correct_clock(&error, signed_at, server_time) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// `text` fit for messages: names and versions may come from a list, and whoever answered it
    /// may have put into them what it was sent.
    pub(crate) fn shown(&self, text: &str) -> String {
        let keys = self.keyring.current();
        quote(text, &self.keyring.secrets(keys.as_deref(), None))
    }

    fn sign(&self, call: &Call<'_>, keys: &Keys, timestamp: u64) -> Result<Authorization, Error> {
        let request = tc3::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &[
                ("content-type", CONTENT_TYPE),
                ("host", self.endpoint(call.service).authority()),
            ],
            payload: &call.body,
        };
        keys.sign(&request, call.service, timestamp).map_err(|why| {
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
        keys: Option<&Keys>,
        authorization: Option<&Authorization>,
        timestamp: u64,
    ) -> Result<Response, Error> {
        let (service, subject) = (call.service, call.subject);
        let endpoint = self.endpoint(service);
        let (_, version) = service.scope_and_version();
        let timestamp = timestamp.to_string();
        let length = call.body.len().to_string();
        let mut headers = vec![
            (
                "authorization",
                authorization.map_or(UNSIGNED, Authorization::header_value),
            ),
            ("content-length", &length),
            ("content-type", CONTENT_TYPE),
            ("x-tc-action", call.action),
            ("x-tc-language", "en-US"),
            ("x-tc-region", self.region.as_str()),
            ("x-tc-timestamp", &timestamp),
            ("x-tc-version", version),
        ];
        if let Some(token) = keys.and_then(|keys| keys.credentials.token()) {
            headers.push(("x-tc-token", token));
        }
        let attempt = operation.attempt();
        let arrived = || attempt.arrived();
        let exchange = self.transport.send(Request {
            method: Method::Post,
            path: "/",
            https: endpoint.https(),
            authority: endpoint.authority(),
            headers: &headers,
            body: &call.body,
            arrived: &arrived,
            max_body: MAX_BODY,
        });
        let limit = self.transport.sleep(ATTEMPT_TIMEOUT);
        match select(pin!(exchange), pin!(limit)).await {
            Either::Left((response, _)) => response.map_err(|error| {
                let secrets = self.keyring.secrets(keys, authorization);
                transport_error(error, service, subject, &endpoint.origin(), &secrets)
            }),
            Either::Right(_) => {
                let step = attempt.step();
                Err(timed_out(step, service, subject, &endpoint.origin()))
            }
        }
    }
}

//! Answers of a scripted server.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::{Response, Step, TransportError};

/// What the server does.
pub(crate) struct Reply {
    /// When its head comes, if that is before the rest.
    pub(super) head: Option<Duration>,
    pub(super) after: Duration,
    pub(super) result: Result<Response, TransportError>,
}

impl Reply {
    pub(crate) fn raw(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            head: None,
            after: Duration::from_millis(10),
            result: Ok(Response {
                status,
                date: None,
                body: Zeroizing::new(body.into()),
            }),
        }
    }

    pub(crate) fn ok(mut fields: Json) -> Self {
        fields["RequestId"] = json!("req-1");
        Self::raw(200, json!({ "Response": fields }).to_string())
    }

    pub(crate) fn code(code: &str) -> Self {
        Self::ok(json!({ "Error": { "Code": code, "Message": format!("it is {code}") } }))
    }

    pub(crate) fn text(name: &str, version: &str, text: &str) -> Self {
        Self::ok(
            json!({ "SecretName": name, "VersionId": version, "SecretString": text, "SecretBinary": "" }),
        )
    }

    pub(crate) fn broken(error: TransportError) -> Self {
        Self {
            head: None,
            after: Duration::from_millis(10),
            result: Err(error),
        }
    }

    pub(crate) fn never() -> Self {
        Self::broken(TransportError::TimedOut(Step::Unknown)).after(Duration::from_secs(1_000_000))
    }

    pub(crate) fn after(mut self, latency: Duration) -> Self {
        self.after = latency;
        self
    }

    /// The head of the answer is there after `head`, long before the rest.
    pub(crate) fn begun_after(mut self, head: Duration) -> Self {
        self.head = Some(head);
        self
    }

    pub(crate) fn dated(mut self, unix: u64) -> Self {
        if let Ok(response) = &mut self.result {
            let time = UNIX_EPOCH + Duration::from_secs(unix);
            response.date = Some(httpdate::fmt_http_date(time));
        }
        self
    }
}

//! What an emulator knows while it runs.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::{Config, FaultKind, keys::Issued, rates::Counter};

/// The state that all connections share.
pub(crate) struct Shared {
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) counter: Counter,
    pub(crate) issued: Issued,
    pub(crate) seen: Vec<Seen>,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) peak_in_flight: usize,
    requests: u64,
}

/// One request that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When the request had been read.
    pub at: Instant,
    /// The version of HTTP that the request came by.
    pub http: http::Version,
    /// The header `X-TC-Action`; of the metadata service, `MetadataRoleName` or `MetadataRoleKeys`.
    pub action: String,
    /// The header `Host`.
    pub host: String,
    /// The id of the key that signed it, or says so; empty if it is not signed.
    pub secret_id: String,
    /// The header `X-TC-Region`.
    pub region: String,
    /// The header `X-TC-Language`.
    pub language: String,
    /// `SecretName` in the body.
    pub secret: Option<String>,
    /// `VersionId` in the body.
    pub version: Option<String>,
    /// `RoleArn` in the body.
    pub role_arn: Option<String>,
    /// `RoleSessionName` in the body.
    pub session: Option<String>,
    /// The code of the error it got, or `None` if it was served (or befallen by a fault that is
    /// no error of the API's).
    pub code: Option<String>,
}

impl Shared {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            state: Mutex::new(State {
                config,
                counter: Counter::default(),
                issued: Issued::default(),
                seen: Vec::new(),
                connections: 0,
                in_flight: 0,
                peak_in_flight: 0,
                requests: 0,
            }),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The server's time in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        since.as_secs() as i64 + self.config.clock_offset
    }

    /// The server's time as a `Date` header.
    pub(crate) fn date(&self) -> String {
        let since = Duration::from_secs(self.now().max(0).unsigned_abs());
        httpdate::fmt_http_date(UNIX_EPOCH + since)
    }

    /// A new `RequestId`, in the form of SSM's.
    pub(crate) fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.requests)
    }

    /// The faults that befall this request.
    pub(crate) fn faults(&mut self, action: &str, secret: Option<&str>) -> Vec<FaultKind> {
        self.config
            .faults
            .iter_mut()
            .filter_map(|fault| fault.befalls(action, secret).then(|| fault.kind.clone()))
            .collect()
    }
}

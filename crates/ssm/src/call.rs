//! One call: its keys, its pace, an exchange, and repeats of what is worth repeating.

use alloc::{format, rc::Rc, vec::Vec};
use core::{cell::Cell, time::Duration};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::{
    actions::Action,
    answer::Answer,
    config::Config,
    credentials::{Keyring, Keys, Signer},
    endpoint::Endpoint,
    error::{Error, ErrorKind},
    names::Region,
    operation::Operation,
    pace::Pacer,
    retry::{Jitter, ceiling},
    service::Service,
    transport::Transport,
};

/// By how many seconds the server's `Date` must differ from the time that was signed, for
/// another try with the server's time to be worth it.
const WORTHWHILE_SKEW: u64 = 60;

/// A request for one action, to be sent as often as it takes.
pub(crate) struct Call<'a> {
    pub(crate) service: Service,
    pub(crate) action: &'static str,
    /// Of SSM's actions, which it is: each has a pace of its own.
    paced: Option<Action>,
    pub(crate) signer: Signer,
    /// A web identity may be in it.
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) subject: &'a str,
}

impl<'a> Call<'a> {
    /// A call of SSM. `subject` says in messages what was being done: "reading the secret x".
    pub(crate) fn new(
        action: Action,
        parameters: &impl Serialize,
        subject: &'a str,
    ) -> Result<Self, Error> {
        let body = body(parameters, subject)?;
        Ok(Self {
            service: Service::Ssm,
            action: action.name(),
            paced: Some(action),
            signer: Signer::Last,
            body,
            subject,
        })
    }

    /// A call of STS.
    pub(crate) fn sts(
        action: &'static str,
        signer: Signer,
        parameters: &impl Serialize,
        subject: &'a str,
    ) -> Result<Self, Error> {
        let body = body(parameters, subject)?;
        Ok(Self {
            service: Service::Sts,
            action,
            paced: None,
            signer,
            body,
            subject,
        })
    }
}

/// Makes calls over `T`.
///
/// It remembers what makes the next call better: the keys with what they were last derived to, how far
/// the clocks are apart, and what bulk reads sent in the last second.
pub(crate) struct Caller<T> {
    pub(crate) transport: T,
    pub(crate) endpoint: Endpoint,
    pub(crate) region: Region,
    pub(crate) keyring: Keyring,
    pub(crate) max_retries: u32,
    pub(crate) jitter: Jitter,
    /// What to add to the local Unix time, in seconds, to get the server's.
    skew: Cell<i64>,
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
            keyring: Keyring::new(config.credentials),
            max_retries: config.max_retries,
            jitter: Jitter::new(),
            skew: Cell::new(0),
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
        let pacer = call
            .paced
            .and_then(|action| self.pacers[action as usize].as_ref())
            .filter(|_| operation.bulk);
        let mut attempt = 0;
        let mut clock_corrected = false;
        let mut refused: Option<Rc<Keys>> = None;
        loop {
            let keys = self.keys(operation, call.signer, refused.as_ref()).await?;
            if let Some(pacer) = pacer {
                let _held = operation.hold();
                let wait = pacer.take(self.transport.now().monotonic);
                self.wait(wait).await;
            }
            let may_correct = !clock_corrected;
            let result = self
                .attempt(operation, call, keys.as_deref(), may_correct)
                .await;
            let error = match result {
                Ok(Some(answer)) => {
                    if call.service == Service::Ssm {
                        operation.answered();
                    }
                    if let Some(pacer) = pacer {
                        pacer.accepted(self.transport.now().monotonic);
                    }
                    return Ok(answer);
                }
                Ok(None) => {
                    clock_corrected = true;
                    continue;
                }
                Err(error) => error,
            };
            if refused.is_none() && self.keyring.renews(call.signer, &error) {
                refused = keys;
                continue;
            }

            let now = self.transport.now();
            let backoff = self.jitter.up_to(ceiling(&error, attempt), now);
            if error.kind == ErrorKind::Throttled
                && let Some(pacer) = pacer
            {
                pacer.throttled(now.monotonic, backoff);
            }
            let too_late = now.monotonic + backoff >= operation.deadline;
            // A caller that sets the pace of reads knows of SSM's throttling, and not of STS's.
            let left_to_caller = error.kind == ErrorKind::Throttled
                && call.service == Service::Ssm
                && !operation.retry_throttled;
            let over = attempt >= self.max_retries || too_late || left_to_caller;
            if !error.retryable || over {
                return Err(error);
            }
            operation.failed(error);
            self.wait(backoff).await;
            attempt += 1;
        }
    }

    /// Where `service` is.
    pub(crate) fn endpoint(&self, service: Service) -> &Endpoint {
        match service {
            Service::Ssm => &self.endpoint,
            Service::Sts => &self.keyring.chain.sts,
            Service::Metadata => &self.keyring.chain.metadata,
        }
    }

    /// Takes over the server's clock if the signature of `signed_at` was refused for its time and the
    /// server's own explains that. Says whether another try makes sense.
    pub(crate) fn correct_clock(&self, error: &Error, signed_at: i64, server: Option<i64>) -> bool {
        let Some(server) = server.filter(|_| error.has_code("AuthFailure.SignatureExpire")) else {
            return false;
        };
        if server.abs_diff(signed_at) < WORTHWHILE_SKEW {
            return false;
        }
        self.skew.set(server.saturating_sub(self.local_seconds()));
        true
    }

    /// Seconds since 1970 by the server's clock, as far as it is known.
    pub(crate) fn server_seconds(&self) -> i64 {
        self.local_seconds().saturating_add(self.skew.get())
    }

    /// Seconds since 1970 by our own clock, whatever it shows.
    fn local_seconds(&self) -> i64 {
        i64::try_from(self.transport.now().unix.as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) async fn wait(&self, duration: Duration) {
        if !duration.is_zero() {
            self.transport.sleep(duration).await;
        }
    }
}

fn body(parameters: &impl Serialize, subject: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let body = serde_json::to_vec(parameters).map_err(|_| {
        let message = format!("{subject} failed: its parameters are not JSON");
        Error::new(ErrorKind::Internal, message)
    })?;
    Ok(Zeroizing::new(body))
}

/// The pace of `action` where GetSecretValue has that of `rate`; `None` where that is 0.
fn pacer(action: Action, rate: u32) -> Option<Pacer> {
    let proportion = action.rate() * rate as usize / Action::GetSecretValue.rate();
    (rate > 0).then(|| Pacer::new(proportion.max(1)))
}

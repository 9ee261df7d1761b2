//! Good keys for every call: the old ones while they last, new ones in time, got by one for all.

use alloc::{boxed::Box, format, rc::Rc};
use core::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::future::{Either, select};

use super::{CredentialSource, Keys, Signer, lease::Lease};
use crate::{
    call::Caller,
    date::unix_seconds,
    error::{Error, ErrorKind},
    operation::Operation,
    transport::Transport,
};

/// How long a call waits for new keys while the old ones are good; half of the time that it has left,
/// if that is less.
const REFRESH_PATIENCE: Duration = Duration::from_secs(3);
/// How long nobody asks again after that failed; a quarter of what is left of the old keys, if that is
/// less, but a second at least.
const REFRESH_PAUSE: Duration = Duration::from_secs(30);
/// The least of [`REFRESH_PAUSE`].
const LEAST_REFRESH_PAUSE: Duration = Duration::from_secs(1);

/// A layer of the chain: each has keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Those of the source.
    Source,
    /// Those of the role that is assumed with them.
    Role,
}

impl<T: Transport> Caller<T> {
    /// The keys for `signer`: good ones, and others than those that were `refused`. `None` where nobody
    /// signs.
    pub(crate) async fn keys(
        &self,
        operation: &Operation,
        signer: Signer,
        refused: Option<&Rc<Keys>>,
    ) -> Result<Option<Rc<Keys>>, Error> {
        let Some(layer) = self.keyring.layer(signer) else {
            return Ok(None);
        };
        let slot = self.keyring.slot(layer);
        let now = self.transport.now().monotonic;
        let is_refused = |keys: &Rc<Keys>| refused.is_some_and(|it| Rc::ptr_eq(it, keys));
        let is_good = |keys: &Rc<Keys>| keys.lease.is_none_or(|lease| now < lease.until);
        let current = slot
            .current()
            .filter(|keys| is_good(keys) && !is_refused(keys));
        let Some(keys) = current else {
            let ended = slot.ended.get();
            let _turn = slot.flight.turn().await;
            // What came while this call waited is its as well, be it an error.
            if slot.ended.get() != ended
                && let Some(landed) = slot.landed()
            {
                return landed.map(Some);
            }
            return slot.land(self.fetch(layer, operation).await).map(Some);
        };
        let Some(lease) = keys.lease.filter(|lease| now >= lease.renew) else {
            return Ok(Some(keys));
        };
        if now < slot.not_before.get() || slot.flight.under_way() {
            return Ok(Some(keys));
        }

        let _turn = slot.flight.turn().await;
        let patience = REFRESH_PATIENCE.min(operation.deadline.saturating_sub(now) / 2);
        let limit = self.transport.sleep(patience);
        if let Either::Left((Ok(new), _)) = select(self.fetch(layer, operation), pin!(limit)).await
        {
            return slot.land(Ok(new)).map(Some);
        }
        let left = lease.until.saturating_sub(now);
        let pause = (left / 4).clamp(LEAST_REFRESH_PAUSE, REFRESH_PAUSE);
        slot.not_before.set(self.transport.now().monotonic + pause);
        Ok(Some(keys))
    }

    /// Gets new keys. The future is boxed because it may make a call itself.
    fn fetch<'a>(
        &'a self,
        layer: Layer,
        operation: &'a Operation,
    ) -> Pin<Box<dyn Future<Output = Result<Keys, Error>> + 'a>> {
        Box::pin(async move {
            let chain = &self.keyring.chain;
            let fetched = match (&chain.source, layer, &chain.role) {
                (_, Layer::Role, Some(role)) => self.assume_role(operation, role).await,
                (CredentialSource::Fixed(credentials), ..) => {
                    Ok(Keys::new(credentials.clone(), None))
                }
                (CredentialSource::CvmRole { name }, ..) => {
                    self.cvm_role(operation, name.as_deref()).await
                }
                (
                    CredentialSource::WebIdentity {
                        token,
                        provider_id,
                        role,
                    },
                    ..,
                ) => self.web_identity(operation, token, provider_id, role).await,
            };
            fetched.map_err(|error| self.no_keys(layer, error))
        })
    }

    /// `error` as what it is to whoever wanted to read a secret.
    fn no_keys(&self, layer: Layer, mut error: Error) -> Error {
        let earlier = &self.keyring.chain.earlier;
        if layer == Layer::Source && !earlier.is_empty() {
            error.message = format!("there are no keys: {earlier}; {}", error.message);
            // Nothing was set that could answer later: it is the operator's to set something.
            if error.kind == ErrorKind::Unavailable && !error.retryable {
                error.kind = ErrorKind::InvalidConfig;
            }
        }
        error.about_keys()
    }

    /// How long keys are good that came with an answer of this `Date` and end at `expired_time`.
    pub(crate) fn lease(&self, expired_time: Option<i64>, date: Option<&str>) -> Lease {
        let server = date.and_then(unix_seconds);
        let server_seconds = server.unwrap_or_else(|| self.server_seconds());
        Lease::new(self.transport.now().monotonic, server_seconds, expired_time)
    }
}

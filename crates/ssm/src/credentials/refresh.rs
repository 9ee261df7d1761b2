//! Good keys for every call: the old ones while they last, new ones in time, got by one for all.

use alloc::{boxed::Box, format, rc::Rc};
use core::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::future::{Either, select};

use super::{CredentialSource, Keys, Signer, lease::Lease, sts::AssumeRole};
use crate::{
    call::Caller,
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
        let good = slot
            .current()
            .filter(|keys| is_good(keys) && !is_refused(keys));
        if let Some(keys) = &good {
            let fresh = keys.lease.is_none_or(|lease| now < lease.renew);
            if fresh || now < slot.not_before.get() || slot.flight.under_way() {
                return Ok(good);
            }
        }

        let ended = slot.ended.get();
        let _turn = slot.flight.turn().await;
        // What came while this call waited is its as well, be it an error.
        if slot.ended.get() != ended {
            return slot.landed();
        }
        let time_left = operation.deadline.saturating_sub(now);
        let patience = match &good {
            Some(_) => REFRESH_PATIENCE.min(time_left / 2),
            // Without keys it is the call's own deadline that ends it, and tells what it waits for.
            None => time_left.saturating_mul(2),
        };
        let limit = self.transport.sleep(patience);
        let result = match select(self.fetch(layer, operation), pin!(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                Err(Error::new(ErrorKind::Timeout, "no keys came in time").about_keys())
            }
        };
        let lease = good.as_ref().and_then(|keys| keys.lease);
        match (result, lease) {
            (Err(_), Some(lease)) => {
                let left = lease.until.saturating_sub(now);
                let pause = (left / 4).clamp(LEAST_REFRESH_PAUSE, REFRESH_PAUSE);
                slot.not_before.set(self.transport.now().monotonic + pause);
                Ok(good)
            }
            (result, _) => {
                slot.land(result);
                slot.landed()
            }
        }
    }

    /// Gets new keys. The future is boxed because it may make a call itself.
    fn fetch<'a>(
        &'a self,
        layer: Layer,
        operation: &'a Operation,
    ) -> Pin<Box<dyn Future<Output = Result<Rc<Keys>, Error>> + 'a>> {
        Box::pin(async move {
            let chain = &self.keyring.chain;
            let parameters = match (layer, &chain.role, &chain.source) {
                (Layer::Role, Some(role), _) => AssumeRole::with_keys(role),
                (
                    ..,
                    CredentialSource::WebIdentity {
                        token,
                        provider_id,
                        role,
                    },
                ) => AssumeRole::with_web_identity(role, provider_id, token),
                (.., CredentialSource::CvmRole { name }) => {
                    let keys = self.cvm_role(operation, name.as_deref()).await;
                    return keys.map_err(|error| self.no_keys(error));
                }
                (.., CredentialSource::Fixed(keys)) => {
                    return Ok(Keys::new(keys.clone(), None, None));
                }
            };
            let keys = self.temporary_keys(operation, parameters).await;
            keys.map_err(Error::about_keys)
        })
    }

    /// `error` of the CVM's role, with what else was not set.
    fn no_keys(&self, mut error: Error) -> Error {
        let earlier = &self.keyring.chain.earlier;
        if !earlier.is_empty() {
            error.message = format!("there are no keys: {earlier}; {}", error.message);
            // Nothing was set that could answer later: it is the operator's to set something.
            if error.kind == ErrorKind::Unavailable && !error.retryable {
                error.kind = ErrorKind::InvalidConfig;
            }
        }
        error.about_keys()
    }

    /// How long keys are good that end at `expired_time`, where the server's clock shows `server_time`,
    /// if that is known.
    pub(crate) fn lease(&self, expired_time: Option<i64>, server_time: Option<i64>) -> Lease {
        let server_seconds = server_time.unwrap_or_else(|| self.server_seconds());
        Lease::new(self.transport.now().monotonic, server_seconds, expired_time)
    }
}

//! The keys that are in use.

use alloc::{rc::Rc, string::String, vec::Vec};
use core::{
    cell::{Cell, RefCell},
    time::Duration,
};

use tc3::{Authorization, SigningError, SigningKey};

use super::{
    CredentialChain, CredentialSource, Credentials, Role, flight::Flight, lease::Lease,
    refresh::Layer,
};
use crate::{error::Error, service::Service};

/// From how many characters on an external id is kept out of messages: the first ones that STS takes
/// are parts of many words.
const TELLING: usize = 8;

/// Whose keys sign a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signer {
    /// The last keys of the chain, which read secrets.
    Last,
    /// The keys of the source, before any role is assumed with them.
    Source,
    /// Nobody's: the call goes unsigned.
    Nobody,
}

/// Keys, until when they are good, and what they were last derived to. Wiped when dropped.
pub(crate) struct Keys {
    pub(crate) credentials: Credentials,
    /// `None` where nobody but the operator renews them.
    pub(crate) lease: Option<Lease>,
    /// The role of the CVM that they are of.
    pub(crate) cvm_role: Option<String>,
    /// The key of the day and the service that they last signed for.
    signing_key: RefCell<Option<(Service, SigningKey)>>,
}

impl Keys {
    pub(crate) fn new(
        credentials: Credentials,
        lease: Option<Lease>,
        cvm_role: Option<String>,
    ) -> Rc<Self> {
        Rc::new(Self {
            credentials,
            lease,
            cvm_role,
            signing_key: RefCell::new(None),
        })
    }

    /// Signs `request` to `service` at `timestamp`, in Unix seconds.
    pub(crate) fn sign(
        &self,
        request: &tc3::Request<'_>,
        service: Service,
        timestamp: u64,
    ) -> Result<Authorization, SigningError> {
        let mut cached = self.signing_key.borrow_mut();
        let fits = |(of, key): &(Service, SigningKey)| *of == service && key.covers(timestamp);
        let derived = match cached.take().filter(fits) {
            Some(derived) => derived,
            None => {
                let (scope, _) = service.scope_and_version();
                let key = SigningKey::derive(&self.credentials.key(), scope, timestamp)?;
                (service, key)
            }
        };
        cached.insert(derived).1.sign(request, timestamp)
    }
}

/// A place for keys of one layer of the chain.
pub(crate) struct Slot {
    keys: RefCell<Option<Rc<Keys>>>,
    pub(crate) flight: Flight,
    /// Before this moment of the monotonic clock nobody renews keys that are still good.
    pub(crate) not_before: Cell<Duration>,
    /// How many flights have ended, in keys or in the error that is kept.
    pub(crate) ended: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl Slot {
    fn new(keys: Option<Rc<Keys>>) -> Self {
        Self {
            keys: RefCell::new(keys),
            flight: Flight::new(),
            not_before: Cell::new(Duration::ZERO),
            ended: Cell::new(0),
            failure: RefCell::new(None),
        }
    }

    /// The keys that are there, good or not.
    pub(crate) fn current(&self) -> Option<Rc<Keys>> {
        self.keys.borrow().clone()
    }

    /// Takes what a flight ended in. Keys replace the old ones, which are wiped when nobody uses them
    /// any more.
    pub(crate) fn land(&self, result: Result<Rc<Keys>, Error>) {
        self.ended.set(self.ended.get() + 1);
        match result {
            Ok(keys) => {
                self.failure.take();
                self.keys.replace(Some(keys));
            }
            Err(error) => _ = self.failure.replace(Some(error)),
        }
    }

    /// What the last flight ended in.
    pub(crate) fn landed(&self) -> Result<Option<Rc<Keys>>, Error> {
        match &*self.failure.borrow() {
            Some(error) => Err(error.clone()),
            None => Ok(self.current()),
        }
    }
}

/// The chain with the keys that it has given so far.
pub(crate) struct Keyring {
    pub(crate) chain: CredentialChain,
    source: Slot,
    role: Slot,
}

impl Keyring {
    pub(crate) fn new(chain: CredentialChain) -> Self {
        let fixed = match &chain.source {
            CredentialSource::Fixed(credentials) => {
                Some(Keys::new(credentials.clone(), None, None))
            }
            _ => None,
        };
        Self {
            chain,
            source: Slot::new(fixed),
            role: Slot::new(None),
        }
    }

    /// The layer of the chain whose keys are `signer`'s.
    pub(crate) fn layer(&self, signer: Signer) -> Option<Layer> {
        match signer {
            Signer::Nobody => None,
            Signer::Last if self.chain.role.is_some() => Some(Layer::Role),
            Signer::Last | Signer::Source => Some(Layer::Source),
        }
    }

    pub(crate) fn slot(&self, layer: Layer) -> &Slot {
        match layer {
            Layer::Source => &self.source,
            Layer::Role => &self.role,
        }
    }

    /// Whether there may be better keys for `signer` than those that `error` refused.
    pub(crate) fn renews(&self, signer: Signer, error: &Error) -> bool {
        let renewable = match self.layer(signer) {
            Some(Layer::Role) => true,
            Some(Layer::Source) => !matches!(self.chain.source, CredentialSource::Fixed(_)),
            None => false,
        };
        // The second is what a service says that has forgotten a temporary key altogether.
        let codes = ["AuthFailure.TokenFailure", "AuthFailure.SecretIdNotFound"];
        renewable && codes.iter().any(|code| error.has_code(code))
    }

    /// The keys that read secrets, if there are any yet.
    pub(crate) fn current(&self) -> Option<Rc<Keys>> {
        self.slot(self.layer(Signer::Last)?).current()
    }

    /// What goes into no message, where `keys` signed and `authorization` was sent.
    pub(crate) fn secrets<'a>(
        &'a self,
        keys: Option<&'a Keys>,
        authorization: Option<&'a Authorization>,
    ) -> Vec<&'a str> {
        let mut secrets = Vec::new();
        if let Some(keys) = keys {
            secrets.extend_from_slice(&keys.credentials.secrets());
        }
        if let Some(authorization) = authorization {
            secrets.push(authorization.signature());
        }
        if let CredentialSource::WebIdentity { token, .. } = &self.chain.source {
            secrets.push(token);
        }
        if let Some(id) = self.chain.role.as_ref().and_then(Role::external_id)
            && id.len() >= TELLING
        {
            secrets.push(id);
        }
        secrets
    }
}

//! The client that instances share: pooled connections, TLS, and the list of what may be reached.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustls::pki_types::CertificateDer;
use thiserror::Error;

use super::{
    allow::{AllowList, InvalidPattern},
    certificates::Bundle,
    connect::Connect,
    origin::Origin,
    pool::Pool,
    proxy::{InvalidProxy, Proxy},
    report::Reports,
    shared::{SharedAnswers, Sharing},
    trust::Trust,
    watch::Watch,
};

/// How long connecting may take where nothing else is said, name resolution and TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Sends the requests of instances: over pooled connections with HTTP/2 where the origin offers it
/// and HTTP/1.1 with keep-alive where not, and only to allowed origins. Redirects are not followed.
/// Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct Outbound {
    pub(super) pool: Arc<Pool>,
    pub(super) allowed: Arc<AllowList>,
    pub(super) connect_timeout: Duration,
    pub(super) counters: Arc<Counters>,
    pub(super) watch: Watch,
    pub(super) reports: Arc<Reports>,
    pub(super) shared: Option<Arc<SharedAnswers>>,
    trust: Arc<Trust>,
}

/// Requests, counted where they are sent.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) answered: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) denied: AtomicU64,
}

/// What became of the requests of an [`Outbound`] and its clones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboundUsage {
    /// Requests that got an answer, with whatever status.
    pub answered: u64,
    /// Requests that got no answer.
    pub failed: u64,
    /// Requests that the allow-list kept back.
    pub denied: u64,
}

/// Settings of an [`Outbound`].
pub struct OutboundBuilder {
    allowed: AllowList,
    extra_roots: Vec<CertificateDer<'static>>,
    native_roots: bool,
    connect_timeout: Duration,
    proxy: Option<Proxy>,
}

/// A setting that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InvalidOutbound {
    /// An entry of the allow-list that names no origin.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// Text that holds no certificate authority.
    #[error("this is not a PEM file of certificates: {0}")]
    Certificates(String),
    /// A proxy that cannot be used.
    #[error(transparent)]
    Proxy(#[from] InvalidProxy),
    /// TLS as a whole.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
}

impl Outbound {
    /// This client for components that may reach `origin` too.
    #[must_use]
    pub fn allowing(&self, origin: &Origin) -> Self {
        let mut allowed = AllowList::clone(&self.allowed);
        allowed.add_origin(origin);
        Self {
            allowed: Arc::new(allowed),
            ..self.clone()
        }
    }

    /// This client for components that may reach `patterns` too, each as
    /// [`OutboundBuilder::allow`] takes it.
    ///
    /// # Errors
    /// [`InvalidPattern`].
    pub fn allowing_patterns<'a>(
        &self,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidPattern> {
        let mut allowed = AllowList::clone(&self.allowed);
        for pattern in patterns {
            allowed.add(pattern)?;
        }
        Ok(Self {
            allowed: Arc::new(allowed),
            ..self.clone()
        })
    }

    /// Whether components may reach `origin`.
    pub(crate) fn allows(&self, origin: &Origin) -> bool {
        self.allowed.has(origin)
    }

    /// This client for the instances of one store, which share answers as `rules` say.
    #[must_use]
    pub fn sharing(&self, rules: Arc<dyn Sharing>) -> Self {
        Self {
            shared: Some(Arc::new(SharedAnswers::new(rules))),
            ..self.clone()
        }
    }

    /// Trusts the certificate authorities in `pem` in place of those of
    /// [`OutboundBuilder::extra_ca`], and so do its clones; whether these are others. Then no request
    /// more goes over a connection that is there.
    ///
    /// # Errors
    /// [`InvalidOutbound::Certificates`] or [`InvalidOutbound::Tls`]; nothing changes then.
    pub fn trust(&self, pem: &[u8]) -> Result<bool, InvalidOutbound> {
        let others = self.trust.replace(authorities(pem)?)?;
        Ok(self.renewed_if(others))
    }

    /// Trusts the machine's certificate authorities as they are now, if it trusts them at all, and
    /// so do its clones; whether they are others, as with [`Outbound::trust`]. Reads files: blocks.
    ///
    /// # Errors
    /// [`InvalidOutbound::Tls`]; nothing changes then.
    pub fn trust_machine(&self) -> Result<bool, InvalidOutbound> {
        let others = self.trust.read_again()?;
        Ok(self.renewed_if(others))
    }

    fn renewed_if(&self, others: bool) -> bool {
        if others {
            self.pool.renew();
        }
        others
    }

    /// What became of its requests.
    pub fn usage(&self) -> OutboundUsage {
        OutboundUsage {
            answered: self.counters.answered.load(Ordering::Relaxed),
            failed: self.counters.failed.load(Ordering::Relaxed),
            denied: self.counters.denied.load(Ordering::Relaxed),
        }
    }

    /// Allows nothing yet; trusts the machine's certificate authorities; gives a connection 10 s;
    /// uses no proxy.
    pub fn builder() -> OutboundBuilder {
        OutboundBuilder {
            allowed: AllowList::default(),
            extra_roots: Vec::new(),
            native_roots: true,
            connect_timeout: CONNECT_TIMEOUT,
            proxy: None,
        }
    }
}

impl OutboundBuilder {
    /// Allows an origin: `[SCHEME://]HOST[:PORT]`, where the scheme is `https` if there is none,
    /// a host that begins with `*.` stands for all names below, and the port `*` for any. May be
    /// called again.
    ///
    /// # Errors
    /// [`InvalidOutbound::Pattern`].
    pub fn allow(mut self, pattern: &str) -> Result<Self, InvalidOutbound> {
        self.allowed.add(pattern)?;
        Ok(self)
    }

    /// Trusts the certificate authorities in `pem` too. One that cannot be read costs itself alone,
    /// and a line in the log with its position.
    ///
    /// # Errors
    /// [`InvalidOutbound::Certificates`] if none can be read.
    pub fn extra_ca(mut self, pem: &[u8]) -> Result<Self, InvalidOutbound> {
        self.extra_roots.extend(authorities(pem)?);
        Ok(self)
    }

    /// Whether to trust the machine's certificate authorities.
    #[must_use]
    pub fn native_roots(mut self, trusted: bool) -> Self {
        self.native_roots = trusted;
        self
    }

    /// Reaches `https` origins through a tunnel of the HTTP proxy `url`, but for the hosts in
    /// `exceptions`: as `HTTPS_PROXY` and `NO_PROXY` say it.
    ///
    /// `exceptions` mean what they mean to Go's programs; this machine is always one.
    ///
    /// # Errors
    /// [`InvalidOutbound::Proxy`] if `url` is not one of an HTTP proxy and something would use it.
    pub fn https_proxy(mut self, url: &str, exceptions: &str) -> Result<Self, InvalidOutbound> {
        self.proxy = Proxy::parse(url, exceptions)?;
        Ok(self)
    }

    /// How long connecting may take, name resolution and TLS included.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// # Errors
    /// [`InvalidOutbound::Tls`].
    pub fn build(self) -> Result<Outbound, InvalidOutbound> {
        let trust = Arc::new(Trust::new(self.native_roots, self.extra_roots)?);
        let watch = Watch::new();
        let pool = Arc::new(Pool::new(Connect {
            proxy: self.proxy.map(Arc::new),
            trust: Arc::clone(&trust),
            watch: watch.clone(),
            limit: self.connect_timeout,
        }));
        Ok(Outbound {
            pool,
            allowed: Arc::new(self.allowed),
            connect_timeout: self.connect_timeout,
            counters: Arc::default(),
            watch,
            reports: Arc::default(),
            shared: None,
            trust,
        })
    }
}

/// Those in `pem`; what cannot be read is said.
fn authorities(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, InvalidOutbound> {
    let bundle = Bundle::read(pem);
    if bundle.authorities.is_empty() {
        let found = bundle.broken.len();
        let why = format!("of {found} certificates in it none can be read");
        return Err(InvalidOutbound::Certificates(why));
    }
    for position in bundle.broken {
        tracing::warn!(
            "certificate number {position} of the additional authorities cannot be read; the \
             others count"
        );
    }
    Ok(bundle.authorities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for pem in [
            "",
            "nonsense",
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----",
        ] {
            let refused = Outbound::builder().extra_ca(pem.as_bytes());
            assert!(matches!(refused, Err(InvalidOutbound::Certificates(_))));
        }
    }
}

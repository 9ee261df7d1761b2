//! The certificate authorities that connections go by, which may become others.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, TrustAnchor},
};

/// Whom to trust from now on.
pub(super) struct Trust {
    /// Whether the machine's own are trusted.
    by_machine: bool,
    current: RwLock<Current>,
}

struct Current {
    tls: Arc<ClientConfig>,
    machine: Vec<TrustAnchor<'static>>,
    extra: Vec<TrustAnchor<'static>>,
}

impl Trust {
    /// In `extra`, and where `by_machine` says so in the machine's certificate authorities.
    pub(super) fn new(
        by_machine: bool,
        extra: Vec<CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let found = by_machine.then(rustls_native_certs::load_native_certs);
        let machine = anchors(found.unwrap_or_default().certs);
        let current = RwLock::new(Current::new(machine, anchors(extra))?);
        Ok(Self {
            by_machine,
            current,
        })
    }

    /// For the next connection.
    pub(super) fn tls(&self) -> Arc<ClientConfig> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current.tls)
    }

    /// Trusts `extra` besides the machine's; whether it trusted others before.
    pub(super) fn replace(
        &self,
        extra: Vec<CertificateDer<'static>>,
    ) -> Result<bool, rustls::Error> {
        self.change(|last| (last.machine.clone(), anchors(extra)))
    }

    /// Trusts the machine's as they are now, if it trusts them; whether they were others before.
    /// Where none can be read, nothing changes. Blocks.
    pub(super) fn read_again(&self) -> Result<bool, rustls::Error> {
        if !self.by_machine {
            return Ok(false);
        }
        let found = rustls_native_certs::load_native_certs();
        if let (true, Some(why)) = (found.certs.is_empty(), found.errors.first()) {
            let why = format!("the machine's certificate authorities cannot be read: {why}");
            return Err(rustls::Error::General(why));
        }
        self.change(|last| (anchors(found.certs), last.extra.clone()))
    }

    fn change(
        &self,
        next: impl FnOnce(&Current) -> (Vec<TrustAnchor<'static>>, Vec<TrustAnchor<'static>>),
    ) -> Result<bool, rustls::Error> {
        let mut last = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let (machine, extra) = next(&last);
        if machine == last.machine && extra == last.extra {
            return Ok(false);
        }
        *last = Current::new(machine, extra)?;
        Ok(true)
    }
}

impl Current {
    fn new(
        machine: Vec<TrustAnchor<'static>>,
        extra: Vec<TrustAnchor<'static>>,
    ) -> Result<Self, rustls::Error> {
        let roots = machine.iter().chain(&extra).cloned().collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(RootCertStore { roots })
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            tls: Arc::new(tls),
            machine,
            extra,
        })
    }
}

/// Of those that can be read: a machine's store may hold certificates that nobody can.
fn anchors(certificates: Vec<CertificateDer<'static>>) -> Vec<TrustAnchor<'static>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    roots.roots
}

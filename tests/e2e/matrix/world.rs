//! Both ends of what is tried.

use std::fmt;

use dapr_wasm_host::{InstanceOptions, Outbound, SecretStore};
use host_test::harness::{compiled, properties};
use ssm_emulator::{Certificate, Config, Emulator, Fault, FaultKind};

use crate::peer::{Manners, Peer};

/// What goes wrong.
#[derive(Clone)]
pub(super) enum Wrong {
    /// A fault of the emulator's, as its option `--fault` has it.
    Answer(&'static str),
    /// This body.
    Body(Vec<u8>),
    /// Its certificate.
    Certificate(Certificate),
    /// Something else is there, and is spoken to by this scheme.
    Peer(&'static str, Manners),
    /// The emulator is spoken to by the scheme that it does not speak.
    Scheme(&'static str),
    /// The host does not allow it.
    Denied,
    /// Nobody is there.
    Nobody,
}

/// Both ends of what is tried.
pub(super) struct World {
    pub(super) url: String,
    outbound: Outbound,
    _emulator: Emulator,
    _peer: Option<Peer>,
}

impl World {
    pub(super) async fn new(wrong: &Wrong, http2: bool) -> Self {
        let mut config = Config {
            tls: http2,
            http2,
            ..Config::sample()
        };
        let (mut other, mut nobody) = (None, false);
        match wrong {
            Wrong::Answer(fault) => config.faults = vec![Fault::parse(fault).unwrap()],
            Wrong::Body(body) => {
                config.faults = vec![Fault::new(FaultKind::Raw(body.clone()))];
            }
            Wrong::Certificate(sort) => (config.tls, config.certificate) = (true, *sort),
            Wrong::Scheme(scheme) => config.tls = *scheme == "http",
            Wrong::Peer(scheme, manners) => {
                other = Some((*scheme, Peer::start(*manners).await));
            }
            Wrong::Denied => {}
            Wrong::Nobody => nobody = true,
        }
        let emulator = Emulator::start(config).await.unwrap();
        let port = emulator.address().port();
        let url = match (wrong, &other) {
            (Wrong::Scheme(scheme), _) => format!("{scheme}://localhost:{port}"),
            (_, Some((scheme, peer))) => format!("{scheme}://localhost:{}", peer.address.port()),
            // Port 1 is nobody's.
            _ if nobody => "http://127.0.0.1:1".to_owned(),
            _ => emulator.url(),
        };
        let allowed = match wrong {
            Wrong::Denied => "https://elsewhere.test",
            _ => &url,
        };
        let mut outbound = Outbound::builder().native_roots(false);
        outbound = outbound.allow(allowed).unwrap();
        if let Some(ca) = emulator.ca_pem() {
            outbound = outbound.extra_ca(ca.as_bytes()).unwrap();
        }
        Self {
            url,
            outbound: outbound.build().unwrap(),
            _emulator: emulator,
            _peer: other.map(|(_, peer)| peer),
        }
    }

    pub(super) async fn store(&self, timeout: &str) -> SecretStore {
        let own = [("maxRetries", "0"), ("timeout", timeout)];
        let options = InstanceOptions::default();
        let store = compiled().instantiate(&self.outbound, &options).await;
        let mut store = store.unwrap();
        store.init(&properties(&self.url, &own)).await.unwrap();
        store
    }
}

impl Wrong {
    /// Whether nothing of SSM's came that could be read.
    pub(super) fn is_on_the_way(&self) -> bool {
        match self {
            Self::Answer(fault) => ["reset", "close", "truncated"].contains(fault),
            Self::Body(_) => false,
            // What answered spoke HTTP.
            Self::Peer(_, Manners::Says(text)) => !text.starts_with(b"HTTP/1.1 101"),
            _ => true,
        }
    }
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lossy = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            text.chars().take(40).collect::<String>()
        };
        match self {
            Self::Answer(fault) => f.write_str(fault),
            Self::Body(body) => write!(f, "the body {:?}", lossy(body)),
            Self::Certificate(sort) => write!(f, "certificate: {sort:?}"),
            Self::Peer(scheme, Manners::Closes) => write!(f, "{scheme}: closes"),
            Self::Peer(scheme, Manners::Resets) => write!(f, "{scheme}: resets"),
            Self::Peer(scheme, Manners::Silent) => write!(f, "{scheme}: silent"),
            Self::Peer(scheme, Manners::Says(text) | Manners::SaysAndStays(text)) => {
                write!(f, "{scheme}: {:?}", lossy(text))
            }
            Self::Scheme(scheme) => write!(f, "{scheme}:// to the other port"),
            Self::Denied => f.write_str("not allowed"),
            Self::Nobody => f.write_str("nobody there"),
        }
    }
}

//! A running emulator.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use crate::{
    Behaviour, Config, Fault, Role, Secret, Seen, TemporaryKey, WebIdentity, connection,
    service::Front, state::Shared, tls, verify::Product,
};

/// A running emulator. It ends, with all its connections, when dropped.
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
    sts: SocketAddr,
    metadata: SocketAddr,
    /// Whether the metadata service has an address of its own, where it speaks no TLS.
    apart: bool,
    ca_pem: Option<String>,
    ended: watch::Sender<bool>,
}

impl Emulator {
    /// Starts an emulator, which then listens.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn start(config: Config) -> io::Result<Self> {
        let (ca_pem, acceptor) = if config.tls {
            let (pem, acceptor) = tls::acceptor(config.http2, config.certificate)?;
            (Some(pem), Some(acceptor))
        } else {
            (None, None)
        };
        let apart = config.apart;
        let other = SocketAddr::new(config.listen.ip(), 0);
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config));
        let (ended, watch) = watch::channel(false);
        let run = |listener, tls, front| {
            let shared = Arc::clone(&shared);
            tokio::spawn(accept(listener, tls, shared, front, watch.clone()));
        };
        let (mut sts, mut metadata) = (address, address);
        if apart {
            let (of_sts, of_metadata) = (
                TcpListener::bind(other).await?,
                TcpListener::bind(other).await?,
            );
            (sts, metadata) = (of_sts.local_addr()?, of_metadata.local_addr()?);
            run(of_sts, acceptor.clone(), Front::Only(Product::Sts));
            run(of_metadata, None, Front::Metadata);
            run(listener, acceptor, Front::Only(Product::Ssm));
        } else {
            run(listener, acceptor, Front::All);
        }
        Ok(Self {
            shared,
            address,
            sts,
            metadata,
            apart,
            ca_pem,
            ended,
        })
    }

    /// The emulator's URL, as the setting `endpoint` wants it: `http://127.0.0.1:PORT`, with TLS
    /// `https://localhost:PORT`.
    pub fn url(&self) -> String {
        url_of(self.address, self.ca_pem.is_some())
    }

    /// The URL of STS, as the setting `stsEndpoint` wants it: [`Self::url`], unless they are apart.
    pub fn sts_url(&self) -> String {
        url_of(self.sts, self.ca_pem.is_some())
    }

    /// The URL of the metadata service, as the setting `metadataEndpoint` wants it: [`Self::url`],
    /// unless they are apart.
    pub fn metadata_url(&self) -> String {
        url_of(self.metadata, self.ca_pem.is_some() && !self.apart)
    }

    /// The address that the emulator listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate authority to trust, if the emulator speaks TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Adds a way to misbehave from now on.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().config.faults.push(fault);
    }

    /// Removes every way to misbehave.
    pub fn clear_faults(&self) {
        self.shared.lock().config.faults.clear();
    }

    /// Sets the server's clock: seconds to add to this machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.lock().config.clock_offset = seconds;
    }

    /// Changes how what is not documented is done.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.shared.lock().config.behaviour = behaviour;
    }

    /// Adds a secret, in the place of one of the same name.
    pub fn put_secret(&self, secret: Secret) {
        let secrets = &mut self.shared.lock().config.secrets;
        match secrets.iter_mut().find(|there| there.name == secret.name) {
            Some(there) => *there = secret,
            None => secrets.push(secret),
        }
    }

    /// Adds a role, in the place of one with the same ARN.
    pub fn put_role(&self, role: Role) {
        let roles = &mut self.shared.lock().config.roles;
        match roles.iter_mut().find(|there| there.arn() == role.arn()) {
            Some(there) => *there = role,
            None => roles.push(role),
        }
    }

    /// Gives the CVM another role, or none.
    pub fn set_cvm_role(&self, role: Option<Role>) {
        self.shared.lock().config.cvm_role = role;
    }

    /// Sets the web identities that STS believes, instead of those before: a token that is not
    /// among them has expired.
    pub fn set_web_identities(&self, web_identities: Vec<WebIdentity>) {
        self.shared.lock().config.web_identities = web_identities;
    }

    /// Sets how long temporary keys live that are issued from now on; `None`: as was asked for.
    pub fn set_key_life(&self, life: Option<Duration>) {
        self.shared.lock().config.key_life = life;
    }

    /// The temporary keys that were issued since the start, in order.
    pub fn temporary_keys(&self) -> Vec<TemporaryKey> {
        self.shared.lock().issued.all()
    }

    /// Makes every temporary key that was issued until now no good.
    pub fn forget_temporary_keys(&self) {
        self.shared.lock().issued.forget();
    }

    /// How many requests for `action` came in since the start or [`Self::clear_requests`].
    pub fn count(&self, action: &str) -> usize {
        let state = self.shared.lock();
        let seen = state.seen.iter();
        seen.filter(|seen| seen.action == action).count()
    }

    /// The requests that came in since the start or [`Self::clear_requests`], in order.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.lock().seen.clone()
    }

    /// Forgets the requests that came in, and the peak.
    pub fn clear_requests(&self) {
        let mut state = self.shared.lock();
        state.seen.clear();
        state.peak_in_flight = state.in_flight;
    }

    /// How many connections were accepted since the start.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// The most requests that were being answered at once.
    pub fn peak_in_flight(&self) -> usize {
        self.shared.lock().peak_in_flight
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.ended.send(true);
    }
}

fn url_of(address: SocketAddr, tls: bool) -> String {
    if tls {
        format!("https://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    front: Front,
    mut ended: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = ended.wait_for(|ended| *ended) => return,
        };
        // An accept that fails (a client gone, no file handle free) says nothing of the next.
        let Ok((stream, _)) = accepted else {
            tokio::task::yield_now().await;
            continue;
        };
        shared.lock().connections += 1;
        let (tls, shared, ended) = (tls.clone(), Arc::clone(&shared), ended.clone());
        tokio::spawn(connection::run(stream, tls, shared, front, ended));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn apart_the_metadata_service_speaks_plain_http_beside_tls() {
        let config = Config {
            apart: true,
            tls: true,
            ..Config::sample()
        };
        let apart = Emulator::start(config.clone()).await.unwrap();
        assert!(apart.url().starts_with("https:") && apart.sts_url().starts_with("https:"));
        assert!(apart.metadata_url().starts_with("http:"));
        assert_ne!(apart.url(), apart.sts_url());
        let config = Config {
            apart: false,
            ..config
        };
        let one = Emulator::start(config).await.unwrap();
        assert_eq!(one.url(), one.metadata_url());
    }
}

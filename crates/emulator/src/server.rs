//! A running emulator.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use crate::{Behaviour, Config, Fault, Secret, Seen, connection, state::Shared, tls};

/// A running emulator. It ends, with all its connections, when dropped.
pub struct Emulator {
    shared: Arc<Shared>,
    address: SocketAddr,
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
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(config));
        let (ended, watch) = watch::channel(false);
        tokio::spawn(accept(listener, acceptor, Arc::clone(&shared), watch));
        Ok(Self {
            shared,
            address,
            ca_pem,
            ended,
        })
    }

    /// The emulator's URL, as the setting `endpoint` wants it: `http://127.0.0.1:PORT`, with TLS
    /// `https://localhost:PORT`.
    pub fn url(&self) -> String {
        match self.ca_pem {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
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

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
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
        tokio::spawn(connection::run(stream, tls, shared, ended));
    }
}

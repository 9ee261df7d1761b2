//! A running emulator.

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::watch};
use tokio_rustls::TlsAcceptor;

use super::{Behaviour, Config, Fault, Secret, Seen, connection, tls, world::World};

/// A running emulator. It ends, with all its connections, when dropped.
pub struct Emulator {
    world: Arc<World>,
    address: SocketAddr,
    ca_pem: Option<String>,
    ended: watch::Sender<bool>,
}

impl Emulator {
    /// Starts listening.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn start(config: Config) -> io::Result<Self> {
        let (ca_pem, acceptor) = if config.tls {
            let (pem, acceptor) = tls::acceptor(config.http2)?;
            (Some(pem), Some(acceptor))
        } else {
            (None, None)
        };
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World::new(config));
        let (ended, watch) = watch::channel(false);
        tokio::spawn(accept(listener, acceptor, Arc::clone(&world), watch));
        Ok(Self {
            world,
            address,
            ca_pem,
            ended,
        })
    }

    /// Where it listens, as the setting `endpoint` wants it: `http://127.0.0.1:PORT`, with TLS
    /// `https://localhost:PORT`.
    pub fn url(&self) -> String {
        match self.ca_pem {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate authority to trust, if it speaks TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Misbehaves from now on.
    pub fn add_fault(&self, fault: Fault) {
        self.world.lock().config.faults.push(fault);
    }

    /// Behaves again.
    pub fn clear_faults(&self) {
        self.world.lock().config.faults.clear();
    }

    /// Sets its clock: seconds to add to this machine's.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.world.lock().config.clock_offset = seconds;
    }

    /// Changes how it does what is not documented.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.world.lock().config.behaviour = behaviour;
    }

    /// Adds a secret, in the place of one of the same name.
    pub fn put_secret(&self, secret: Secret) {
        let secrets = &mut self.world.lock().config.secrets;
        match secrets.iter_mut().find(|there| there.name == secret.name) {
            Some(there) => *there = secret,
            None => secrets.push(secret),
        }
    }

    /// The requests that came in since the start or [`Self::clear_requests`], in order.
    pub fn requests(&self) -> Vec<Seen> {
        self.world.lock().seen.clone()
    }

    /// Forgets the requests that came in, and the peak.
    pub fn clear_requests(&self) {
        let mut state = self.world.lock();
        state.seen.clear();
        state.peak_in_flight = state.in_flight;
    }

    /// How many connections were accepted since the start.
    pub fn connections(&self) -> usize {
        self.world.lock().connections
    }

    /// The most requests that were being answered at once.
    pub fn peak_in_flight(&self) -> usize {
        self.world.lock().peak_in_flight
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
    world: Arc<World>,
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
        world.lock().connections += 1;
        let (tls, world, ended) = (tls.clone(), Arc::clone(&world), ended.clone());
        tokio::spawn(connection::run(stream, tls, world, ended));
    }
}

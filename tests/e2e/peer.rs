//! Something else than a web server at the other end of a connection.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

/// What it does with a connection.
#[derive(Clone, Copy)]
pub(crate) enum Manners {
    /// Ends it at once, in good order.
    Closes,
    /// Ends it at once, with a reset.
    Resets,
    /// Keeps it and says nothing.
    Silent,
    /// Listens to the request, says this and ends it.
    Says(&'static [u8]),
    /// Listens to the request, says this and nothing more.
    SaysAndStays(&'static [u8]),
}

/// A server of bad manners on loopback. It ends when dropped.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Peer {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(meet(stream, manners));
            }
        });
        Self { address, serving }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A connection's mistakes are no concern of the peer's.
async fn meet(mut stream: TcpStream, manners: Manners) {
    match manners {
        Manners::Closes => {}
        Manners::Resets => {
            let _ = stream.set_zero_linger();
        }
        Manners::Silent => sleep(Duration::from_secs(60)).await,
        Manners::Says(text) => {
            listen(&mut stream).await;
            let _ = stream.write_all(text).await;
            let _ = stream.shutdown().await;
        }
        Manners::SaysAndStays(text) => {
            listen(&mut stream).await;
            let _ = stream.write_all(text).await;
            sleep(Duration::from_secs(60)).await;
        }
    }
}

/// Reads until the other side pauses, which a request ends with.
async fn listen(stream: &mut TcpStream) {
    let mut buffer = [0; 4_096];
    let pause = Duration::from_millis(50);
    let mut heard = false;
    loop {
        let reading = stream.read(&mut buffer);
        let read = if heard {
            timeout(pause, reading).await.unwrap_or(Ok(0))
        } else {
            reading.await
        };
        match read {
            Ok(0) | Err(_) => return,
            Ok(_) => heard = true,
        }
    }
}

//! Connections that die without a word: nothing is closed, nothing comes any more.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use http::StatusCode;
use ssm_emulator::{Config, Emulator, Rates, Secret};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::support::{Folder, SSM, Served, component};

/// Forwards to `target` until told to forget the connections that there are.
struct Forwarder {
    address: SocketAddr,
    silence: watch::Sender<()>,
}

impl Forwarder {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silence, silenced) = watch::channel(());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(forward(stream, target, silenced.clone()));
            }
        });
        Self { address, silence }
    }

    /// Nothing more passes on the connections that there are, and nobody is told.
    fn forget(&self) {
        self.silence.send_replace(());
    }
}

async fn forward(mut near: TcpStream, target: SocketAddr, mut silenced: watch::Receiver<()>) {
    let mut far = TcpStream::connect(target).await.unwrap();
    silenced.mark_unchanged();
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => return,
        _ = silenced.changed() => {}
    }
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_died_without_a_word_cost_two_reads_at_most() {
    for http2 in [true, false] {
        let secrets = (0..20).map(|number| Secret::text(&format!("s{number}"), "v1", "value"));
        let config = Config {
            tls: true,
            http2,
            secrets: secrets.collect(),
            rates: Rates::none(),
            latency: Duration::from_millis(50),
            ..Config::default()
        };
        let emulator = Emulator::start(config).await.unwrap();
        let forwarder = Forwarder::to(emulator.address()).await;
        let endpoint = format!("https://localhost:{}", forwarder.address.port());
        let more = [("timeout", "5s"), ("maxRetries", "0")];
        let mut all = test_support::resources::properties(&endpoint, &more);
        all.sort();
        let items: Vec<_> = all
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let folder = Folder::new().with("a.yaml", &component("tencent", SSM, &items, ""));
        folder.write("ca.pem", emulator.ca_pem().unwrap());
        let ca = folder.file("ca.pem");
        let served = Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], &[]);

        // Many connections over HTTP/1.1, and one over HTTP/2.
        let bulk = served.get("/v1.0/secrets/tencent/bulk").await;
        assert_eq!(bulk.status, StatusCode::OK, "{bulk:?}");
        assert_eq!(emulator.connections() > 5, !http2);
        forwarder.forget();
        let mut lost = 0;
        for _ in 0..20 {
            let started = Instant::now();
            let answer = served.get("/v1.0/secrets/tencent/s1").await;
            assert!(started.elapsed() < Duration::from_secs(15));
            lost += u32::from(answer.status != StatusCode::OK);
        }
        assert!(lost <= 2, "{lost} of 20 reads were lost");
    }
}

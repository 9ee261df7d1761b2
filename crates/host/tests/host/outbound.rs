//! The host's way out: TLS, HTTP/2, proxies.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http::{StatusCode, Version};
use ssm_emulator::{Config, Emulator};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::support::{Folder, Served, on};

/// An emulator with TLS, and a host that trusts it.
async fn over_tls(http2: bool, env: &[(&str, &str)]) -> (Served, Emulator) {
    let config = Config {
        tls: true,
        http2,
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    folder.write("ca.pem", emulator.ca_pem().unwrap());
    let ca = folder.file("ca.pem");
    let served = Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], env);
    (served, emulator)
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    for (http2, version) in [(true, Version::HTTP_2), (false, Version::HTTP_11)] {
        let (served, emulator) = over_tls(http2, &[]).await;
        for _ in 0..3 {
            let bulk = served.get("/v1.0/secrets/tencent/bulk").await;
            assert_eq!(bulk.status, StatusCode::OK, "{bulk:?}");
        }
        let requests = emulator.requests();
        assert!(requests.iter().all(|request| request.http == version));
        assert!(emulator.connections() < requests.len(), "they are kept");
    }
}

/// A proxy that tunnels to whatever is asked for, and remembers what that was.
async fn proxy() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tunnel(stream, Arc::clone(&seen)));
        }
    });
    (address, asked)
}

async fn tunnel(stream: TcpStream, asked: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        stream.read_line(&mut head).await.unwrap();
    }
    let target = head.split(' ').nth(1).unwrap().to_owned();
    let mut inner = TcpStream::connect(&target).await.unwrap();
    asked.lock().unwrap().push(head);
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut inner).await;
}

#[tokio::test]
async fn https_goes_through_the_proxy_unless_it_is_excepted() {
    let (address, asked) = proxy().await;
    let url = format!("http://user:pass@{address}");
    for (variables, used) in [
        ([("HTTPS_PROXY", url.as_str()), ("NO_PROXY", "")], true),
        (
            [
                ("https_proxy", url.as_str()),
                ("no_proxy", "a.example,localhost"),
            ],
            false,
        ),
    ] {
        let (served, emulator) = over_tls(false, &variables).await;
        let answer = served.get("/v1.0/secrets/tencent/api-token").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let asked: Vec<_> = asked.lock().unwrap().drain(..).collect();
        assert_eq!(!asked.is_empty(), used);
        if used {
            let port = emulator.address().port();
            assert!(asked[0].starts_with(&format!("CONNECT localhost:{port} HTTP/1.1\r\n")));
            assert!(
                asked[0]
                    .to_lowercase()
                    .contains("proxy-authorization: basic dxnlcjpwyxnz")
            );
        }
        assert!(!served.process.log().contains("pass"));
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let config = Config {
        tls: true,
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[("maxRetries", "0")]));
    let served = Served::start(&folder, &[], &[]);
    let answer = served.get("/v1.0/secrets/tencent/api-token").await;
    assert_eq!(
        answer.header("dapr-error-kind"),
        Some("unavailable"),
        "{answer:?}"
    );
    assert!(emulator.requests().is_empty());
}

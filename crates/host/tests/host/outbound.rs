//! The host's way out: TLS, HTTP/2, proxies.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http::{StatusCode, Version};
use ssm_emulator::{Config, Emulator};
use test_support::resources::properties;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::support::{Folder, SSM, Served, component, on, run, text};

/// An emulator with TLS, and a host that trusts it.
async fn over_tls(http2: bool) -> (Served, Emulator) {
    let emulator = emulator(http2).await;
    let url = emulator.url();
    (reaching(&emulator, &url, &[]), emulator)
}

async fn emulator(http2: bool) -> Emulator {
    let config = Config {
        tls: true,
        http2,
        ..Config::sample()
    };
    Emulator::start(config).await.unwrap()
}

/// A host that trusts `emulator` and reaches it as `endpoint`.
fn reaching(emulator: &Emulator, endpoint: &str, env: &[(&str, &str)]) -> Served {
    let all = properties(endpoint, &[]);
    let items: Vec<_> = all
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let folder = Folder::new().with("a.yaml", &component("tencent", SSM, &items, ""));
    folder.write("ca.pem", emulator.ca_pem().unwrap());
    let ca = folder.file("ca.pem");
    Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], env)
}

#[tokio::test]
async fn http2_is_spoken_where_it_is_offered() {
    for (http2, version) in [(true, Version::HTTP_2), (false, Version::HTTP_11)] {
        let (served, emulator) = over_tls(http2).await;
        for _ in 0..3 {
            let bulk = served.get("/v1.0/secrets/tencent/bulk").await;
            assert_eq!(bulk.status, StatusCode::OK, "{bulk:?}");
        }
        let requests = emulator.requests();
        assert!(requests.iter().all(|request| request.http == version));
        assert!(emulator.connections() < requests.len(), "they are kept");
    }
}

/// A proxy that tunnels to this machine, whatever is asked for, and remembers what that was.
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
    let target = head.split(' ').nth(1).unwrap();
    let (_, port) = target.split_once(':').unwrap();
    let mut inner = TcpStream::connect(format!("localhost:{port}"))
        .await
        .unwrap();
    asked.lock().unwrap().push(head);
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut inner).await;
}

#[tokio::test]
async fn https_goes_through_the_proxy_unless_it_is_excepted() {
    let (address, asked) = proxy().await;
    let url = format!("http://user:p@ss@{address}");
    let emulator = emulator(false).await;
    let port = emulator.address().port();
    let named = format!("https://ssm.emulator.test:{port}");
    let here = emulator.url();
    for (endpoint, variables, used) in [
        (
            &named,
            [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", "")],
            true,
        ),
        (
            &named,
            [("https_proxy", url.as_str()), ("no_proxy", "*.test:1")],
            true,
        ),
        // This machine is never reached through a proxy.
        (
            &here,
            [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", "")],
            false,
        ),
        // One that cannot be used, and that nothing uses.
        (
            &here,
            [("HTTPS_PROXY", "https://x"), ("NO_PROXY", "*")],
            false,
        ),
    ] {
        let served = reaching(&emulator, endpoint, &variables);
        let answer = served.get("/v1.0/secrets/tencent/api-token").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        let asked: Vec<_> = asked.lock().unwrap().drain(..).collect();
        assert_eq!(!asked.is_empty(), used, "{variables:?}");
        if used {
            let connect = format!("CONNECT ssm.emulator.test:{port} HTTP/1.1\r\n");
            assert!(asked[0].starts_with(&connect), "{asked:?}");
            let head = asked[0].to_lowercase();
            assert!(
                head.contains("proxy-authorization: basic dxnlcjpwqhnz"),
                "{head}"
            );
        }
        assert!(!served.process.log().contains("p@ss"));
    }
}

#[test]
fn a_proxy_that_cannot_be_used_ends_the_start_with_the_reason() {
    let folder = Folder::new();
    let arguments = ["check", "--resources-path", folder.path().to_str().unwrap()];
    for (proxy, said) in [
        ("https://user:s3cr3t@proxy.example", "not supported"),
        ("socks5://user:s3cr3t@proxy.example", "only HTTP proxies"),
    ] {
        let output = run(&arguments, &[("HTTPS_PROXY", proxy)]);
        let log = text(&output.stderr);
        assert!(log.contains("HTTPS_PROXY") && log.contains(said), "{log}");
        assert!(!log.contains("s3cr3t"), "{log}");
    }
}

#[tokio::test]
async fn a_broken_certificate_in_a_bundle_costs_itself_alone() {
    let emulator = emulator(false).await;
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    folder.write("ca.pem", &format!("{broken}{}", emulator.ca_pem().unwrap()));
    let ca = folder.file("ca.pem");
    let served = Served::start(&folder, &["--extra-ca", ca.to_str().unwrap()], &[]);
    let answer = served.get("/v1.0/secrets/tencent/api-token").await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let log = served.process.log();
    assert!(log.contains("certificate number 1 "), "{log}");
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

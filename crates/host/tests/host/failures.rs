//! Each failure on the way out: what the component is told, and what the log says.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::StatusCode;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::support::{Folder, Served, component};

/// Accepts, reads a little, and says `answer` or nothing at all.
async fn plain(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if answer.is_empty() {
                kept.push(stream);
                continue;
            }
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

/// Shakes hands with `certificate`, and no more.
async fn tls(certificate: CertificateDer<'static>, key: &KeyPair) -> SocketAddr {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move { acceptor.accept(stream).await.map(drop) });
        }
    });
    address
}

fn for_name(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

/// A stranger that may reach everything here, and what it says of a request to `url`.
struct Told(Served);

impl Told {
    fn start(folder: &Folder, urls: &[&str], more: &[&str], env: &[(&str, &str)]) -> Self {
        let wasm = component_build::package("bad-store").unwrap();
        let mut arguments = vec![format!("--component=secretstores.bad={}", wasm.display())];
        arguments.extend(more.iter().map(|it| (*it).to_owned()));
        for url in urls {
            arguments.push(format!("--allow=secretstores.bad={url}"));
        }
        folder.write("a.yaml", &component("bad", "secretstores.bad", &[], ""));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Self(Served::start(folder, &arguments, env))
    }

    async fn of(&self, url: &str) -> String {
        let path = format!("/v1.0/secrets/bad/reach?metadata.limit=1000&metadata.url={url}");
        let answer = self.0.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    /// The line of the log about a request to `place`.
    async fn logged(&self, place: &str) -> String {
        let started = Instant::now();
        loop {
            let log = self.0.process.log();
            let mut lines = log
                .lines()
                .filter(|line| line.contains("of a component failed"));
            if let Some(line) = lines.find(|line| line.contains(place)) {
                return line.to_owned();
            }
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{place}: {log}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_is_told_by_the_step_that_failed_and_why() {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let signed = |params: CertificateParams| params.signed_by(&key, &own).unwrap().der().clone();
    let mut old = for_name("127.0.0.1");
    old.not_after = date_time_ymd(2020, 1, 1);
    let mut early = for_name("127.0.0.1");
    early.not_before = date_time_ymd(2099, 1, 1);
    early.not_after = date_time_ymd(2100, 1, 1);
    let mut itself = for_name("127.0.0.1");
    itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let itself = itself.self_signed(&key).unwrap();
    let mut stranger = for_name("127.0.0.1");
    stranger
        .distinguished_name
        .push(DnType::CommonName, "nobody");
    let stranger = stranger.self_signed(&key).unwrap();
    // As after an authority was made anew under its old name.
    let other = for_name("127.0.0.1").self_signed(&key).unwrap();

    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let good = tls(signed(for_name("127.0.0.1")), &key).await;
    let page = plain("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let cases = [
        (
            format!("http://{refused}"),
            "ConnectionRefused",
            format!("{refused} could not be connected to"),
        ),
        (
            "https://no-such-host.invalid".to_owned(),
            "DnsError",
            "the name no-such-host.invalid could not be resolved".to_owned(),
        ),
        (
            format!("https://{}", tls(signed(old), &key).await),
            "certificate has expired",
            "certificate has expired".to_owned(),
        ),
        (
            format!("https://{}", tls(signed(early), &key).await),
            "is not valid yet",
            "is not valid yet".to_owned(),
        ),
        (
            format!("https://{}", tls(signed(for_name("b.example")), &key).await),
            "is for another name",
            "b.example".to_owned(),
        ),
        (
            format!("https://{}", tls(stranger.der().clone(), &key).await),
            "an authority that this host does not trust",
            "--extra-ca".to_owned(),
        ),
        (
            format!("https://{}", tls(other.der().clone(), &key).await),
            "not signed by the authority that it names",
            "BadSignature".to_owned(),
        ),
        (
            format!("https://{}", tls(itself.der().clone(), &key).await),
            "its own authority (CA:TRUE",
            "CaUsedAsEndEntity".to_owned(),
        ),
        (
            format!("http://{good}"),
            "say https://",
            "does not answer in HTTP".to_owned(),
        ),
        (
            format!("https://{page}"),
            "say http://",
            "does not answer in TLS".to_owned(),
        ),
        (
            format!("http://{}", plain("").await),
            "ConnectionReadTimeout",
            "did not answer within 2s".to_owned(),
        ),
        (
            format!(
                "http://{}",
                plain("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await
            ),
            "HttpResponseIncomplete",
            "broke off".to_owned(),
        ),
    ];
    let folder = Folder::new();
    folder.write("ca.pem", &own.pem());
    let ca = folder.file("ca.pem");
    let urls: Vec<&str> = cases.iter().map(|(url, ..)| url.as_str()).collect();
    let told = Told::start(&folder, &urls, &["--extra-ca", ca.to_str().unwrap()], &[]);
    for (url, said, logged) in &cases {
        let answer = told.of(url).await;
        assert!(answer.contains(said), "{url}: {said} is not in {answer}");
        let place = url.split_once("://").unwrap().1;
        let line = told.logged(place).await;
        assert!(line.contains(logged), "{url}: {logged} is not in {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_proxy_is_told_as_the_proxys() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let url = "https://ssm.emulator.test";
    for (proxy, said) in [
        (
            plain("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await,
            "answered 407: it wants a user and a password",
        ),
        (
            plain("HTTP/1.1 403 Forbidden\r\n\r\n").await,
            "answered 403",
        ),
        (plain("HTTP/1.0 502 Bad\r\n\r\n").await, "answered 502"),
        (plain("220 mail.example\r\n\r\n").await, "what is not HTTP"),
        (gone, "the proxy failed"),
    ] {
        let variable = format!("http://user:p@ss@{proxy}");
        let env = [("HTTPS_PROXY", variable.as_str())];
        let folder = Folder::new();
        let told = Told::start(&folder, &[url], &[], &env);
        let answer = told.of(url).await;
        let here = proxy.to_string();
        assert!(
            answer.contains(said) && answer.contains(&here),
            "{said} is not in {answer}"
        );
        let line = told.logged(&here).await;
        assert!(line.contains(said), "{said} is not in {line}");
        let log = told.0.process.log();
        assert!(!log.contains("p@ss"), "{log}");
    }
}

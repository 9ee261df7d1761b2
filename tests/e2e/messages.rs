//! What a failure says, whatever the host reports: the step, the address, the reason, the way out.

use host_test::harness::properties;
use ssm_emulator::{Config, Emulator};
use wasmtime_wasi_http::Error;

use crate::{
    instance::{Kind, OneInstance},
    minihost::Surroundings,
};

/// Nothing is ever sent there.
const ENDPOINT: &str = "https://ssm.internal:8443";
const KEY: &str = "the-key-that-nobody-may-see";

/// What a read says when its host fails each request with `failure`.
async fn said(failure: fn() -> Error) -> (Kind, String) {
    let surroundings = Surroundings {
        allowed: vec![ENDPOINT.to_owned()],
        failure: Some(failure),
        ..Surroundings::default()
    };
    read(&surroundings).await
}

async fn read(surroundings: &Surroundings) -> (Kind, String) {
    let own = [("maxRetries", "0"), ("secretKey", KEY)];
    let properties = properties(ENDPOINT, &own);
    let mut instance = OneInstance::new(surroundings, properties).await;
    let error = instance.get("x").await.unwrap().err().expect("an error");
    assert!(!error.message.contains(KEY), "{}", error.message);
    (error.kind, error.message)
}

/// What a host reports, and what the user reads then.
struct Row {
    failure: fn() -> Error,
    kind: Kind,
    expected: &'static str,
}

fn row(failure: fn() -> Error, kind: Kind, expected: &'static str) -> Row {
    Row {
        failure,
        kind,
        expected,
    }
}

#[tokio::test]
async fn every_failure_that_a_host_reports_has_its_message() {
    const CHECK: &str = "; check the network and endpoint";
    let table = [
        row(
            || Error::DnsError {
                rcode: Some("NXDOMAIN".to_owned()),
                info_code: None,
            },
            Kind::Unavailable,
            "the name in https://ssm.internal:8443 could not be resolved: NXDOMAIN",
        ),
        row(
            || Error::DestinationNotFound,
            Kind::Unavailable,
            "the name in https://ssm.internal:8443 could not be resolved",
        ),
        row(
            || Error::DnsTimeout,
            Kind::Timeout,
            "the name in https://ssm.internal:8443 was not resolved in time",
        ),
        row(
            || Error::ConnectionRefused,
            Kind::Unavailable,
            "https://ssm.internal:8443 could not be connected to: refused (some runtimes say so of an \
             unknown name as well)",
        ),
        row(
            || Error::DestinationUnavailable,
            Kind::Unavailable,
            "https://ssm.internal:8443 could not be connected to",
        ),
        row(
            || Error::DestinationIpUnroutable,
            Kind::Unavailable,
            "https://ssm.internal:8443 could not be connected to: there is no route to it",
        ),
        row(
            || Error::ConnectionLimitReached,
            Kind::Unavailable,
            "https://ssm.internal:8443 could not be connected to: the runtime's limit on connections \
             is reached",
        ),
        row(
            || Error::ConnectionTimeout,
            Kind::Timeout,
            "no connection to https://ssm.internal:8443 was made in time",
        ),
        row(
            || Error::TlsCertificateError,
            Kind::Unavailable,
            "TLS with https://ssm.internal:8443 failed: its certificate is not accepted (expired, for \
             another name, or from an authority that is not trusted)",
        ),
        row(
            || Error::TlsAlertReceived {
                alert_id: Some(70),
                alert_message: Some("protocol version".to_owned()),
            },
            Kind::Unavailable,
            "TLS with https://ssm.internal:8443 failed: protocol version",
        ),
        row(
            || Error::TlsProtocolError,
            Kind::Unavailable,
            "TLS with https://ssm.internal:8443 failed: its certificate is not accepted, or it speaks \
             plain HTTP",
        ),
        row(
            || Error::ConnectionTerminated,
            Kind::Unavailable,
            "https://ssm.internal:8443 gave no answer: the connection broke off",
        ),
        row(
            || Error::HttpProtocolError,
            Kind::Unavailable,
            "https://ssm.internal:8443 gave no answer: what it sent is not HTTP (does it want \
             https://?), or the connection broke off",
        ),
        row(
            || Error::ConnectionReadTimeout,
            Kind::Timeout,
            "https://ssm.internal:8443 did not answer in time",
        ),
        row(
            || Error::HttpResponseIncomplete,
            Kind::Unavailable,
            "the answer of https://ssm.internal:8443 broke off",
        ),
        row(
            || Error::InternalError(Some(format!("the proxy\nrefused {KEY}: 407"))),
            Kind::Unavailable,
            "the exchange with https://ssm.internal:8443 failed: the proxy refused [removed]: 407",
        ),
        row(
            // What an operating system says of a firewall: no deny adapter's words.
            || Error::InternalError(Some("Operation not permitted".to_owned())),
            Kind::Unavailable,
            "the exchange with https://ssm.internal:8443 failed: Operation not permitted",
        ),
        row(
            || Error::InternalError(None),
            Kind::Unavailable,
            "the exchange with https://ssm.internal:8443 failed: the runtime does not say why",
        ),
        row(
            || Error::LoopDetected,
            Kind::Unavailable,
            "the exchange with https://ssm.internal:8443 failed: the runtime does not say why",
        ),
        row(
            || Error::HttpResponseBodySize(Some(7)),
            Kind::Internal,
            "the answer is larger than any answer of SSM's; nothing of it was used. Check endpoint",
        ),
    ];
    for Row {
        failure,
        kind,
        expected,
    } in table
    {
        let name = format!("{:?}", failure());
        let advice = if kind == Kind::Internal { "" } else { CHECK };
        let message =
            format!("reading the secret x (version SSM_Current) failed: {expected}{advice}");
        assert_eq!(said(failure).await, (kind, message), "{name}");
    }
}

#[tokio::test]
async fn a_signature_that_a_host_spoilt_points_to_the_host_header() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let mut surroundings = Surroundings {
        allowed: vec![emulator.url()],
        ..Surroundings::default()
    };
    let properties = properties(&emulator.url(), &[]);
    let mut instance = OneInstance::new(&surroundings, properties.clone()).await;
    assert!(instance.get("api-token").await.unwrap().is_ok());

    surroundings.host_header = Some("rewritten.example");
    let mut instance = OneInstance::new(&surroundings, properties).await;
    let error = instance.get("api-token").await.unwrap().err();
    let error = error.expect("an error");
    assert_eq!(error.kind, Kind::Unauthenticated, "{}", error.message);
    assert!(error.message.contains("Host header"), "{}", error.message);
}

#[tokio::test]
async fn each_refusal_of_a_host_names_what_lifts_it_and_nothing_else() {
    let denied = read(&Surroundings::default()).await;
    let blocked = said(|| Error::DestinationIpProhibited).await;
    let alone = said(|| {
        let said = "\"wasi:http/outgoing-handler\" is not permitted";
        Error::InternalError(Some(said.to_owned()))
    })
    .await;
    let keys = [
        "allowed_outbound_hosts",
        "block_networks",
        "inherit_configuration",
    ];
    for ((kind, message), lifts) in [denied, blocked, alone].into_iter().zip(keys) {
        assert_eq!(kind, Kind::Unavailable);
        assert!(message.contains(ENDPOINT), "{message}");
        for key in keys {
            assert_eq!(message.contains(key), key == lifts, "{key} in {message}");
        }
    }
}

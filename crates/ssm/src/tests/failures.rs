use super::{
    script::{Reply, SECRET_KEY, TOKEN, client_with},
    *,
};
use crate::{ErrorKind, Step, TransportError};

const ORIGIN: &str = "https://ssm.tencentcloudapi.com";
const ADVICE: &str = "; check the network and endpoint";

/// The message of a read that met `failure`, without what every message begins with.
fn message(failure: TransportError) -> (ErrorKind, String) {
    let (client, world) = client_with(
        |config| config.max_retries = 0,
        move |_| Reply::broken(failure.clone()),
    );
    let error = super::failure(get(&client, &world));
    let subject = "reading the secret x (version SSM_Current) failed: ";
    let message = error.message.strip_prefix(subject);
    (error.kind, message.expect("the subject").to_owned())
}

#[test]
fn a_failure_names_its_step_the_address_and_the_reason() {
    let failed = |step, reason: &str| TransportError::Failed(step, reason.to_owned());
    for (failure, kind, expected) in [
        (
            failed(Step::Resolve, "NXDOMAIN"),
            ErrorKind::Unavailable,
            format!("the name in {ORIGIN} could not be resolved: NXDOMAIN{ADVICE}"),
        ),
        (
            failed(Step::Connect, ""),
            ErrorKind::Unavailable,
            format!("{ORIGIN} could not be connected to{ADVICE}"),
        ),
        (
            failed(Step::Tls, "the certificate has expired.\n"),
            ErrorKind::Unavailable,
            format!("TLS with {ORIGIN} failed: the certificate has expired{ADVICE}"),
        ),
        (
            failed(Step::Answer, "the connection broke off"),
            ErrorKind::Unavailable,
            format!("{ORIGIN} gave no answer: the connection broke off{ADVICE}"),
        ),
        (
            failed(Step::Read, ""),
            ErrorKind::Unavailable,
            format!("the answer of {ORIGIN} broke off{ADVICE}"),
        ),
        (
            failed(Step::Unknown, "the proxy\r\nsays 407"),
            ErrorKind::Unavailable,
            format!("the exchange with {ORIGIN} failed: the proxy  says 407{ADVICE}"),
        ),
        (
            TransportError::TimedOut(Step::Resolve),
            ErrorKind::Timeout,
            format!("the name in {ORIGIN} was not resolved in time{ADVICE}"),
        ),
        (
            TransportError::TimedOut(Step::Connect),
            ErrorKind::Timeout,
            format!("no connection to {ORIGIN} was made in time{ADVICE}"),
        ),
        (
            TransportError::TimedOut(Step::Answer),
            ErrorKind::Timeout,
            format!("{ORIGIN} did not answer in time{ADVICE}"),
        ),
        (
            TransportError::TimedOut(Step::Read),
            ErrorKind::Timeout,
            format!("{ORIGIN} did not end its answer in time{ADVICE}"),
        ),
        (
            TransportError::NotPermitted("the runtime says no".to_owned()),
            ErrorKind::Unavailable,
            "the runtime says no".to_owned(),
        ),
    ] {
        let name = format!("{failure:?}");
        assert_eq!(message(failure), (kind, expected), "{name}");
    }
}

#[test]
fn the_runtimes_own_words_are_shortened_and_cleaned_of_secrets() {
    let echo = format!("cannot send {SECRET_KEY} {TOKEN} {}", "long ".repeat(1_000));
    let (_, message) = message(TransportError::Failed(Step::Unknown, echo));
    assert!(
        message.contains("cannot send [removed] [removed] long"),
        "{message}"
    );
    assert!(message.len() < 500, "{message}");
}

#[test]
fn a_signature_that_is_refused_points_to_the_key_and_to_the_host_header() {
    let (client, world) = client_with(|_| (), |_| Reply::code("AuthFailure.SignatureFailure"));
    let error = failure(get(&client, &world));
    assert!(error.message.contains("secretKey"), "{error}");
    assert!(error.message.contains("Host header"), "{error}");
}

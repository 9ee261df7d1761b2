//! Bad answers and a bad network: each ends in a typed error or a retry, never in a trap.

use std::time::Duration;

use dapr_wasm_host::{Kind, StoreError};
use host_test::harness::{Harness, store_error};
use ssm_emulator::{Config, Fault, FaultKind};

async fn failing(fault: Fault, properties: &[(&str, &str)]) -> (StoreError, Harness) {
    let config = Config {
        faults: vec![fault],
        ..Config::sample()
    };
    let mut it = Harness::start(config, properties).await;
    let error = store_error(it.store.get("api-token", &vec![]).await);
    (error, it)
}

/// Properties of a store that never retries, so that each fault is met once.
const ONCE: &[(&str, &str)] = &[("maxRetries", "0")];

#[tokio::test]
async fn an_answer_that_is_not_ssms_is_refused() {
    let nested = "[".repeat(500_000);
    let deep = format!(r#"{{"Response":{{"SecretString":{nested}"#);
    for raw in [
        b"".to_vec(),
        b"<html>a proxy's page</html>".to_vec(),
        b"null".to_vec(),
        br#"{"Response":[]}"#.to_vec(),
        br#"{"Response":{"SecretName":"api-token""#.to_vec(),
        b"{\"Response\":{\"SecretName\":\"\xff\xfe\",\"RequestId\":\"r\"}}".to_vec(),
        nested.into_bytes(),
        deep.into_bytes(),
    ] {
        let (error, _) = failing(Fault::new(FaultKind::Raw(raw)), ONCE).await;
        assert_eq!(error.kind, Kind::Unavailable, "{error}");
        assert!(error.message.contains("not SSM"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_of_another_form_is_refused_and_never_quoted() {
    for raw in [
        r#"{"Response":{"SecretName":"api-token","SecretString":{"pw":"s3cr3t"},"RequestId":"r"}}"#,
        r#"{"Response":{"SecretName":"api-token","SecretString":["s3cr3t"],"RequestId":"r"}}"#,
        r#"{"Response":{"SecretName":7,"SecretString":"s3cr3t","RequestId":"r"}}"#,
    ] {
        let raw = FaultKind::Raw(raw.as_bytes().to_vec());
        let (error, _) = failing(Fault::new(raw), ONCE).await;
        assert_eq!(error.kind, Kind::Internal, "{error}");
        assert_eq!(error.request_id.as_deref(), Some("r"));
        assert!(!error.message.contains("s3cr3t"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_belongs_to_another_question_is_refused() {
    for kind in [
        FaultKind::WrongName,
        FaultKind::BothValues,
        FaultKind::EmptyValues,
        FaultKind::NoRequestId,
    ] {
        let fault = Fault::new(kind.clone()).on("GetSecretValue");
        let (error, _) = failing(fault, ONCE).await;
        assert_eq!(error.kind, Kind::Internal, "{kind:?}: {error}");
        assert!(!error.retryable, "{kind:?}");
    }
    let config = Config {
        faults: vec![Fault::new(FaultKind::WrongVersion)],
        ..Config::sample()
    };
    let mut it = Harness::start(config, ONCE).await;
    let version = vec![("version_id".to_owned(), "v1".to_owned())];
    let error = store_error(it.store.get("db-password", &version).await);
    assert_eq!(error.kind, Kind::Internal, "{error}");
}

#[tokio::test]
async fn two_hundred_megabytes_are_not_swallowed() {
    let (error, mut it) = failing(Fault::new(FaultKind::Huge).times(1), ONCE).await;
    assert_eq!(error.kind, Kind::Internal, "{error}");
    assert!(error.message.contains("larger"), "{error}");
    // The instance is as good as new.
    assert!(it.store.get("api-token", &vec![]).await.is_ok());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = Harness::start(Config::sample(), &[]).await;
    let redirect = FaultKind::Redirect(target.emulator.url());
    let (error, _) = failing(Fault::new(redirect), ONCE).await;
    assert_eq!(error.kind, Kind::Unavailable, "{error}");
    assert!(error.message.contains("redirect"), "{error}");
    assert!(target.emulator.requests().is_empty());
}

#[tokio::test]
async fn a_broken_exchange_is_repeated_until_it_works() {
    for kind in [
        FaultKind::Status(500),
        FaultKind::Status(503),
        FaultKind::Reset,
        FaultKind::Truncated,
        FaultKind::Error("InternalError".to_owned()),
        FaultKind::Error("RequestLimitExceeded".to_owned()),
    ] {
        let config = Config {
            faults: vec![Fault::new(kind.clone()).times(2)],
            ..Config::sample()
        };
        let mut it = Harness::start(config, &[]).await;
        let secret = it.store.get("api-token", &vec![]).await;
        assert!(secret.is_ok(), "{kind:?}: {secret:?}");
        // A reset request was never answered, so the emulator may not count it among these.
        assert!(it.emulator.requests().len() <= 3, "{kind:?}");
    }
}

#[tokio::test]
async fn what_stays_broken_is_reported_with_its_own_kind() {
    for (kind, expected) in [
        (FaultKind::Status(502), Kind::Unavailable),
        (FaultKind::Status(429), Kind::Throttled),
        (FaultKind::Reset, Kind::Unavailable),
        (FaultKind::Truncated, Kind::Unavailable),
        (
            FaultKind::Error("RequestLimitExceeded".to_owned()),
            Kind::Throttled,
        ),
        (
            FaultKind::Error("InternalError".to_owned()),
            Kind::Unavailable,
        ),
    ] {
        let (error, it) = failing(Fault::new(kind.clone()), &[("maxRetries", "1")]).await;
        assert_eq!(error.kind, expected, "{kind:?}: {error}");
        assert!(error.retryable, "{kind:?}: {error}");
        assert_eq!(it.emulator.requests().len(), 2, "{kind:?}");
    }
}

#[tokio::test]
async fn what_cannot_get_better_is_not_repeated() {
    for code in ["UnauthorizedOperation", "AuthFailure", "InvalidParameter"] {
        let (error, it) = failing(Fault::new(FaultKind::Error(code.to_owned())), &[]).await;
        assert!(!error.retryable);
        assert_eq!(error.code.as_deref(), Some(code));
        let gets = it.emulator.requests();
        assert_eq!(gets.len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_silent_server_never_holds_a_call_past_its_timeout() {
    for kind in [FaultKind::Silent, FaultKind::SilentBody] {
        let properties = [("timeout", "1s")];
        let started = std::time::Instant::now();
        let (error, mut it) = failing(Fault::new(kind.clone()).times(1), &properties).await;
        // An upper bound, wide enough for a machine that is busy.
        assert!(started.elapsed() < Duration::from_secs(20), "{kind:?}");
        assert_eq!(error.kind, Kind::Timeout, "{kind:?}: {error}");
        assert!(error.retryable && error.message.contains("1s"), "{error}");
        assert!(it.store.get("api-token", &vec![]).await.is_ok(), "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_slow_but_answers_is_waited_for() {
    let config = Config {
        latency: Duration::from_millis(300),
        ..Config::sample()
    };
    let mut it = Harness::start(config, &[]).await;
    assert!(it.store.get("api-token", &vec![]).await.is_ok());
}

#[tokio::test]
async fn throttling_for_ever_ends_at_the_deadline_and_says_so() {
    let fault = Fault::new(FaultKind::Error("RequestLimitExceeded".to_owned()));
    let properties = [("timeout", "3s"), ("maxRetries", "20")];
    let (error, _) = failing(fault, &properties).await;
    let kinds = [Kind::Throttled, Kind::Timeout];
    assert!(kinds.contains(&error.kind), "{error}");
    assert_eq!(error.code.as_deref(), Some("RequestLimitExceeded"));
}

#[tokio::test]
async fn nobody_listening_is_unavailable_and_says_what_to_check() {
    let it = Harness::start(Config::sample(), &[]).await;
    let mut store = it.initialised(&[("maxRetries", "1")]).await.unwrap();
    drop(it.emulator);
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::Unavailable, "{error}");
    assert!(
        error.retryable && error.message.contains("endpoint"),
        "{error}"
    );
}

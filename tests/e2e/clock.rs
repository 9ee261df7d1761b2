//! A clock that is wrong.

use dapr_wasm_host::Kind;
use host_test::harness::{Harness, store_error};
use ssm_emulator::{Config, Fault, FaultKind};

#[tokio::test]
async fn an_hour_off_in_either_direction_is_corrected_once_and_remembered() {
    for clock_offset in [3_600, -3_600] {
        let config = Config {
            clock_offset,
            ..Config::sample()
        };
        let mut it = Harness::start(config, &[]).await;
        it.store.get("api-token", &vec![]).await.unwrap();
        let codes: Vec<_> = it
            .emulator
            .requests()
            .into_iter()
            .map(|seen| seen.code)
            .collect();
        assert_eq!(
            codes,
            [Some("AuthFailure.SignatureExpire".to_owned()), None]
        );

        it.emulator.clear_requests();
        it.store.get("api-token", &vec![]).await.unwrap();
        assert_eq!(it.emulator.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_clock_that_is_set_right_later_is_followed() {
    let config = Config {
        clock_offset: 3_600,
        ..Config::sample()
    };
    let mut it = Harness::start(config, &[]).await;
    it.store.get("api-token", &vec![]).await.unwrap();
    it.emulator.set_clock_offset(0);
    it.store.get("api-token", &vec![]).await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_the_clock_does_not_explain_is_reported() {
    let expired = FaultKind::Error("AuthFailure.SignatureExpire".to_owned());
    let config = Config {
        faults: vec![Fault::new(expired)],
        ..Config::sample()
    };
    let mut it = Harness::start(config, &[]).await;
    let error = store_error(it.store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::Unauthenticated);
    assert!(error.message.contains("clock"), "{error}");
    assert_eq!(it.emulator.requests().len(), 1);
}

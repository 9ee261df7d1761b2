//! Asking whether the road to SSM is open.

use dapr_wasm_host::Kind;
use host_test::harness::{Harness, store_error};
use ssm_emulator::{Config, Fault, FaultKind};

#[tokio::test]
async fn one_cheap_signed_call_is_made() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    it.store.ping().await.unwrap();
    let seen = it.emulator.requests();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].action, "GetServiceStatus");
}

#[tokio::test]
async fn a_cam_denial_still_proves_the_road() {
    let mut config = Config::sample();
    config.accounts[0].denied = vec!["GetServiceStatus".to_owned()];
    let mut it = Harness::start(config, &[]).await;
    it.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_bad_key_or_no_network_does_not() {
    let it = Harness::start(Config::sample(), &[]).await;
    let mut store = it.initialised(&[("secretKey", "wrong")]).await.unwrap();
    let error = store_error(store.ping().await);
    assert_eq!(error.kind, Kind::Unauthenticated);
    let mut store = it
        .initialised(&[("secretId", "AKIDunknown")])
        .await
        .unwrap();
    let error = store_error(store.ping().await);
    assert_eq!(error.code.as_deref(), Some("AuthFailure.SecretIdNotFound"));

    let page = FaultKind::Raw(b"<html>hello</html>".to_vec());
    it.emulator.add_fault(Fault::new(page));
    let mut store = it.initialised(&[]).await.unwrap();
    let error = store_error(store.ping().await);
    assert_eq!(error.kind, Kind::Unavailable);
}

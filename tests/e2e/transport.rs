//! The road: TLS, the allow-list, the authority that is signed.

use std::time::Duration;

use dapr_wasm_host::{
    CallError, InstanceOptions, Kind, Outbound, Runtime, RuntimeConfig, SecretStore,
};
use host_test::harness::{Harness, compiled, properties, store_error};
use ssm_emulator::{Config, Emulator, Fault, FaultKind};

async fn store(outbound: &Outbound, url: &str) -> SecretStore {
    let options = InstanceOptions::default();
    let mut store = compiled().instantiate(outbound, &options).await.unwrap();
    let properties = properties(url, &[("maxRetries", "0")]);
    store.init(&properties).await.unwrap();
    store
}

#[tokio::test]
async fn tls_is_spoken_with_a_server_whose_authority_is_trusted() {
    let config = Config {
        tls: true,
        ..Config::sample()
    };
    let mut it = Harness::start(config, &[]).await;
    assert!(it.emulator.url().starts_with("https://"));
    assert!(it.store.get("api-token", &vec![]).await.is_ok());
    assert_eq!(it.store.bulk_get(&vec![]).await.unwrap().len(), 4);
}

#[tokio::test]
async fn tls_with_a_stranger_fails_and_says_so() {
    let config = Config {
        tls: true,
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let url = emulator.url();
    let trusting = Outbound::builder().native_roots(true).allow(&url).unwrap();
    let mut store = store(&trusting.build().unwrap(), &url).await;
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(error.message.contains("TLS"), "{error}");
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_not_reached_and_the_error_says_what_to_allow() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let url = emulator.url();
    let elsewhere = Outbound::builder()
        .native_roots(false)
        .allow("https://ssm.tencentcloudapi.com")
        .unwrap()
        .build()
        .unwrap();
    let mut store = store(&elsewhere, &url).await;
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::Unavailable);
    assert!(!error.retryable);
    assert!(error.message.contains(&url), "{error}");
    assert!(error.message.contains("allowed_outbound_hosts"), "{error}");
    assert_eq!(emulator.connections(), 0);
}

#[tokio::test]
async fn a_call_that_was_given_up_loses_its_instance_and_no_other() {
    let config = Config {
        faults: vec![Fault::new(FaultKind::Silent).of("api-token").times(1)],
        ..Config::sample()
    };
    let mut it = Harness::start(config, &[]).await;
    let mut other = it.initialised(&[]).await.unwrap();
    let wait = Duration::from_millis(200);
    let none = vec![];
    let call = it.store.get("api-token", &none);
    assert!(tokio::time::timeout(wait, call).await.is_err());
    assert!(it.store.is_lost());
    let lost = it.store.get("api-token", &vec![]).await;
    assert_eq!(lost.unwrap_err(), CallError::Lost);
    assert!(other.get("api-token", &vec![]).await.is_ok());
}

#[tokio::test]
async fn the_host_bounds_a_call_and_the_number_of_instances() {
    let limits = RuntimeConfig {
        max_instances: 2,
        call_timeout: Duration::from_millis(300),
        ..RuntimeConfig::default()
    };
    let runtime = Runtime::new(&limits).unwrap();
    let component = runtime.load(Runtime::TENCENTCLOUD_SSM).unwrap();
    let config = Config {
        faults: vec![Fault::new(FaultKind::Silent)],
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let url = emulator.url();
    let outbound = Outbound::builder()
        .native_roots(false)
        .allow(&url)
        .unwrap()
        .build()
        .unwrap();
    let options = InstanceOptions::default();
    let mut first = component.instantiate(&outbound, &options).await.unwrap();
    first.init(&properties(&url, &[])).await.unwrap();
    let error = first.get("api-token", &vec![]).await.unwrap_err();
    assert_eq!(error, CallError::TimedOut(limits.call_timeout));

    let _second = component.instantiate(&outbound, &options).await.unwrap();
    let third = component.instantiate(&outbound, &options).await;
    assert!(matches!(third.err().unwrap(), CallError::NoInstance));
    drop(first);
    assert!(component.instantiate(&outbound, &options).await.is_ok());
}

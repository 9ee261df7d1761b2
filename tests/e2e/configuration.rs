//! Configuring the store: `init`, or the environment.

use dapr_wasm_host::{CallError, Kind};
use host_test::harness::{Harness, store_error};
use ssm_emulator::{Account, Config, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

#[tokio::test]
async fn a_bad_property_is_named_and_never_quoted() {
    let it = Harness::start(Config::sample(), &[]).await;
    for (property, value) in [
        ("region", ""),
        ("region", "Guang zhou"),
        ("secretId", ""),
        ("secretKey", ""),
        ("secretKey", " key-with-blanks "),
        ("endpoint", "http://ssm.tencentcloudapi.com"),
        ("endpoint", "ftp://127.0.0.1"),
        ("endpoint", "https://user:pw@host"),
        ("timeout", "1 day"),
        ("timeout", "-5s"),
        ("maxRetries", "many"),
        ("maxInFlight", "0"),
        ("bulkOnError", "ignore"),
        ("multipleKeyValuesPerSecret", "maybe"),
        ("versionId", "a b"),
        ("prefix", "a/b"),
        ("cacheTTL", "5m"),
        ("cacheMemoryLimit", "16Mi"),
        ("cacheStaleOnError", "1h"),
        ("versionLookup", "sometimes"),
    ] {
        let Err(CallError::Store(error)) = it.initialised(&[(property, value)]).await else {
            panic!("{property}={value} is taken");
        };
        assert_eq!(error.kind, Kind::InvalidConfig, "{error}");
        assert!(error.message.contains(property), "{error}");
        assert!(value.len() < 3 || !error.message.contains(value), "{error}");
        assert!(!error.retryable);
    }
}

#[tokio::test]
async fn property_names_match_in_any_case_and_unknown_ones_are_ignored() {
    let it = Harness::start(Config::sample(), &[]).await;
    let properties = [
        ("SECRETID", SAMPLE_SECRET_ID),
        ("secretId", ""),
        ("whatever", "x"),
    ];
    let mut store = it.initialised(&properties).await.unwrap();
    assert!(store.get("api-token", &vec![]).await.is_ok());
}

#[tokio::test]
async fn a_store_that_was_never_initialised_reads_its_environment() {
    let it = Harness::start(Config::sample(), &[]).await;
    let url = it.emulator.url();
    let mut store = it
        .uninitialised(&[
            ("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID),
            ("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY),
            ("TENCENTCLOUD_REGION", "ap-guangzhou"),
            ("TENCENTCLOUD_SSM_ENDPOINT", &url),
            ("TENCENTCLOUD_SSM_MULTIPLE_KEY_VALUES_PER_SECRET", "true"),
        ])
        .await;
    assert_eq!(store.features().await.unwrap().len(), 1);
    let secret = store.get("payment-service", &vec![]).await.unwrap();
    assert_eq!(secret.value("user"), Some("pay"));
}

#[tokio::test]
async fn temporary_keys_work_under_every_name_of_the_token() {
    let mut config = Config::sample();
    config.accounts = vec![Account {
        token: Some("sample-token".to_owned()),
        ..Account::sample()
    }];
    let it = Harness::start(config, &[]).await;
    let url = it.emulator.url();
    for name in [
        "TENCENTCLOUD_TOKEN",
        "TENCENTCLOUD_SESSION_TOKEN",
        "TENCENTCLOUD_SECURITY_TOKEN",
    ] {
        let environment = [
            ("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID),
            ("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY),
            ("TENCENTCLOUD_REGION", "ap-guangzhou"),
            ("TENCENTCLOUD_SSM_ENDPOINT", url.as_str()),
            (name, "sample-token"),
        ];
        let mut store = it.uninitialised(&environment).await;
        assert!(store.get("api-token", &vec![]).await.is_ok(), "{name}");
    }
    let mut store = it.initialised(&[("token", "stale")]).await.unwrap();
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::Unauthenticated);
    assert_eq!(error.code.as_deref(), Some("AuthFailure.TokenFailure"));
}

#[tokio::test]
async fn an_environment_without_keys_says_which_variable_to_set() {
    let it = Harness::start(Config::sample(), &[]).await;
    let mut store = it
        .uninitialised(&[("TENCENTCLOUD_REGION", "ap-guangzhou")])
        .await;
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::InvalidConfig);
    assert!(error.message.contains("TENCENTCLOUD_SECRET_ID"), "{error}");
    assert!(store.features().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failed_init_keeps_the_configuration_before_it_and_else_is_remembered() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let bad = vec![("region".to_owned(), "nonsense".to_owned())];
    store_error(it.store.init(&bad).await);
    assert!(it.store.get("api-token", &vec![]).await.is_ok());

    let mut store = it.uninitialised(&[]).await;
    let said = store_error(store.init(&bad).await);
    let again = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(said, again);
}

#[tokio::test]
async fn a_second_init_replaces_the_first_as_a_whole() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let url = it.emulator.url();
    let other = host_test::harness::properties(&url, &[("prefix", "api-")]);
    it.store.init(&other).await.unwrap();
    let secret = it.store.get("token", &vec![]).await.unwrap();
    assert_eq!(secret.value("token"), Some("sample-token-4f1c"));
}

//! Reading one secret through the built component.

use std::time::Duration;

use dapr_wasm_host::Kind;
use host_test::harness::{Harness, metadata, store_error};
use ssm_emulator::{Behaviour, Config, Secret, UnusedValue, Value};

#[tokio::test]
async fn a_text_secret_comes_as_one_entry_with_its_own_name() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let secret = it.store.get("api-token", &vec![]).await.unwrap();
    assert_eq!(secret.name, "api-token");
    assert_eq!(secret.data.len(), 1);
    assert_eq!(secret.value("api-token"), Some("sample-token-4f1c"));
    assert_eq!(secret.version_id, "SSM_Current");
    assert!(!secret.request_id.is_empty());
}

#[tokio::test]
async fn a_binary_secret_comes_as_base64_text() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let secret = it.store.get("tls-key", &vec![]).await.unwrap();
    assert_eq!(secret.value("tls-key"), Some("c2FtcGxlIGJ5dGVzAAH/"));
}

#[tokio::test]
async fn text_and_binary_are_told_apart_however_ssm_fills_the_unused_field() {
    let it = Harness::start(Config::sample(), &[]).await;
    for unused_value in [UnusedValue::Empty, UnusedValue::Null, UnusedValue::Absent] {
        it.emulator.set_behaviour(Behaviour {
            unused_value,
            ..Default::default()
        });
        let mut store = it.initialised(&[]).await.unwrap();
        for (name, value) in [
            ("api-token", "sample-token-4f1c"),
            ("tls-key", "c2FtcGxlIGJ5dGVzAAH/"),
        ] {
            let secret = store.get(name, &vec![]).await.unwrap();
            assert_eq!(secret.value(name), Some(value), "{unused_value:?}");
        }
    }
}

#[tokio::test]
async fn every_spelling_of_the_version_in_the_request_is_honoured() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    for key in ["version_id", "VersionID", "versionId"] {
        let metadata = metadata(&[(key, "v1"), ("namespace", "default")]);
        let secret = it.store.get("db-password", &metadata).await.unwrap();
        assert_eq!(secret.version_id, "v1");
        assert_eq!(secret.value("db-password"), Some("sample-password-old"));
    }
}

#[tokio::test]
async fn without_a_version_the_newest_is_read_and_the_way_there_remembered() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    for expected in [3, 2, 2] {
        it.emulator.clear_requests();
        let secret = it.store.get("db-password", &vec![]).await.unwrap();
        assert_eq!(secret.version_id, "v2");
        assert_eq!(secret.value("db-password"), Some("sample-password-new"));
        assert_eq!(it.emulator.requests().len(), expected);
    }
}

#[tokio::test]
async fn what_is_probable_is_asked_for_at_the_same_time_as_the_list() {
    let slow = Config {
        latency: Duration::from_millis(100),
        ..Config::sample()
    };
    // With one connection open, a second one is made only for what goes at the same time.
    let mut it = Harness::start(slow.clone(), &[]).await;
    for connections in [1, 2] {
        let secret = it.store.get("db-password", &vec![]).await.unwrap();
        assert_eq!(secret.value("db-password"), Some("sample-password-new"));
        assert_eq!(it.emulator.connections(), connections);
    }
    assert_eq!(it.emulator.requests().len(), 3 + 2);

    let mut it = Harness::start(slow, &[("versionLookup", "parallel")]).await;
    let secret = it.store.get("db-password", &vec![]).await.unwrap();
    assert_eq!(secret.value("db-password"), Some("sample-password-new"));
    assert_eq!(it.emulator.connections(), 2);
    assert_eq!(it.emulator.requests().len(), 3);
}

#[tokio::test]
async fn a_rotation_is_seen_by_the_next_read() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    it.store.get("db-password", &vec![]).await.unwrap();
    let rotated =
        Secret::text("db-password", "v2", "older").version("v3", Value::Text("rotated".to_owned()));
    it.emulator.put_secret(rotated);
    let secret = it.store.get("db-password", &vec![]).await.unwrap();
    assert_eq!(secret.value("db-password"), Some("rotated"));
}

#[tokio::test]
async fn a_products_secret_is_read_by_its_alias() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let secret = it.store.get("orders-mysql", &vec![]).await.unwrap();
    let value = secret.value("orders-mysql").unwrap();
    assert!(value.contains("UserName"), "the value is the JSON as it is");
}

#[tokio::test]
async fn a_json_secret_becomes_entries_only_if_the_operator_says_so() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    assert!(it.store.features().await.unwrap().is_empty());
    let whole = it.store.get("payment-service", &vec![]).await.unwrap();
    assert_eq!(whole.data.len(), 1);

    let multiple = [("multipleKeyValuesPerSecret", "true")];
    let mut store = it.initialised(&multiple).await.unwrap();
    let features = store.features().await.unwrap();
    assert_eq!(features, ["MULTIPLE_KEY_VALUES_PER_SECRET"]);
    let fields = store.get("payment-service", &vec![]).await.unwrap();
    assert_eq!(fields.value("user"), Some("pay"));
    assert_eq!(fields.value("pin"), Some("2718"));
    assert_eq!(fields.data.len(), 2);
}

#[tokio::test]
async fn legacy_entries_are_those_of_the_go_component() {
    let it = Harness::start(Config::sample(), &[]).await;
    let mut store = it.initialised(&[("legacyKeys", "true")]).await.unwrap();
    let text = store.get("api-token", &vec![]).await.unwrap();
    assert_eq!(text.value("SecretValueType"), Some("10"));
    assert_eq!(text.value("RequestID"), Some(text.request_id.as_str()));
    let binary = store.get("tls-key", &vec![]).await.unwrap();
    assert_eq!(binary.value("SecretValueType"), Some("20"));
}

#[tokio::test]
async fn a_prefix_is_put_before_names_and_never_shown() {
    let it = Harness::start(Config::sample(), &[]).await;
    let mut store = it.initialised(&[("prefix", "db-")]).await.unwrap();
    let secret = store.get("password", &vec![]).await.unwrap();
    assert_eq!(secret.name, "password");
    assert_eq!(secret.value("password"), Some("sample-password-new"));
    let error = store_error(store.get("api-token", &vec![]).await);
    assert_eq!(error.kind, Kind::NotFound);
}

#[tokio::test]
async fn what_is_missing_disabled_or_denied_says_which() {
    let mut config = Config::sample();
    config.accounts[0].denied = vec!["ListSecretVersionIds".to_owned()];
    let mut it = Harness::start(config, &[]).await;
    for (name, version, kind, code) in [
        (
            "no-such",
            "v1",
            Kind::NotFound,
            "ResourceNotFound.SecretNotExist",
        ),
        ("db-password", "v9", Kind::NotFound, "ResourceNotFound"),
        (
            "retired",
            "v1",
            Kind::NotFound,
            "ResourceUnavailable.ResourceDisabled",
        ),
        (
            "db-password",
            "",
            Kind::PermissionDenied,
            "UnauthorizedOperation",
        ),
    ] {
        let metadata = metadata(&[("version_id", version)]);
        let error = store_error(it.store.get(name, &metadata).await);
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.code.as_deref(), Some(code), "{error}");
        assert!(error.request_id.is_some() && !error.retryable, "{error}");
        assert!(error.message.contains(name), "{error}");
    }
}

#[tokio::test]
async fn malformed_names_and_versions_are_refused_before_anything_is_sent() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    let long = "x".repeat(129);
    for name in ["", "-x", "a/b", "a b", "ключ", "a\0b", &long] {
        let error = store_error(it.store.get(name, &vec![]).await);
        assert_eq!(error.kind, Kind::InvalidRequest, "{name:?}");
        assert!(error.message.contains("name"), "{error}");
    }
    for version in ["-v", "v/1", &long] {
        let metadata = metadata(&[("version_id", version)]);
        let error = store_error(it.store.get("api-token", &metadata).await);
        assert_eq!(error.kind, Kind::InvalidRequest, "{version:?}");
        assert!(error.message.contains("version_id"), "{error}");
    }
    assert!(it.emulator.requests().is_empty());
}

#[tokio::test]
async fn another_region_has_other_secrets() {
    let mut config = Config::sample();
    let there = Secret::text("there", "SSM_Current", "x").region("ap-beijing");
    config.secrets.push(there);
    let mut it = Harness::start(config, &[]).await;
    let error = store_error(it.store.get("there", &vec![]).await);
    assert_eq!(error.kind, Kind::NotFound);
    // A zone, as Dapr's own page shows it, means its region.
    let mut store = it.initialised(&[("region", "ap-beijing-3")]).await.unwrap();
    assert!(store.get("there", &vec![]).await.is_ok());
    let mut store = it.initialised(&[("region", "eu-nowhere")]).await.unwrap();
    let error = store_error(store.get("there", &vec![]).await);
    assert_eq!(error.kind, Kind::InvalidConfig);
    assert!(error.message.contains("region"), "{error}");
}

#[tokio::test]
async fn english_messages_are_asked_for() {
    let mut it = Harness::start(Config::sample(), &[]).await;
    it.store.get("api-token", &vec![]).await.unwrap();
    assert_eq!(it.emulator.requests()[0].language, "en-US");
}

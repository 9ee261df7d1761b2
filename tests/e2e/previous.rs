//! The version before the current one, for rollbacks.

use dapr_wasm_host::Kind;
use host_test::harness::{Harness, metadata, store_error};
use ssm_emulator::{Config, Rates, Secret, Value};

fn with(secrets: Vec<Secret>) -> Config {
    Config {
        secrets,
        rates: Rates::none(),
        ..Config::default()
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[tokio::test]
async fn the_previous_version_is_read_by_request_and_by_setting() {
    let secret = Secret::text("db", "v1", "one")
        .version("v2", text("two"))
        .version("v3", text("three"));
    let mut it = Harness::start(with(vec![secret]), &[]).await;
    let previous = metadata(&[("version_id", "previous")]);
    it.emulator.clear_requests();
    let secret = it.store.get("db", &previous).await.unwrap();
    assert_eq!(
        (secret.value("db"), &*secret.version_id),
        (Some("two"), "v2")
    );
    assert_eq!(it.emulator.requests().len(), 2);
    let secrets = it.store.bulk_get(&previous).await.unwrap();
    assert_eq!(secrets[0].value("db"), Some("two"));

    let mut store = it.initialised(&[("versionId", "previous")]).await.unwrap();
    assert_eq!(
        store.get("db", &vec![]).await.unwrap().value("db"),
        Some("two")
    );
    let named = metadata(&[("version_id", "v1")]);
    assert_eq!(
        store.get("db", &named).await.unwrap().value("db"),
        Some("one")
    );
}

#[tokio::test]
async fn a_products_secret_goes_back_to_what_it_was_before_its_rotation() {
    let with_alias = Secret::new("alias")
        .version_of("SSM_Current", text("new"), 30)
        .version_of("rotated", text("new"), 30)
        .version_of("before", text("old"), 20)
        .product("Mysql");
    let without_alias = Secret::new("ids")
        .version_of("before", text("old"), 20)
        .version_of("now", text("new"), 30)
        .product("Mysql");
    let mut it = Harness::start(with(vec![with_alias, without_alias]), &[]).await;
    let previous = metadata(&[("version_id", "previous")]);
    for name in ["alias", "ids"] {
        let current = it.store.get(name, &vec![]).await.unwrap();
        assert_eq!(current.value(name), Some("new"), "{name}");
        let before = it.store.get(name, &previous).await.unwrap();
        assert_eq!(before.value(name), Some("old"), "{name}");
    }
}

#[tokio::test]
async fn a_secret_without_a_previous_version_says_so_and_one_of_this_name_wins() {
    let secrets = vec![
        Secret::text("single", "v1", "one"),
        Secret::text("named", "previous", "by name")
            .version("v2", text("two"))
            .version("v3", text("three")),
    ];
    let mut it = Harness::start(with(secrets), &[]).await;
    let previous = metadata(&[("version_id", "previous")]);
    let error = store_error(it.store.get("single", &previous).await);
    assert_eq!(error.kind, Kind::NotFound);
    assert!(error.message.contains("only one version, v1"), "{error}");
    let secret = it.store.get("named", &previous).await.unwrap();
    assert_eq!(secret.value("named"), Some("by name"));

    let error = store_error(it.store.bulk_get(&previous).await);
    assert_eq!(error.kind, Kind::NotFound);
    let mut store = it.initialised(&[("bulkOnError", "skip")]).await.unwrap();
    let secrets = store.bulk_get(&previous).await.unwrap();
    assert_eq!(secrets.len(), 1);
    assert_eq!(secrets[0].name, "named");
}

//! A store in JavaScript (`tests/fixtures/js-store`), served as any other.

use test_support::programs::JAVASCRIPT_STORE;

use crate::support::{Folder, Served, component};

#[tokio::test]
async fn a_store_in_javascript_is_served_unchanged() {
    let Some(wasm) = JAVASCRIPT_STORE.find() else {
        return;
    };
    let option = format!("--component=secretstores.js={}", wasm.display());
    let items = [("suffix", "!")];
    let folder = Folder::new().with("a.yaml", &component("js", "secretstores.js", &items, ""));
    let served = Served::start(&folder, &[&option], &[]);
    let secret = served.get("/v1.0/secrets/js/js-secret").await;
    assert_eq!(secret.body, "{\"js-secret\":\"from-javascript!\"}\n");
    let all = served.get("/v1.0/secrets/js/bulk").await;
    assert!(
        all.body.contains("{\"js-other\":\"другой 秘密!\"}"),
        "{all:?}"
    );
    let missing = served.get("/v1.0/secrets/js/none").await;
    assert_eq!(missing.header("dapr-error-kind"), Some("not-found"));
}

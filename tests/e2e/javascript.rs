//! A store in another language, of others' tools (`tests/fixtures/js-store`): the contract is not
//! ours alone.
//! The command serves it in `crates/host/tests/host/javascript.rs`.

use std::fs;

use test_support::programs::JAVASCRIPT_STORE;
use tokio::process::Command;

use crate::{
    fronts, gateway,
    wasmtime::{self, Serving},
};

fn store() -> Option<Vec<u8>> {
    JAVASCRIPT_STORE.find().map(|file| fs::read(file).unwrap())
}

fn composed(front: &[u8]) -> Option<Vec<u8>> {
    Some(compose::compose(front, &store()?).unwrap())
}

#[test]
fn it_asks_nothing_of_its_host() {
    let Some(store) = store() else { return };
    let (imports, exports) = compose::interfaces(&store).unwrap();
    assert_eq!(imports, [] as [&str; 0]);
    assert_eq!(exports, ["dapr:secretstores/store@0.1.0"]);
}

#[tokio::test]
async fn the_command_reads_from_it() {
    let Some(composed) = composed(&fronts::command()) else {
        return;
    };
    let Some(wasmtime) = wasmtime::program() else {
        return;
    };
    let file = wasmtime::file(&composed);
    let run = async |arguments: &[&str]| {
        let mut command = Command::new(&wasmtime);
        command.arg("run").arg(file.path()).args(arguments);
        let output = command.output().await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (fine, out, _) = run(&["get", "js-secret"]).await;
    assert!(fine && out == "from-javascript\n", "{out}");
    let (_, out, _) = run(&["list"]).await;
    assert_eq!(out, "js-other\njs-secret\n");
    let (fine, out, err) = run(&["get", "none"]).await;
    assert!(
        !fine && out.is_empty() && err.starts_with("not-found: "),
        "{err}"
    );
}

#[tokio::test]
async fn the_gateway_serves_it() {
    let Some(composed) = composed(&fronts::gateway()) else {
        return;
    };
    let file = wasmtime::file(&composed);
    let Some(serving) = Serving::start(&file, []).await else {
        return;
    };
    let secret = gateway::get(&serving, "/v1.0/secrets/js/js-secret").await;
    assert_eq!(secret.body, "{\"js-secret\":\"from-javascript\"}\n");
    let all = gateway::get(&serving, "/v1.0/secrets/js/bulk").await;
    assert!(
        all.body.contains("{\"js-other\":\"другой 秘密\"}"),
        "{}",
        all.body
    );
    let missing = gateway::get(&serving, "/v1.0/secrets/js/none").await;
    assert_eq!(missing.headers["dapr-error-kind"], "not-found");
}

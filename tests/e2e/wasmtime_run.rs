//! Programs of others: the unmodified wasmtime command runs the component, and the official
//! Python SDK keeps the emulator honest.

use dapr_wasm_host::Runtime;
use host_test::programs::prepared;
use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use tokio::process::Command;

use crate::wasmtime;

async fn wasmtime(emulator: &Emulator, call: &str) -> Option<String> {
    let file = wasmtime::file(Runtime::TENCENTCLOUD_SSM);
    let output = Command::new(wasmtime::program()?)
        .args(["run", "-Shttp"])
        .args(wasmtime::environment(wasmtime::variables(emulator)))
        .args(["--invoke", call])
        .arg(file.path())
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    Some(text(&output.stdout))
}

#[tokio::test]
async fn the_wasmtime_command_gets_a_secret_with_keys_from_the_environment() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let call = r#"dapr:secretstores/store.get@0.1.0("api-token", [])"#;
    let Some(text) = wasmtime(&emulator, call).await else {
        return;
    };
    assert!(text.starts_with("ok({name: \"api-token\""), "{text}");
    assert!(
        text.contains(r#"[("api-token", "sample-token-4f1c")]"#),
        "{text}"
    );
}

#[tokio::test]
async fn the_wasmtime_command_gets_a_version_a_typed_error_and_all_in_bulk() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let version = r#"dapr:secretstores/store.get@0.1.0("db-password", [("version_id", "v1")])"#;
    let Some(text) = wasmtime(&emulator, version).await else {
        return;
    };
    assert!(text.contains("sample-password-old"), "{text}");
    let missing = r#"dapr:secretstores/store.get@0.1.0("no-such", [])"#;
    let text = wasmtime(&emulator, missing).await.unwrap();
    assert!(text.starts_with("err({kind: not-found"), "{text}");
    let bulk = "dapr:secretstores/store.bulk-get@0.1.0([])";
    let text = wasmtime(&emulator, bulk).await.unwrap();
    assert_eq!(text.matches("request-id").count(), 4, "{text}");
}

#[tokio::test]
async fn the_official_python_sdk_works_against_the_emulator_unchanged() {
    let Some(python) = prepared("target/tools/bin/python3", "tools/setup") else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let output = Command::new(python)
        .arg(component_build::root().join("tests/fixtures/sdk/tencentcloud.py"))
        .arg(emulator.address().to_string())
        .args([SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY])
        // The SDK would send even loopback through a proxy.
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "ok");
}

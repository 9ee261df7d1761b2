//! The component on its own, run by the unmodified wasmtime command.

use dapr_wasm_host::Runtime;
use ssm_emulator::{Config, Emulator, Rates, Secret};
use tokio::process::Command;

use crate::wasmtime;

async fn wasmtime(emulator: &Emulator, call: &str) -> Option<String> {
    wasmtime_with(emulator, &[], call).await
}

async fn wasmtime_with(emulator: &Emulator, options: &[&str], call: &str) -> Option<String> {
    invoke(options, wasmtime::variables(emulator), call).await
}

/// What `call` gives in an environment of `variables`; `None` where there is no wasmtime.
pub(crate) async fn invoke(
    options: &[&str],
    variables: Vec<(&'static str, String)>,
    call: &str,
) -> Option<String> {
    let file = wasmtime::file(Runtime::TENCENTCLOUD_SSM);
    let output = Command::new(wasmtime::program()?)
        .args(["run", "-Shttp"])
        .args(options)
        .args(wasmtime::environment(variables))
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
async fn a_small_table_of_resources_is_enough_for_any_number_of_reads() {
    let secret = |number| Secret::text(&format!("s-{number:03}"), "SSM_Current", "v");
    let config = Config {
        secrets: (0..200).map(secret).collect(),
        rates: Rates::none(),
        ..Config::default()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let options = [
        "-Smax-resources=60",
        "--env=TENCENTCLOUD_SSM_MAX_IN_FLIGHT=2",
    ];
    let bulk = "dapr:secretstores/store.bulk-get@0.1.0([])";
    let Some(text) = wasmtime_with(&emulator, &options, bulk).await else {
        return;
    };
    assert_eq!(text.matches("request-id").count(), 200, "{text}");
}

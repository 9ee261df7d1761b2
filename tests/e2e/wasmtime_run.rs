//! The component on its own, run by the unmodified wasmtime command.

use std::path::Path;

use dapr_wasm_host::Runtime;
use ssm_emulator::{Config, Emulator, Rates, Secret};
use tokio::process::Command;

use crate::wasmtime;

async fn run(program: &Path, emulator: &Emulator, options: &[&str], call: &str) -> String {
    invoke(program, options, wasmtime::variables(emulator), call).await
}

/// What `call` gives in an environment of `variables`.
pub(crate) async fn invoke(
    program: &Path,
    options: &[&str],
    variables: Vec<(&'static str, String)>,
    call: &str,
) -> String {
    let file = wasmtime::file(Runtime::TENCENTCLOUD_SSM);
    let output = Command::new(program)
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
    text(&output.stdout)
}

#[tokio::test]
async fn the_wasmtime_command_gets_a_secret_with_keys_from_the_environment() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let call = r#"dapr:secretstores/store.get@0.1.0("api-token", [])"#;
    for program in wasmtime::programs() {
        let text = run(&program, &emulator, &[], call).await;
        assert!(text.starts_with("ok({name: \"api-token\""), "{text}");
        assert!(
            text.contains(r#"[("api-token", "sample-token-4f1c")]"#),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_wasmtime_command_gets_a_version_a_typed_error_and_all_in_bulk() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let version = r#"dapr:secretstores/store.get@0.1.0("db-password", [("version_id", "v1")])"#;
    let missing = r#"dapr:secretstores/store.get@0.1.0("no-such", [])"#;
    let bulk = "dapr:secretstores/store.bulk-get@0.1.0([])";
    for program in wasmtime::programs() {
        let text = run(&program, &emulator, &[], version).await;
        assert!(text.contains("sample-password-old"), "{text}");
        let text = run(&program, &emulator, &[], missing).await;
        assert!(text.starts_with("err({kind: not-found"), "{text}");
        let text = run(&program, &emulator, &[], bulk).await;
        assert_eq!(text.matches("request-id").count(), 4, "{text}");
    }
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
    for program in wasmtime::programs() {
        let text = run(&program, &emulator, &options, bulk).await;
        assert_eq!(text.matches("request-id").count(), 200, "{text}");
    }
}

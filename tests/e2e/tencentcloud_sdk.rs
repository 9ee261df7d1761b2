//! Tencent Cloud's official Python SDK keeps the emulator honest.

use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use test_support::programs::TENCENTCLOUD_SDK_PYTHON;
use tokio::process::Command;

#[tokio::test]
async fn the_official_python_sdk_works_against_the_emulator_unchanged() {
    let Some(python) = TENCENTCLOUD_SDK_PYTHON.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let output = Command::new(python)
        .arg(component_build::root().join("tests/fixtures/sdk/tencentcloud_sdk.py"))
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

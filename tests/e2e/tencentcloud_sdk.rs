//! Tencent Cloud's official Python SDK keeps the emulator honest.

use std::{fs, path::PathBuf};

use ssm_emulator::{
    Config, Emulator, SAMPLE_POD_ROLE_ARN, SAMPLE_PROVIDER_ID, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY,
    SAMPLE_WEB_IDENTITY_TOKEN,
};
use test_support::programs::TENCENTCLOUD_SDK_PYTHON;
use tokio::process::Command;

#[tokio::test]
async fn the_official_python_sdk_works_against_the_emulator_unchanged() {
    let Some(python) = TENCENTCLOUD_SDK_PYTHON.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let address = emulator.address().to_string();
    let arguments = [address.as_str(), SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY];
    let said = run(&python, "tencentcloud_sdk.py", &arguments, &[]).await;
    assert_eq!(said, ["ok"]);
}

/// Each as on Tencent Cloud: STS and the metadata service at addresses of their own.
#[tokio::test]
async fn the_official_python_sdk_gets_its_keys_from_the_emulator_unchanged() {
    let Some(python) = TENCENTCLOUD_SDK_PYTHON.find() else {
        return;
    };
    let emulator = Emulator::start(Config {
        apart: true,
        ..Config::sample()
    });
    let emulator = emulator.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, SAMPLE_WEB_IDENTITY_TOKEN).unwrap();
    let (ssm, sts) = (emulator.url(), emulator.sts_url());
    let metadata = emulator.metadata_url();
    let arguments = [&ssm, &sts, &metadata, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY];
    let pod = [
        ("TKE_REGION", "ap-guangzhou"),
        ("TKE_PROVIDER_ID", SAMPLE_PROVIDER_ID),
        ("TKE_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("TKE_ROLE_ARN", SAMPLE_POD_ROLE_ARN),
    ];
    let said = run(&python, "tencentcloud_credentials.py", &arguments, &pod).await;
    assert_eq!(
        said,
        [
            "static CAMUser 100000000001 ",
            "assume-role CAMRole 100000000001 python-sdk",
            "web-identity CAMRole 100000000001 pod",
            "cvm-role CAMRole 100000000001 ins-sample",
            "external-id CAMRole 200000000002 partner",
        ]
    );
    assert_eq!(emulator.count("MetadataRoleName"), 1);
    assert_eq!(emulator.count("AssumeRoleWithWebIdentity"), 2);
    let mut sessions: Vec<String> = emulator
        .temporary_keys()
        .into_iter()
        .map(|key| key.session)
        .collect();
    sessions.dedup();
    assert_eq!(sessions, ["python-sdk", "pod", "ins-sample", "partner"]);
}

/// The lines that a script prints on its standard output.
async fn run(
    python: &PathBuf,
    script: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Vec<String> {
    let script = component_build::root()
        .join("tests/fixtures/sdk")
        .join(script);
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .envs(environment.iter().copied())
        // The SDK would send even loopback through a proxy.
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.lines().map(str::to_owned).collect()
}

//! Tencent Cloud's official SDKs for Node and Go and its command line keep the emulator honest.

use std::process::Output;

use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use test_support::programs::{SDK_NODE_MODULES, TCCLI, TENCENTCLOUD_SDK_GO};
use tokio::process::Command;

/// Runs a program that reads all that the sample has and says "ok".
async fn reads(mut program: Command) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    program.arg(emulator.address().to_string());
    program.args([SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY]);
    let output = run(&mut program).await;
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(text(&output.stdout).trim(), "ok");
}

async fn run(program: &mut Command) -> Output {
    // The SDKs would send even loopback through a proxy.
    program.env_remove("HTTP_PROXY").env_remove("http_proxy");
    program.kill_on_drop(true).output().await.unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn the_official_node_sdk_works_against_the_emulator_unchanged() {
    let Some(modules) = SDK_NODE_MODULES.find() else {
        return;
    };
    let mut node = Command::new("node");
    node.arg(component_build::root().join("tests/fixtures/sdk/tencentcloud_sdk.cjs"))
        .env("NODE_PATH", modules);
    reads(node).await;
}

#[tokio::test]
async fn the_official_go_sdk_works_against_the_emulator_unchanged() {
    let Some(program) = TENCENTCLOUD_SDK_GO.find() else {
        return;
    };
    reads(Command::new(program)).await;
}

#[tokio::test]
async fn the_official_command_line_works_against_the_emulator_unchanged() {
    let Some(program) = TCCLI.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    // It keeps a log and a configuration there.
    let home = tempfile::tempdir().unwrap();
    let call = async |key: &str, arguments: &[&str]| {
        let mut tccli = Command::new(&program);
        tccli
            .arg("ssm")
            .args(arguments)
            .args(["--endpoint", &emulator.url()])
            .env("HOME", home.path())
            .env("TENCENTCLOUD_REGION", "ap-guangzhou")
            .env("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID)
            .env("TENCENTCLOUD_SECRET_KEY", key);
        let output = run(&mut tccli).await;
        let said = text(&output.stdout) + &text(&output.stderr);
        (output.status.success(), said)
    };
    let value = [
        "GetSecretValue",
        "--SecretName=db-password",
        "--VersionId=v1",
    ];
    let missing = ["GetSecretValue", "--SecretName=no-such", "--VersionId=v1"];
    let list = ["ListSecrets", "--State=1", "--Limit=2"];
    let versions = ["ListSecretVersionIds", "--SecretName=db-password"];
    for (arguments, says) in [
        (&value[..], r#""SecretString": "sample-password-old""#),
        (&list, r#""TotalCount": 4"#),
        (&versions, r#""VersionId": "v2""#),
        (&["GetServiceStatus"], r#""ServiceEnabled": true"#),
    ] {
        let (is_fine, said) = call(SAMPLE_SECRET_KEY, arguments).await;
        assert!(is_fine && said.contains(says), "{arguments:?}: {said}");
    }
    for (key, arguments, says) in [
        ("wrong", value, "AuthFailure.SignatureFailure"),
        (
            SAMPLE_SECRET_KEY,
            missing,
            "ResourceNotFound.SecretNotExist",
        ),
    ] {
        let (is_fine, said) = call(key, &arguments).await;
        assert!(!is_fine && said.contains(says), "{arguments:?}: {said}");
    }
}

//! The demo, run as a user runs it.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests that is how to fail"
)]

use std::process::{Command, Output};

use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

fn demo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(args)
        .env("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID)
        .env("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY)
        .env_remove("TENCENTCLOUD_TOKEN")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_demo_reads_a_secret_through_daprs_api_and_ends_if_told_to() {
    let output = demo(&["--once", "--dapr-http-port", "0", "--dapr-grpc-port", "0"]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        shown.starts_with("listening on http://127.0.0.1:"),
        "{shown}"
    );
    let read = "GET /v1.0/secrets/tencent/db-password\n{\"db-password\":\"sample-password-new\"}";
    assert!(shown.contains(read), "{shown}");
    assert!(!shown.contains("curl"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_reads_one_secret_from_an_endpoint_and_shows_its_value_only_if_asked() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let url = emulator.url();
    let ask = [
        "get",
        "db-password",
        "--region",
        "ap-guangzhou",
        "--endpoint",
        &url,
    ];
    let output = demo(&ask);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        shown.contains("v2") && !shown.contains("sample-password"),
        "{shown}"
    );

    let revealed = [&ask[..], &["--version-id", "v1", "--reveal"]].concat();
    let shown = text(&demo(&revealed).stdout);
    assert!(shown.contains("sample-password-old"), "{shown}");

    let missing = [
        "get",
        "no-such",
        "--region",
        "ap-guangzhou",
        "--endpoint",
        &url,
    ];
    let output = demo(&missing);
    assert!(!output.status.success());
    assert!(text(&output.stdout).contains("not-found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gave_no_key_is_told_how() {
    let no_role = Config {
        cvm_role: None,
        ..Config::sample()
    };
    let emulator = Emulator::start(no_role).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["get", "db-password", "--region", "ap-guangzhou"])
        .args(["--endpoint", &emulator.url()])
        .env_clear()
        .env("HOME", home.path())
        .env(
            "TENCENTCLOUD_SSM_METADATA_ENDPOINT",
            emulator.metadata_url(),
        )
        .output()
        .unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success());
    for way in ["TENCENTCLOUD_SECRET_ID", "--profile", "tccli"] {
        assert!(said.contains(way), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_tcclis_profile_reads_where_the_environment_has_none() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".tccli");
    std::fs::create_dir(&folder).unwrap();
    let keys =
        format!(r#"{{"secretId": "{SAMPLE_SECRET_ID}", "secretKey": "{SAMPLE_SECRET_KEY}"}}"#);
    std::fs::write(folder.join("work.credential"), keys).unwrap();
    let region = r#"{"_sys_param": {"region": "ap-guangzhou"}}"#;
    std::fs::write(folder.join("work.configure"), region).unwrap();
    for named in [&["--profile", "work"][..], &[]] {
        let output = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(["get", "db-password", "--endpoint", &emulator.url()])
            .args(named)
            .env_clear()
            .env("HOME", home.path())
            .env("TCCLI_PROFILE", "work")
            .output()
            .unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(output.status.success() && said.contains("v2"), "{said}");
        // Everybody may read the file.
        assert!(
            said.contains("warning: ") && said.contains("chmod 600"),
            "{said}"
        );
        assert!(!said.contains(SAMPLE_SECRET_KEY), "{said}");
    }
}

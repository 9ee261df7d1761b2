//! Dapr's official SDKs read from `serve`; `tools/setup` installs them.

use std::path::{Path, PathBuf};

use ssm_emulator::{Config, Emulator};
use test_support::programs::{DAPR_SDK_GO, DAPR_SDK_JAVA, DAPR_SDK_PYTHON, SDK_NODE_MODULES};
use tokio::process::Command;

use crate::support::{Folder, Served, on, text};

fn script(program: impl AsRef<Path>, name: &str) -> Command {
    let mut command = Command::new(program.as_ref());
    command.arg(fixture(name));
    command
}

fn fixture(name: &str) -> PathBuf {
    component_build::root()
        .join("tests/fixtures/sdk")
        .join(name)
}

/// Runs the script against hosts that want the token `theirs`, with the token `ours`.
async fn reads(sdk: impl Fn() -> Command, tokens: &[(&str, &str)]) {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    for &(theirs, ours) in tokens {
        let fine = theirs == ours;
        let served = Served::start(&folder, &[], &[("DAPR_API_TOKEN", theirs)]);
        let output = sdk()
            .env("DAPR_HTTP_PORT", served.http.port().to_string())
            .env("DAPR_GRPC_PORT", served.grpc.port().to_string())
            .env("DAPR_API_TOKEN", ours)
            // A proxy has no business between a test and loopback.
            .env_remove("HTTP_PROXY")
            .env_remove("http_proxy")
            .kill_on_drop(true)
            .output()
            .await
            .unwrap();
        let said = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.success(), fine, "{said}");
        assert!(fine || !said.contains("sample-"), "{said}");
    }
}

#[tokio::test]
async fn the_python_sdk_reads_over_grpc() {
    let Some(python) = DAPR_SDK_PYTHON.find() else {
        return;
    };
    let tokens = [("", ""), ("let-me-in", "let-me-in"), ("let-me-in", "other")];
    reads(|| script(&python, "dapr_sdk.py"), &tokens).await;
}

#[tokio::test]
async fn the_javascript_sdk_reads_over_http_and_grpc() {
    let Some(modules) = SDK_NODE_MODULES.find() else {
        return;
    };
    let node = || {
        let mut command = script("node", "dapr_sdk.cjs");
        command.env("NODE_PATH", &modules);
        command
    };
    // With a wrong token it would wait for half a minute before it gives up.
    reads(node, &[("", ""), ("let-me-in", "let-me-in")]).await;
}

#[tokio::test]
async fn the_go_sdk_reads_over_grpc() {
    let Some(program) = DAPR_SDK_GO.find() else {
        return;
    };
    let tokens = [("", ""), ("let-me-in", "let-me-in"), ("let-me-in", "other")];
    reads(|| Command::new(&program), &tokens).await;
}

#[tokio::test]
async fn the_java_sdk_waits_over_http_and_reads_over_grpc() {
    let Some(archives) = DAPR_SDK_JAVA.find() else {
        return;
    };
    let java = || {
        let mut command = Command::new("java");
        command.arg("-cp").arg(archives.join("*"));
        command.arg(fixture("java/DaprSdk.java"));
        command
    };
    let tokens = [("", ""), ("let-me-in", "let-me-in"), ("let-me-in", "other")];
    reads(java, &tokens).await;
}

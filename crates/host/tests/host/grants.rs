//! What a component sees and reaches: its own grants, and no others'.

use std::process::Command;

use ssm_emulator::{Config, Emulator};

use crate::support::{self, Folder, Process, Served, component, text};

/// Serves a stranger under `secretstores.bad`, with keys in the host's environment.
fn stranger(items: &[(&str, &str)], arguments: &[&str]) -> Served {
    let wasm = component_build::package("bad-store").unwrap();
    let option = format!("--component=secretstores.bad={}", wasm.display());
    let folder = Folder::new().with("a.yaml", &component("bad", "secretstores.bad", items, ""));
    let env = [
        ("TENCENTCLOUD_SECRET_ID", "AKIDxxxxxxxx"),
        ("TENCENTCLOUD_SECRET_KEY", "hunter2"),
        ("TENCENTCLOUD_TOKEN", "hunter3"),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("DAPR_API_TOKEN", ""),
        ("FOO", "bar"),
    ];
    Served::start(&folder, &[&[option.as_str()], arguments].concat(), &env)
}

async fn said(served: &Served, request: &str) -> String {
    let answer = served.get(&format!("/v1.0/secrets/bad/{request}")).await;
    let (_, said) = answer.body.split_once("\":\"").unwrap();
    said.trim_end().trim_end_matches("\"}").to_owned()
}

async fn reached(served: &Served, url: &str) -> bool {
    let said = said(served, &format!("reach?metadata.url={url}")).await;
    let denied = said.contains("HttpRequestDenied");
    assert!(denied || said.parse::<u16>().is_ok(), "{said}");
    !denied
}

#[tokio::test]
async fn a_stranger_sees_no_environment_and_reaches_nothing() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let url = emulator.url();
    // What is allowed without a type is for the built-in one.
    let served = stranger(&[], &[&format!("--allow={url}")]);
    assert_eq!(said(&served, "environment").await, "");
    for url in [
        url.as_str(),
        "https://ssm.tencentcloudapi.com",
        "https://sts.tencentcloudapi.com",
        "http://169.254.169.254",
    ] {
        assert!(!reached(&served, url).await, "{url}");
    }
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn a_type_reaches_what_is_allowed_to_it_and_a_store_its_own_endpoint() {
    let one = Emulator::start(Config::sample()).await.unwrap();
    let two = Emulator::start(Config::sample()).await.unwrap();
    let (one, two) = (one.url(), two.url());
    let allow = format!("--allow=secretstores.Bad={one}");
    let served = stranger(&[], &[&allow]);
    assert!(reached(&served, &one).await);
    assert!(!reached(&served, &two).await);
    let served = stranger(&[("endpoint", &two)], &[]);
    assert!(!reached(&served, &one).await);
    assert!(reached(&served, &two).await);
}

#[test]
fn options_that_grant_nothing_end_the_start_with_their_name() {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    for (option, said) in [
        (
            "--allow=secretstores.none=https://a.example",
            "secretstores.none",
        ),
        (
            "--allow=state.redis=https://a.example",
            "--allow state.redis",
        ),
        ("--allow=ftp://a.example", "ftp://a.example"),
        ("--max-instances=2305843009213693952", "--max-instances"),
        ("--max-instances=0", "--max-instances"),
        ("--max-memory=512mb", "512Mi"),
    ] {
        let output = support::run(&["check", "--resources-path", path, option], &[]);
        assert!(!output.status.success());
        let log = text(&output.stderr);
        assert!(
            log.contains(said) && !log.contains("panicked"),
            "{option}: {log}"
        );
    }
}

#[test]
fn code_is_kept_for_nobody_who_is_somebody_else() {
    let home = tempfile::tempdir().unwrap();
    let open = home.path().join("open");
    std::fs::create_dir(&open).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&open, mode).unwrap();
    let wasm = component_build::package("bad-store").unwrap();
    let option = format!("--component=secretstores.bad={}", wasm.display());
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    let arguments = ["check", "--resources-path", path, &option];
    let env = [("HOME", open.to_str().unwrap())];
    let command: Command = support::command(&arguments, &env);
    let (_, log) = Process::start(command).end();
    assert!(log.contains("can be written to by others"), "{log}");
    assert!(!open.join(".cache").exists());
}

/// In an image HOME is the root, which may be read-only: not worth a warning.
#[test]
fn no_folder_is_wanted_where_nothing_is_compiled() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new();
    let arguments = ["check", "--resources-path", folder.path().to_str().unwrap()];
    let command = support::command(&arguments, &[("HOME", home.path().to_str().unwrap())]);
    let (_, log) = Process::start(command).end();
    assert!(!home.path().join(".cache").exists(), "{log}");
}

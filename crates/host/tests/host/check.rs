//! `dapr-wasm-host check`.

use ssm_emulator::{Config, Emulator};

use crate::support::{Folder, Process, command, component, on, run, text};

fn check(folder: &Folder) -> (Option<i32>, String) {
    let folder = folder.path().to_str().unwrap();
    let output = run(
        &["check", "--resources-path", folder, "--log-level=error"],
        &[],
    );
    (output.status.code(), text(&output.stdout))
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_well_when_every_store_starts_and_its_backend_answers() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let folder = Folder::new()
        .with("a.yaml", &on(&emulator, "tencent", &[]))
        .with("b.yaml", &component("cache", "state.redis", &[], ""));
    let (code, table) = check(&folder);
    assert_eq!(code, Some(0), "{table}");
    assert!(table.contains("tencent") && table.contains("ok"), "{table}");
    assert!(!table.contains("cache"), "{table}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_in_the_table_and_in_the_exit_code() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let wrong_key = on(&emulator, "wrong-key", &[("secretKey", "nonsense")]);
    let silent = on(
        &emulator,
        "silent",
        &[("endpoint", "http://127.0.0.1:9"), ("maxRetries", "0")],
    );
    for (yaml, expected) in [
        (&wrong_key, "no answer  unauthenticated"),
        (&silent, "no answer  unavailable"),
        (
            &component("x", "secretstores.no.such", &[], ""),
            "there is no type secretstores.no.such",
        ),
        (
            &component("x", "secretstores.local.file", &[], ""),
            "secretsFile is missing",
        ),
        (&"kind: [\n".to_owned(), "a.yaml:"),
        (&String::new(), "no secret store"),
    ] {
        let folder = Folder::new().with("a.yaml", yaml);
        let (code, table) = check(&folder);
        assert_eq!(code, Some(1), "{table}");
        assert!(table.contains(expected), "{expected} is not in:\n{table}");
        assert!(!table.contains("nonsense"), "{table}");
        let has_rows = !["a.yaml:", "no secret store"].contains(&expected);
        assert_eq!(table.contains("DETAIL"), has_rows, "{table}");
    }
}

#[test]
fn a_missing_folder_and_a_bad_component_are_named() {
    let folder = Folder::new().with("a.wasm", "no component");
    let sockets = folder.file("sockets");
    let plug = ["plug", "--sockets-folder", sockets.to_str().unwrap()];
    let a_file = folder.file("a.wasm");
    // Whatever the command, and before anything of it is there to be found.
    for command_line in [&["check"][..], &["serve"], &plug] {
        for (wrong, why) in [
            ("/no/such", "No such file"),
            (a_file.to_str().unwrap(), "Not a directory"),
        ] {
            let all = [command_line, &["--resources-path", wrong]].concat();
            let (status, log) = Process::start(command(&all, &[])).end();
            let expected = format!("error: the resources cannot be read: {wrong}: {why}");
            assert!(
                status.code() == Some(1) && log.contains(&expected),
                "{all:?}: {status}\n{log}"
            );
        }
    }
    assert!(!sockets.exists());
    let wasm = folder.file("a.wasm");
    let option = format!("--component=secretstores.a={}", wasm.display());
    let path = folder.path().to_str().unwrap();
    let output = run(&["check", "--resources-path", path, &option], &[]);
    let said = text(&output.stderr);
    assert!(
        !output.status.success() && said.contains("a.wasm"),
        "{said}"
    );
}

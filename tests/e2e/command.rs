//! The command line composed with the store, run by the unmodified wasmtime command.

use std::path::PathBuf;

use dapr_wasm_host::Runtime;
use host_test::harness::compiled;
use ssm_emulator::{Config, Emulator};
use tempfile::NamedTempFile;
use tokio::process::Command;

use crate::{fronts, wasmtime};

struct Composed {
    wasmtime: PathBuf,
    file: NamedTempFile,
    emulator: Emulator,
}

struct Ended {
    success: bool,
    out: String,
    err: String,
}

impl Composed {
    /// One for each wasmtime command.
    async fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for wasmtime in wasmtime::programs() {
            all.push(Self {
                wasmtime,
                file: wasmtime::file(&fronts::ssm_command()),
                emulator: Emulator::start(Config::sample()).await.unwrap(),
            });
        }
        all
    }

    async fn run(&self, arguments: &[&str]) -> Ended {
        let variables = wasmtime::variables(&self.emulator);
        self.run_with(variables, &["-Shttp"], arguments).await
    }

    async fn run_with(
        &self,
        variables: Vec<(&'static str, String)>,
        options: &[&str],
        arguments: &[&str],
    ) -> Ended {
        let output = Command::new(&self.wasmtime)
            .arg("run")
            .args(options)
            .args(wasmtime::environment(variables))
            .arg(self.file.path())
            .args(arguments)
            .output()
            .await
            .unwrap();
        Ended {
            success: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[test]
fn it_imports_what_the_store_imports_and_the_standard_librarys_streams_and_exit() {
    let (imports, exports) = compose::interfaces(&fronts::ssm_command()).unwrap();
    let store = compiled().imports();
    assert_eq!(wasmtime::beyond_std(&imports), wasmtime::beyond_std(&store));
    // Rust's standard library says which 0.2.
    assert!(
        matches!(&exports[..], [run] if run.starts_with("wasi:cli/run@0.2.")),
        "{exports:?}"
    );
}

#[test]
fn what_does_not_fit_is_not_composed() {
    let store = Runtime::TENCENTCLOUD_SSM;
    let told = |front: &[u8], store: &[u8]| compose::compose(front, store).err().unwrap();
    let two_stores = told(store, store).to_string();
    assert!(two_stores.starts_with("they do not fit: "), "{two_stores}");
    let no_store = told(store, b"").to_string();
    assert!(no_store.starts_with("store:component: "), "{no_store}");
}

#[tokio::test]
async fn it_prints_a_secret_and_nothing_else() {
    for composed in Composed::all().await {
        let ended = composed.run(&["get", "api-token"]).await;
        assert!(ended.success, "{}", ended.err);
        assert_eq!(
            (ended.out.as_str(), ended.err.as_str()),
            ("sample-token-4f1c\n", "")
        );
        let old = composed
            .run(&["get", "db-password", "--version", "v1"])
            .await;
        assert_eq!(old.out, "sample-password-old\n");
        let whole = composed.run(&["get", "api-token", "--json"]).await.out;
        assert!(
            whole.starts_with(
                r#"{"data":{"api-token":"sample-token-4f1c"},"name":"api-token","requestId":""#
            ),
            "{whole}"
        );
    }
}

#[tokio::test]
async fn it_prints_names_or_all_or_some_secrets() {
    for composed in Composed::all().await {
        let names = composed.run(&["list"]).await.out;
        assert!(
            names.lines().any(|name| name == "api-token") && names.lines().count() == 4,
            "{names}"
        );
        assert!(!names.contains("sample-token-4f1c"));
        let all = composed.run(&["bulk"]).await.out;
        assert!(
            all.contains(r#""api-token":{"api-token":"sample-token-4f1c"}"#)
                && all.lines().count() == 1,
            "{all}"
        );
        let some = composed.run(&["bulk", "--names", "api-token"]).await.out;
        assert_eq!(
            some,
            "{\"api-token\":{\"api-token\":\"sample-token-4f1c\"}}\n"
        );
    }
}

#[tokio::test]
async fn an_error_goes_to_standard_error_with_its_kind_first() {
    for composed in Composed::all().await {
        let missing = composed.run(&["get", "no-such"]).await;
        assert!(!missing.success && missing.out.is_empty());
        assert!(missing.err.starts_with("not-found: "), "{}", missing.err);
        let json = composed.run(&["get", "no-such", "--json"]).await;
        assert!(!json.success && json.out.is_empty());
        assert!(
            json.err
                .starts_with(r#"{"code":"ResourceNotFound.SecretNotExist","kind":"not-found""#),
            "{}",
            json.err
        );
        let unknown = composed.run(&["gett"]).await;
        assert!(!unknown.success && unknown.out.is_empty());
        assert!(unknown.err.contains("Usage: "), "{}", unknown.err);
    }
}

#[tokio::test]
async fn ping_says_nothing_when_all_is_well_and_why_when_not() {
    for composed in Composed::all().await {
        let well = composed.run(&["ping"]).await;
        assert!(well.success && well.out.is_empty() && well.err.is_empty());
        let wrong = "wrong-key-0123456789abcdefghijkl";
        let mut variables = wasmtime::variables(&composed.emulator);
        variables.retain(|(name, _)| *name != "TENCENTCLOUD_SECRET_KEY");
        variables.push(("TENCENTCLOUD_SECRET_KEY", wrong.to_owned()));
        let refused = composed.run_with(variables, &["-Shttp"], &["ping"]).await;
        assert!(!refused.success && refused.out.is_empty());
        assert!(
            refused.err.starts_with("unauthenticated: ") && !refused.err.contains(wrong),
            "{}",
            refused.err
        );
    }
}

#[tokio::test]
async fn surroundings_that_lack_something_are_named() {
    for composed in Composed::all().await {
        let get = ["get", "api-token"];
        let bare = composed.run_with(Vec::new(), &["-Shttp"], &get).await;
        assert!(!bare.success && bare.out.is_empty());
        assert!(
            bare.err.starts_with("invalid-config: ") && bare.err.contains("TENCENTCLOUD_REGION"),
            "{}",
            bare.err
        );
        let variables = wasmtime::variables(&composed.emulator);
        let offline = composed.run_with(variables, &[], &get).await;
        assert!(!offline.success && offline.out.is_empty());
        assert!(offline.err.contains("wasi:http/"), "{}", offline.err);
        assert!(composed.emulator.requests().is_empty());
    }
}

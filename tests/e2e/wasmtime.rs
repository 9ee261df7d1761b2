//! The unmodified wasmtime command, which `tools/setup` installs.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use ssm_emulator::{Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use tempfile::NamedTempFile;
use test_support::programs::{self, WASMTIME, WASMTIME_LTS};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, Command},
};

/// Where the newest command is; `None` where it is not installed.
pub(crate) fn program() -> Option<PathBuf> {
    WASMTIME.find()
}

/// Where the newest command and the one with long support are, as far as they are installed.
pub(crate) fn programs() -> impl Iterator<Item = PathBuf> {
    programs::found(&[WASMTIME, WASMTIME_LTS])
}

/// Variables that configure a store to read from `emulator`.
pub(crate) fn variables(emulator: &Emulator) -> Vec<(&'static str, String)> {
    vec![
        ("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID.to_owned()),
        ("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY.to_owned()),
        ("TENCENTCLOUD_REGION", "ap-guangzhou".to_owned()),
        ("TENCENTCLOUD_SSM_ENDPOINT", emulator.url()),
    ]
}

/// Options of the command that give a component these variables.
pub(crate) fn environment<'a>(
    variables: impl IntoIterator<Item = (&'a str, String)>,
) -> Vec<String> {
    let variables = variables.into_iter();
    variables
        .map(|(name, value)| format!("--env={name}={value}"))
        .collect()
}

/// What a component imports, without versions, besides what Rust's standard library asks every host for.
/// The fronts are made with it: the command needs the streams, and the gateway tells the operator on one.
pub(crate) fn beyond_std(imports: &[String]) -> Vec<&str> {
    let std = ["exit", "stderr", "stdin", "stdout", "terminal-"];
    let asked = |import: &str| {
        let cli = import.strip_prefix("wasi:cli/");
        cli.is_some_and(|import| std.iter().any(|name| import.starts_with(name)))
    };
    let imports = imports.iter().filter(|import| !asked(import));
    // That library says which 0.2 of what both import.
    imports
        .filter_map(|import| import.split('@').next())
        .collect()
}

/// A component as a file, until dropped.
pub(crate) fn file(component: &[u8]) -> NamedTempFile {
    let file = NamedTempFile::with_suffix(".wasm").unwrap();
    std::fs::write(&file, component).unwrap();
    file
}

/// A running `wasmtime serve`, until dropped.
pub(crate) struct Serving {
    /// The URL that it serves: `http://HOST:PORT`.
    pub(crate) url: String,
    child: Child,
    stderr: BufReader<tokio::process::ChildStderr>,
}

impl Serving {
    /// Serves `component` with the newest command; `None` where there is none.
    pub(crate) async fn start(
        component: &NamedTempFile,
        variables: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Option<Self> {
        Some(Self::start_with(&program()?, component, variables).await)
    }

    /// Serves `component` with this command.
    pub(crate) async fn start_with(
        program: &Path,
        component: &NamedTempFile,
        variables: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let mut child = Command::new(program)
            .args(["serve", "-Scli", "--addr=127.0.0.1:0"])
            .args(environment(variables))
            .arg(component.path())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            let read = stderr.read_line(&mut line).await.unwrap();
            assert!(read > 0, "wasmtime serve ended");
        }
        let url = line[line.find("http://").unwrap()..]
            .trim()
            .trim_end_matches('/')
            .to_owned();
        Self { url, child, stderr }
    }

    /// Ends the command; gives what it printed since it served.
    pub(crate) async fn end(mut self) -> String {
        self.child.kill().await.unwrap();
        let mut said = String::new();
        self.stderr.read_to_string(&mut said).await.unwrap();
        said
    }
}

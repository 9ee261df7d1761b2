//! What is measured, and how much memory it has.

use std::{fs, process::Command, time::Duration};

use tempfile::TempDir;
use test_support::{programs::DAPRD, resources::component_yaml};

use crate::running::{Running, free, running, settled, try_running_at, with_ports};

/// The secret that is read, of the sample account.
pub(crate) const PATH: &str = "/v1.0/secrets/tencent/api-token";

/// `command`, a daprd, on the stores of `resources`.
pub(crate) async fn daprd(mut command: Command, resources: &TempDir) -> Command {
    command
        .args(["--app-id=bench", "--log-level=error", "--metrics-port=0"])
        .args(["--dapr-internal-grpc-port", &free().await.to_string()])
        .args([
            "--dapr-listen-addresses=127.0.0.1",
            "--enable-metrics=false",
        ])
        .arg("--resources-path")
        .arg(resources.path());
    command
}

/// Starts a server that has daprd's flags for its ports, unless it ends or takes too long.
pub(crate) async fn try_running(mut command: Command, path: &str) -> Option<(Running, Duration)> {
    let port = with_ports(&mut command).await;
    try_running_at(command, port, path).await
}

/// The unmodified daprd that `tools/daprd` builds, with a store that is built in.
pub(crate) async fn unplugged() -> Option<(Running, Duration)> {
    let program = DAPRD.find()?;
    let yaml = component_yaml::<&str, &str>("env", "secretstores.local.env", &[]);
    let folder = settled(&yaml);
    let command = daprd(Command::new(program), &folder).await;
    Some(running(command, "/v1.0/secrets/env/PATH").await)
}

/// Resident memory of a server, in kilobytes.
pub(crate) fn memory_of(server: &Running) -> u64 {
    status_of(server, "VmRSS")
}

/// The most that it ever was, in kilobytes.
pub(crate) fn most_memory_of(server: &Running) -> u64 {
    status_of(server, "VmHWM")
}

fn status_of(server: &Running, name: &str) -> u64 {
    fs::read_to_string(format!("/proc/{}/status", server.child.id()))
        .unwrap()
        .lines()
        .find(|line| line.starts_with(name))
        .and_then(|line| line.split_whitespace().nth(1))
        .unwrap()
        .parse()
        .unwrap()
}

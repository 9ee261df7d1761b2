//! daprd's command line, taken as it is.

use std::{
    collections::BTreeSet,
    process::{Command, Stdio},
    time::Duration,
};

use test_support::programs::{self, DAPRDS};

use crate::support::{Folder, Process, Served, command, component, run, text};

/// The flags of daprd 1.16 and 1.18 with values that start it, and those that it has kept for old lines.
const FLAGS: [(&str, &str); 57] = [
    ("actors-disseminate-timeout", "30s"),
    ("actors-service", "placement:127.0.0.1:50005"),
    ("allowed-origins", "*"),
    ("app-channel-address", "127.0.0.1"),
    ("app-health-check-path", "/healthz"),
    ("app-health-probe-interval", "5"),
    ("app-health-probe-timeout", "500"),
    ("app-health-threshold", "3"),
    ("app-id", "shop"),
    ("app-max-concurrency", "-1"),
    ("app-port", "8080"),
    ("app-protocol", "http"),
    ("config", ""),
    ("control-plane-address", ""),
    ("control-plane-namespace", "default"),
    ("control-plane-trust-domain", "localhost"),
    ("dapr-block-shutdown-duration", "1s"),
    ("dapr-graceful-shutdown-seconds", "-1"),
    ("dapr-grpc-port", "0"),
    ("dapr-http-port", "0"),
    ("dapr-internal-grpc-listen-address", "127.0.0.1"),
    ("dapr-internal-grpc-port", "50002"),
    ("dapr-listen-addresses", "[::1],127.0.0.1"),
    ("dapr-public-listen-address", "127.0.0.1"),
    ("dapr-public-port", "0"),
    ("disable-builtin-k8s-secret-store", ""),
    ("disable-init-endpoints", "config"),
    ("enable-api-logging", ""),
    ("enable-app-health-check", ""),
    ("enable-metrics", ""),
    ("enable-mtls", ""),
    ("enable-profiling", ""),
    ("hot-reload-reconcile-interval", "60s"),
    ("log-as-json", ""),
    ("log-file", "dapr.log"),
    ("log-level", "info"),
    ("max-body-size", "8Mi"),
    ("metrics-listen-address", "127.0.0.1"),
    ("metrics-port", "0"),
    ("mode", "standalone"),
    ("placement-host-address", "127.0.0.1:50005"),
    ("profile-port", "7777"),
    ("read-buffer-size", "4Ki"),
    ("reminders-service", ""),
    ("resources-path", ""),
    ("scheduler-host-address", "127.0.0.1:50006"),
    ("scheduler-job-streams", "3"),
    ("sentry-address", "127.0.0.1:50001"),
    ("sentry-request-jwt-audiences", "a,b"),
    ("unix-domain-socket", ""),
    ("version", ""),
    ("wait", ""),
    ("build-info", ""),
    // No longer in its help.
    ("app-ssl", ""),
    ("components-path", ""),
    ("dapr-http-max-request-size", "8"),
    ("dapr-http-read-buffer-size", "4"),
];
/// These make another command of it, or stand in the test's own line.
const APART: [&str; 6] = [
    "build-info",
    "components-path",
    "config",
    "resources-path",
    "unix-domain-socket",
    "version",
];
const BOOLEANS: [&str; 9] = [
    "app-ssl",
    "disable-builtin-k8s-secret-store",
    "enable-api-logging",
    "enable-app-health-check",
    "enable-metrics",
    "enable-mtls",
    "enable-profiling",
    "log-as-json",
    "wait",
];

#[test]
fn every_flag_of_daprds_is_taken() {
    let yaml = component("env", "secretstores.local.env", &[], "");
    let first = Folder::new().with("a.yaml", &yaml);
    let second = Folder::new().with("b.yaml", &yaml.replace("name: env", "name: other"));
    let folders = format!("{},{}", first.path().display(), second.path().display());
    for dashes in ["-", "--"] {
        let mut line = vec!["serve".to_owned()];
        line.extend([format!("{dashes}components-path"), folders.clone()]);
        for (name, value) in FLAGS {
            let flag = format!("{dashes}{name}");
            if APART.contains(&name) || name == "wait" {
                continue;
            } else if BOOLEANS.contains(&name) {
                let value = if dashes == "-" { "" } else { "=true" };
                line.push(format!("{flag}{value}"));
            } else {
                line.extend([flag, value.to_owned()]);
            }
        }
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        let mut process = Process::start(command(&line, &[]));
        process.wait_for("ready", 1);
        process.wait_for("\"serves\"", 2);
        let said = process.wait_for("mean nothing here", 1);
        let apart = said[0].split_once("here:").unwrap().1;
        assert!(
            apart.contains("app-port") && !apart.contains("app-id"),
            "{apart}"
        );
    }
}

#[test]
fn the_table_above_is_daprds_own() {
    for daprd in programs::found(&DAPRDS) {
        let output = Command::new(daprd)
            .arg("--help")
            .stdin(Stdio::null())
            .output();
        let output = output.unwrap();
        let help = text(&output.stdout) + &text(&output.stderr);
        let flags: BTreeSet<&str> = help
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("--"))
            .filter_map(|line| line.split(' ').next())
            .collect();
        let known: BTreeSet<&str> = FLAGS.iter().map(|(name, _)| *name).collect();
        assert!(flags.len() > 40, "{help}");
        let missing: Vec<_> = flags.difference(&known).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

#[test]
fn some_flags_make_another_command_of_it() {
    for line in [["serve", "--version"], ["serve", "-build-info"]] {
        let output = run(&line, &[]);
        assert!(output.status.success());
        assert!(text(&output.stdout).contains(env!("CARGO_PKG_VERSION")));
    }
    let mut served = Served::start(&Folder::new(), &[], &[]);
    served.process.wait_for("ready", 1);
    let port = served.http.port().to_string();
    let output = run(&["serve", "-wait", "-dapr-http-port", &port], &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn levels_and_values_are_daprds() {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    for level in ["debug", "info", "warn", "error", "fatal"] {
        let line = ["check", "--resources-path", path, "--log-level", level];
        assert_eq!(run(&line, &[]).status.code(), Some(1), "{level}");
    }
    let silent = Folder::new().with("a.yaml", "kind: [\n");
    let path = silent.path().to_str().unwrap();
    let mut line = vec!["serve", "--resources-path", path, "--log-level=fatal"];
    line.extend([
        "--dapr-http-port=0",
        "--dapr-grpc-port=0",
        "--metrics-port=0",
    ]);
    let mut process = Process::start(command(&line, &[]));
    std::thread::sleep(Duration::from_millis(300));
    process.is_running();
    assert_eq!(process.log(), "");
    for wrong in [
        "--max-body-size=4mi",
        "--enable-metrics=perhaps",
        "--log-level=loud",
        "--no-flag-of-daprds",
    ] {
        let output = run(&["serve", wrong], &[]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn metrics_are_served_unless_told_otherwise() {
    let folder = Folder::new();
    let path = folder.path().to_str().unwrap();
    for off in [
        &["--enable-metrics=false"][..],
        &["--enable-metrics", "false"],
    ] {
        let mut line = vec!["serve", "--resources-path", path];
        line.extend(["--dapr-http-port=0", "--dapr-grpc-port=0"]);
        line.extend(off);
        let mut process = Process::start(command(&line, &[]));
        process.wait_for("ready", 1);
        assert!(!process.log().contains("metrics"), "{}", process.log());
    }
}

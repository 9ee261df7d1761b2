//! The command, run as a user runs it.

#![cfg(not(target_family = "wasm"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests that is how to fail"
)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
};

/// A running `ssm-emulator`, ended when dropped.
struct Running {
    child: Child,
    url: String,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ssm-emulator"))
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let url = first
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("first line: {first:?}"))
            .to_owned();
        Self { child, url, stdout }
    }

    /// What follows `name` on one of the next lines.
    fn said(&mut self, name: &str) -> String {
        let mut lines = self.stdout.by_ref().lines();
        let found = lines.find_map(|line| {
            let line = line.unwrap();
            line.strip_prefix(name).map(|rest| rest.trim().to_owned())
        });
        found.unwrap_or_else(|| panic!("no line {name}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_emulator_takes_a_seed_tls_and_faults_from_its_command_line() {
    let ca = tempfile::NamedTempFile::new().unwrap();
    let emulator = Running::start(&[
        "--listen",
        "127.0.0.1:0",
        "--seed",
        "seed.example.json",
        "--latency",
        "1ms",
        "--tls",
        "--tls-ca-out",
        ca.path().to_str().unwrap(),
        "--fault",
        "status=503@GetSecretValue*2",
        "--behaviour",
        "unused-value=null",
    ]);
    assert!(emulator.url.starts_with("https://localhost:"));
    let pem = fs::read_to_string(ca.path()).unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

#[test]
fn sts_and_the_metadata_service_may_listen_apart() {
    let mut emulator =
        Running::start(&["--apart", "--key-life", "8s", "--seed", "seed.example.json"]);
    let (sts, metadata) = (emulator.said("sts "), emulator.said("metadata "));
    assert!(sts != emulator.url && metadata != emulator.url && sts != metadata);
    let role = "/latest/meta-data/cam/security-credentials/ssm-reader";
    assert!(get(&metadata, role).contains(r#""Code":"Success""#));
    assert!(get(&emulator.url, role).contains("InvalidRequest"));
    assert!(get(&sts, role).contains("InvalidRequest"));
    let without = Running::start(&["--no-cvm-role"]);
    assert!(get(&without.url, role).starts_with("HTTP/1.1 404"));
}

#[test]
fn the_metadata_service_misbehaves_as_it_is_told() {
    let folder = "/latest/meta-data/cam/security-credentials/";
    let keys = format!("{folder}ssm-reader");
    for (fault, path, begin, end) in [
        (
            "line-end@MetadataRoleName",
            folder,
            "HTTP/1.1 200",
            "\r\n\r\nssm-reader\n",
        ),
        (
            "status=404@MetadataRoleName",
            folder,
            "HTTP/1.1 404",
            "</html>",
        ),
        (
            "status=503@MetadataRoleKeys",
            &keys,
            "HTTP/1.1 503",
            "</html>",
        ),
        (
            "raw={@MetadataRoleKeys/ssm-reader",
            &keys,
            "HTTP/1.1 200",
            "\r\n\r\n{",
        ),
        (
            "error=Failed@MetadataRoleKeys",
            &keys,
            "HTTP/1.1 200",
            r#"{"Code":"Failed"}"#,
        ),
        (
            "no-keys@MetadataRoleKeys",
            &keys,
            "HTTP/1.1 200",
            r#"{"Code":"Success"}"#,
        ),
        ("close@MetadataRoleKeys", &keys, "", ""),
    ] {
        let emulator = Running::start(&["--fault", fault]);
        let answer = get(&emulator.url, path);
        assert!(
            answer.starts_with(begin) && answer.ends_with(end),
            "{fault}: {answer}"
        );
        assert_eq!(answer.is_empty(), begin.is_empty(), "{fault}: {answer}");
    }
}

/// The whole answer to a GET.
fn get(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_emulator_refuses_what_makes_no_sense_and_says_why() {
    for (args, why) in [
        (&["--listen", "0.0.0.0:0"][..], "--allow-remote"),
        (&["--seed", "no/such.json"][..], "cannot be read"),
        (&["--fault", "explode"][..], "no fault"),
        (&["--behaviour", "mood=good"][..], "no behaviour"),
        (&["--latency", "soon"][..], "20ms"),
        (&["--key-life", "long"][..], "20ms"),
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_ssm-emulator"))
            .args(args)
            .output()
            .unwrap();
        assert!(!refused.status.success(), "{args:?}");
        assert!(
            text(&refused.stderr).contains(why),
            "{}",
            text(&refused.stderr)
        );
    }
}

#[test]
fn options_stand_in_groups() {
    let output = Command::new(env!("CARGO_BIN_EXE_ssm-emulator"))
        .arg("--help")
        .output()
        .unwrap();
    let help = text(&output.stdout);
    for heading in ["Address:", "TLS:", "Secrets:", "Keys:", "Behaviour:"] {
        let count = help.lines().filter(|line| *line == heading).count();
        assert_eq!(count, 1, "{heading}\n{help}");
    }
    // What nobody gave a group stands under this heading, before the groups.
    let (_, rest) = help.split_once("\nOptions:\n").unwrap();
    let (rest, _) = rest.split_once("\nAddress:\n").unwrap();
    let names: Vec<_> = rest
        .split_whitespace()
        .filter(|it| it.starts_with("--"))
        .collect();
    assert_eq!(names, ["--help", "--version"]);
}

//! The folder of the sockets: whose it may be, who serves what in it, and what is left there.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use ssm_emulator::{Config, Emulator};
use test_support::programs::is_root;
use tokio::time::sleep;

use crate::{
    plugged::{Plugged, connect},
    support::{Folder, Process, command, run, text},
};

const LOCAL_ENV: &str = "secretstores.local.env";
const NOBODY: u32 = 65_532;

fn plug(sockets: &Path, arguments: &[&str]) -> Command {
    let at = ["plug", "--sockets-folder", sockets.to_str().unwrap()];
    command(&[&at, arguments].concat(), &[])
}

/// What it says before it fails.
fn refused(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", text(&output.stdout));
    text(&output.stdout) + &text(&output.stderr)
}

/// A folder of `owner` with this mode, which other users can reach.
fn owned(folder: &Folder, name: &str, owner: u32, mode: u32) -> std::path::PathBuf {
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.file(name);
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    chown(&path, Some(owner), None).unwrap();
    path
}

#[test]
fn a_kubernetes_empty_dir_is_taken_and_a_strangers_folder_is_not() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let empty_dir = owned(&folder, "empty", 0, 0o777);
    let mut as_nobody = plug(&empty_dir, &[]);
    as_nobody.uid(NOBODY);
    let mut process = Process::start(as_nobody);
    process.wait_for("plugged in", 1);
    process.wait_for("every user may write", 1);
    process.signal(Signal::TERM);
    let (status, log) = process.end();
    assert!(status.success(), "{log}");
    assert_eq!(fs::read_dir(&empty_dir).unwrap().count(), 0);

    let theirs = owned(&folder, "theirs", 1_000, 0o777);
    for user in [0, NOBODY] {
        let mut command = plug(&theirs, &[]);
        command.uid(user);
        let said = refused(command);
        assert!(said.contains("it belongs to the user 1000"), "{said}");
    }
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 0);
}

#[test]
fn another_users_live_socket_is_not_taken_for_a_stale_one() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let shared = owned(&folder, "shared", 0, 0o777);
    let mut first = Process::start(plug(&shared, &[]));
    first.wait_for("plugged in", 1);
    let mut second = plug(&shared, &[]);
    second.uid(NOBODY);
    let said = refused(second);
    assert!(said.contains("somebody may serve it"), "{said}");
    first.is_running();
    first.signal(Signal::TERM);
    let (status, log) = first.end();
    assert!(status.success(), "{log}");
    assert_eq!(fs::read_dir(&shared).unwrap().count(), 0);
}

#[test]
fn of_hosts_that_start_at_the_same_time_one_serves_and_the_others_say_so() {
    let folder = Folder::new();
    let sockets = folder.file("sockets");
    for _ in 0..5 {
        let hosts = [(); 4].map(|()| Process::start(plug(&sockets, &["--offer", LOCAL_ENV])));
        let started = Instant::now();
        let ends = |host: &Process| {
            let log = host.log();
            log.contains("plugged in") || log.contains("another process serves it")
        };
        while !hosts.iter().all(ends) {
            assert!(started.elapsed() < Duration::from_secs(30));
            thread::sleep(Duration::from_millis(5));
        }
        let serving = |host: &&Process| host.log().contains("plugged in");
        assert_eq!(hosts.iter().filter(serving).count(), 1);
        // Killed: what they leave behind keeps no next one from starting.
        drop(hosts);
        assert_eq!(fs::read_dir(&sockets).unwrap().count(), 1);
    }
}

#[test]
fn what_another_host_serves_is_left_to_it_unless_it_was_asked_for() {
    let folder = Folder::new();
    let sockets = folder.file("sockets");
    let mut first = Process::start(plug(&sockets, &[]));
    first.wait_for("plugged in", 1);
    // The built-in type beside it: the other one stays with the first host.
    let mut second = Process::start(plug(&sockets, &["--drop-in"]));
    let line = second.wait_for("plugged in", 1).remove(0);
    assert!(line.contains("tencentcloud.ssm.sock"), "{line}");
    let warning = second.wait_for("not offered", 1).remove(0);
    assert!(warning.contains("another process serves it"), "{warning}");

    let wasm = "secretstores.tencentcloud.ssm.wasm";
    let said = refused(plug(&sockets, &["--offer", wasm, "--offer", LOCAL_ENV]));
    assert!(said.contains("another process serves it"), "{said}");
    assert!(!sockets.join("local.env.sock").exists());

    let mut third = Process::start(plug(
        &sockets,
        &["--offer", LOCAL_ENV, "--offer", LOCAL_ENV],
    ));
    let line = third.wait_for("plugged in", 1).remove(0);
    assert!(line.contains("local.env.sock"), "{line}");

    for nonsense in ["secretstores.other", "local.env"] {
        let said = refused(plug(&sockets, &["--offer", nonsense]));
        assert!(said.contains("there is no such type"), "{said}");
    }
    let both = run(&["plug", "--drop-in", "--offer", LOCAL_ENV], &[]);
    assert!(!both.status.success());
}

#[test]
fn a_folder_whose_sockets_nobody_could_connect_to_ends_the_start_with_the_length() {
    let folder = Folder::new();
    let used = folder.path().as_os_str().len() + 1;
    for (length, fits) in [
        (80, true),
        (81, false),
        (96, false),
        (97, false),
        (200, false),
    ] {
        let sockets = folder.file(&"x".repeat(length - used));
        if fits {
            let mut process = Process::start(plug(&sockets, &[]));
            process.wait_for("plugged in", 1);
            continue;
        }
        let said = refused(plug(&sockets, &[]));
        let bytes = length + "/tencentcloud.ssm.wasm.sock".len();
        assert!(said.contains(&format!("{bytes} bytes")), "{said}");
        assert!(said.contains("more than 107"), "{said}");
    }
}

#[tokio::test]
async fn the_socket_goes_first_when_stopping_and_the_call_in_flight_is_not_lost() {
    let config = Config {
        latency: Duration::from_millis(1_500),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let folder = Folder::new();
    let plugged = Plugged::start(&folder, &[], &[]);
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    let idle = connect(&plugged.socket()).await;
    let call = tokio::spawn(async move { client.value("a", "api-token").await });
    while emulator.requests().is_empty() {
        sleep(Duration::from_millis(5)).await;
    }
    plugged.process.signal(Signal::TERM);
    let started = Instant::now();
    while plugged.socket().exists() {
        assert!(started.elapsed() < Duration::from_secs(10));
        sleep(Duration::from_millis(2)).await;
    }
    assert!(!call.is_finished(), "it is in flight still");
    assert_eq!(call.await.unwrap(), "sample-token-4f1c");
    let (status, log) = plugged.process.end();
    assert!(
        status.success() && !log.contains("still in flight"),
        "{log}"
    );
    drop(idle);
}

//! What a service manager is told, and who waits for the host.

use std::{
    io::ErrorKind,
    os::unix::net::{UnixDatagram, UnixStream},
    path::PathBuf,
    time::Duration,
};

use rustix::process::Signal;
use ssm_emulator::{Config, Emulator};

use crate::{
    plugged::Plugged,
    support::{Folder, PATIENCE, Process, Served, command, on, run, text},
};

/// Listens as systemd does.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Manager {
    fn new(folder: &Folder) -> Self {
        let path = folder.file("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, path }
    }

    fn variable(&self) -> (&str, &str) {
        ("NOTIFY_SOCKET", self.path.to_str().unwrap())
    }

    /// The next thing that it is told.
    fn told(&self) -> String {
        let mut buffer = [0; 4_096];
        let length = self.socket.recv(&mut buffer).unwrap();
        text(&buffer[..length])
    }

    /// Whether it was told anything that it did not read.
    fn was_told(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let told = self.socket.recv(&mut [0; 4_096]);
        self.socket.set_nonblocking(false).unwrap();
        match told {
            Ok(_) => true,
            Err(why) if why.kind() == ErrorKind::WouldBlock => false,
            Err(why) => panic!("{why}"),
        }
    }
}

#[tokio::test]
async fn a_manager_is_told_when_callers_are_answered_and_when_that_ends() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let outer = Folder::new();
    let manager = Manager::new(&outer);

    // As systemd has it, READY is all that is waited for.
    let sockets = outer.file("sockets");
    let arguments = ["plug", "--sockets-folder", sockets.to_str().unwrap()];
    let process = Process::start(command(&arguments, &[manager.variable()]));
    assert_eq!(manager.told(), "READY=1\n");
    let plugged = Plugged { process, sockets };
    let mut client = plugged.client().await;
    client.init("a", &emulator, &[]).await.unwrap();
    plugged.process.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1\n");
    assert!(plugged.process.end().0.success());

    let resources = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    let served = Served::start(&resources, &[], &[manager.variable()]);
    assert_eq!(manager.told(), "READY=1\n");
    assert!(
        served
            .get("/v1.0/secrets/tencent/api-token")
            .await
            .status
            .is_success()
    );
    served.process.signal(Signal::TERM);
    assert_eq!(manager.told(), "STOPPING=1\n");
    assert!(served.process.end().0.success());
    assert!(!manager.was_told());
}

#[tokio::test]
async fn a_manager_is_not_told_that_a_host_is_ready_which_is_not() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let outer = Folder::new();
    let manager = Manager::new(&outer);
    let resources = Folder::new().with("a.yaml", &on(&emulator, "a", &[("region", "")]));
    let folder = resources.path().to_str().unwrap();
    let refused = run(
        &["serve", "--resources-path", folder],
        &[manager.variable()],
    );
    assert!(!refused.status.success());
    assert!(!manager.was_told());

    // Nothing can be read at first: it serves, and is ready once a store does.
    resources.write("a.yaml", "{");
    let mut served = Served::start(&resources, &[], &[manager.variable()]);
    served.process.wait_for("not ready", 1);
    assert!(!manager.was_told());
    resources.write("a.yaml", &on(&emulator, "a", &[]));
    assert_eq!(manager.told(), "READY=1\n");
    assert!(
        served
            .get("/v1.0/secrets/a/api-token")
            .await
            .status
            .is_success()
    );
}

#[test]
fn a_manager_that_is_gone_is_a_warning() {
    let folder = Folder::new();
    let gone = folder.file("gone");
    let variable = ("NOTIFY_SOCKET", gone.to_str().unwrap());
    let mut plugged = Plugged::start(&folder, &[], &[variable]);
    plugged.process.wait_for("cannot be told READY=1", 1);
    plugged.process.is_running();
}

#[test]
fn plug_waits_for_the_sockets_that_its_command_line_names() {
    let folder = Folder::new();
    let sockets = folder.file("sockets");
    let at = [
        "plug",
        "--wait",
        "--sockets-folder",
        sockets.to_str().unwrap(),
    ];
    let drop_in = ["plug", "--wait", "--drop-in", "--sockets-folder", at[3]];
    let mut early = Process::start(command(&at, &[]));
    early.is_running();
    let plugged = Plugged::start(&folder, &[], &[]);
    assert!(early.end().0.success());
    assert!(run(&at, &[]).status.success());
    assert!(UnixStream::connect(plugged.socket()).is_ok());

    // The other socket of --drop-in is not there.
    let mut other = Process::start(command(&drop_in, &[]));
    std::thread::sleep(Duration::from_millis(300));
    other.is_running();
    let offered = run(&[&at[..], &["--offer", "state.x"]].concat(), &[]);
    assert!(!offered.status.success());
}

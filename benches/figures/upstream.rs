//! A server in a process of its own that answers every request with the same secret, as fast as one
//! can: what is left of a figure is the client's.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
};

/// The argument that makes the benchmark this server instead.
pub(crate) const ARGUMENT: &str = "--upstream";
/// The secret that it has.
pub(crate) const NAME: &str = "secret-000";

/// The server's process, which ends when dropped.
pub(crate) struct Upstream {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Upstream {
    /// On the processor `core`, where one is named.
    pub(crate) fn start(core: Option<usize>) -> Self {
        let mut child = on(core)
            .arg(ARGUMENT)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        Self {
            child,
            address: address.trim().parse().unwrap(),
        }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// This program again, on the processor `core` where one is named.
pub(crate) fn on(core: Option<usize>) -> Command {
    let this = env::current_exe().unwrap();
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["--cpu-list", &core.to_string()]).arg(this);
            command
        }
        None => Command::new(this),
    }
}

/// Serves, and prints where.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: TcpStream) {
    let body = format!(
        r#"{{"Response":{{"SecretName":"{NAME}","VersionId":"SSM_Current","SecretString":"a value of 24 bytes.....","RequestId":"e8b2a9a0-6b1c-4d0e-9a43-0d7f5c1b2a3e"}}}}"#
    );
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.set_nodelay(true).unwrap();
    let mut got = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        while let Some(length) = whole(&got) {
            got.drain(..length);
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(read) => got.extend_from_slice(&buffer[..read]),
        }
    }
}

/// The length of the first request in `got`, if all of it is there.
fn whole(got: &[u8]) -> Option<usize> {
    let end = got.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&got[..end]).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    let all = end + length.unwrap_or(0);
    (got.len() >= all).then_some(all)
}

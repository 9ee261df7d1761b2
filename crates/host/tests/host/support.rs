//! The process, its folder and its callers.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustix::process::{Pid, Signal, kill_process};
use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use tempfile::TempDir;
use test_support::resources::{component_yaml, properties};

pub(crate) const SSM: &str = "secretstores.tencentcloud.ssm";

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A Component as YAML; `more` is put at its end.
pub(crate) fn component(name: &str, kind: &str, items: &[(&str, &str)], more: &str) -> String {
    component_yaml(name, kind, items) + more
}

/// The variables by which the built-in store configures itself for the emulator at `url`.
pub(crate) fn environment(url: &str) -> [(&str, &str); 4] {
    [
        ("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID),
        ("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY),
        ("TENCENTCLOUD_REGION", "ap-guangzhou"),
        ("TENCENTCLOUD_SSM_ENDPOINT", url),
    ]
}

/// A Component that reads from `emulator`.
pub(crate) fn on(emulator: &Emulator, name: &str, more: &[(&str, &str)]) -> String {
    let all = properties(&emulator.url(), more);
    let pairs: Vec<_> = all
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    component(name, SSM, &pairs, "")
}

/// A folder of resources.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(self, file: &str, text: &str) -> Self {
        self.write(file, text);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file of the folder in one step, as a careful editor does.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let part = self.file("part");
        fs::write(&part, text).unwrap();
        fs::rename(part, self.file(file)).unwrap();
    }
}

/// The command `dapr-wasm-host` with nothing in its environment but `env`.
pub(crate) fn command(arguments: &[&str], env: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dapr-wasm-host"));
    command
        .args(arguments)
        .env_clear()
        .envs(env.iter().copied())
        .stdin(Stdio::null());
    command
}

/// Runs `dapr-wasm-host` to its end, with nothing in its environment but `env`.
pub(crate) fn run(arguments: &[&str], env: &[(&str, &str)]) -> Output {
    command(arguments, env).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A process that runs until told otherwise, and is killed when dropped.
pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<String>>,
    readers: [JoinHandle<()>; 2],
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::<Mutex<String>>::default();
        let readers = [
            collect(child.stdout.take().unwrap(), &log),
            collect(child.stderr.take().unwrap(), &log),
        ];
        Self {
            child,
            log,
            readers,
        }
    }

    /// All that the process logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until `count` lines of the log hold `text`, and gives these lines.
    pub(crate) fn wait_for(&mut self, text: &str, count: usize) -> Vec<String> {
        let started = Instant::now();
        loop {
            let log = self.log();
            let found: Vec<_> = log.lines().filter(|line| line.contains(text)).collect();
            if found.len() >= count {
                return found.into_iter().map(str::to_owned).collect();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "{count} times {text:?} is not in the log ({ended:?}):\n{log}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The address on the first line of its log that holds `what`.
    pub(crate) fn address(&mut self, what: &str) -> SocketAddr {
        let line = self.wait_for(what, 1).remove(0);
        let (_, address) = line.split_once("address").unwrap();
        let address = address.trim_start_matches(['"', ':', '=']);
        let end = address.find(['"', ' ']).unwrap_or(address.len());
        address[..end].parse().unwrap()
    }

    /// Checks that the process still runs.
    ///
    /// # Panics
    /// If it has ended.
    pub(crate) fn is_running(&mut self) {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "it ended ({ended:?}):\n{}", self.log());
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Waits for the end of the process; gives its status and its log.
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // Until what it said last is read, unless somebody else holds its output open.
                let is_read =
                    |readers: &[JoinHandle<()>]| readers.iter().all(JoinHandle::is_finished);
                while !is_read(&self.readers) && started.elapsed() < PATIENCE {
                    thread::sleep(Duration::from_millis(5));
                }
                return (status, self.log());
            }
            assert!(started.elapsed() < PATIENCE, "it goes on:\n{}", self.log());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Hundredths of a second that it has computed.
    pub(crate) fn computed(&self) -> u64 {
        let file = format!("/proc/{}/stat", self.child.id());
        let stat = fs::read_to_string(file).unwrap();
        let (_, numbers) = stat.rsplit_once(") ").unwrap();
        let ticks = |index| {
            numbers
                .split(' ')
                .nth(index)
                .unwrap()
                .parse::<u64>()
                .unwrap()
        };
        ticks(11) + ticks(12)
    }

    /// The process's own memory, in kilobytes.
    pub(crate) fn memory(&self) -> u64 {
        let file = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(file).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("RssAnon"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// How many files, sockets and the like it has open.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.child.id());
        fs::read_dir(folder).unwrap().count()
    }
}

fn collect(output: impl Read + Send + 'static, log: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let mut lines = BufReader::new(output);
    let log = Arc::clone(log);
    thread::spawn(move || {
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|length| length > 0) {
            log.lock().unwrap().push_str(&line);
            line.clear();
        }
    })
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A running `dapr-wasm-host serve`, on ports of its own.
pub(crate) struct Served {
    pub(crate) process: Process,
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Served {
    pub(crate) fn start(folder: &Folder, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        Self::start_at(folder.path(), arguments, env)
    }

    pub(crate) fn start_at(folder: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Self {
        Self::of(command(&Self::arguments(folder, arguments), env))
    }

    /// With at most `files` open files.
    pub(crate) fn with_files(folder: &Folder, files: u16, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")])
            .arg(env!("CARGO_BIN_EXE_dapr-wasm-host"))
            .args(Self::arguments(folder.path(), arguments))
            .stdin(Stdio::null());
        Self::of(command)
    }

    fn arguments<'a>(folder: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
        let folder = folder.to_str().unwrap();
        let fixed = [
            "serve",
            "--resources-path",
            folder,
            "--dapr-http-port=0",
            "--dapr-grpc-port=0",
            "--metrics-port=0",
            "--metrics-listen-address=127.0.0.1",
            "--dapr-listen-addresses=127.0.0.1",
        ];
        [&fixed, more].concat()
    }

    fn of(command: Command) -> Self {
        let mut process = Process::start(command);
        let metrics = process.address("metrics");
        let http = process.address("HTTP API");
        let grpc = process.address("gRPC API");
        Self {
            process,
            http,
            grpc,
            metrics,
        }
    }

    /// Starts the command with one store, `tencent`, on a new emulator.
    pub(crate) async fn on_emulator(config: Config) -> (Self, Emulator) {
        let emulator = Emulator::start(config).await.unwrap();
        let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
        (Self::start(&folder, &[], &[]), emulator)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        send(self.http, method, path, headers, body).await
    }
}

pub(crate) async fn send(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::from(body.to_owned()));
    let answer = client.request(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: text(&body.collect().await.unwrap().to_bytes()),
    }
}

/// A file of secrets for `secretstores.local.file`.
pub(crate) fn secrets_file(folder: &Folder, json: &str) -> String {
    let path = folder.file("secrets.json");
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(json.as_bytes()).unwrap();
    path.to_str().unwrap().to_owned()
}

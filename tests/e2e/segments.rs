//! Head and body leave as one: requests to SSM on every host, and answers of the gateway. What leaves in
//! two may wait for an acknowledgement in between, 40 ms and more (Nagle's algorithm and delayed ones).

use std::sync::{Arc, Mutex};

use dapr_wasm_host::{InstanceOptions, Outbound};
use host_test::harness::{compiled, properties};
use ssm_emulator::{Config, Emulator, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    fronts,
    instance::OneInstance,
    minihost::{MiniHost, Surroundings},
    wasmtime::{self, Serving},
};

/// How often each is tried: each time on a connection of its own, so that nothing came before.
const TIMES: usize = 10;

/// An SSM that reads once from each connection, answers with one secret, and keeps what it read.
struct ReadsOnce {
    url: String,
    read: Arc<Mutex<Vec<Vec<u8>>>>,
    serving: JoinHandle<()>,
}

impl ReadsOnce {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let read = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&read);
        let serving = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let first = one_read(&mut stream).await;
                kept.lock().unwrap().push(first);
                let _ = stream.write_all(ANSWER.as_bytes()).await;
                // The rest, if it came apart: closing on it would be a reset.
                let _ = stream.shutdown().await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
        Self { url, read, serving }
    }

    fn is_whole_each_time(&self, host: &str) {
        let read = self.read.lock().unwrap();
        assert_eq!(read.len(), TIMES, "{host}");
        for request in &*read {
            assert!(is_whole(request), "{host}: {}", request.escape_ascii());
        }
    }
}

impl Drop for ReadsOnce {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 111\r\n\r\n\
    {\"Response\":{\"SecretName\":\"api-token\",\"VersionId\":\"SSM_Current\",\
    \"SecretString\":\"value\",\"RequestId\":\"r-000001\"}}";

async fn one_read(stream: &mut TcpStream) -> Vec<u8> {
    let mut first = vec![0; 64 << 10];
    let length = stream.read(&mut first).await.unwrap();
    first.truncate(length);
    first
}

/// Whether it is an HTTP/1.1 message with as much body as its head says.
fn is_whole(message: &[u8]) -> bool {
    let text = String::from_utf8(message.to_vec()).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_ascii_lowercase().lines().find_map(|line| {
        let length = line.strip_prefix("content-length:")?;
        length.trim().parse::<usize>().ok()
    });
    length.is_some_and(|length| length > 0 && body.len() == length)
}

#[test]
fn what_is_whole_is_told_from_what_is_not() {
    assert!(is_whole(ANSWER.as_bytes()));
    let head = ANSWER.find('{').unwrap();
    for cut in [head, ANSWER.len() - 1, 5] {
        assert!(!is_whole(&ANSWER.as_bytes()[..cut]));
    }
}

#[tokio::test]
async fn a_request_is_one_segment_on_our_host() {
    let ssm = ReadsOnce::start().await;
    let outbound = Outbound::builder()
        .native_roots(false)
        .allow(&ssm.url)
        .unwrap()
        .build()
        .unwrap();
    let options = InstanceOptions::default();
    let mut store = compiled().instantiate(&outbound, &options).await.unwrap();
    store.init(&properties(&ssm.url, &[])).await.unwrap();
    for _ in 0..TIMES {
        store.get("api-token", &vec![]).await.unwrap();
    }
    ssm.is_whole_each_time("dapr-wasm-host");
}

#[tokio::test]
async fn a_request_is_one_segment_on_a_host_of_wasmtimes_crates() {
    let ssm = ReadsOnce::start().await;
    let surroundings = Surroundings {
        allowed: vec![ssm.url.clone()],
        ..Surroundings::default()
    };
    let mut instance = OneInstance::new(&surroundings, properties(&ssm.url, &[])).await;
    for _ in 0..TIMES {
        assert!(instance.get("api-token").await.unwrap().is_ok());
    }
    ssm.is_whole_each_time("wasmtime's crates");
}

#[tokio::test]
async fn a_request_is_whole_when_it_is_handed_over_where_there_is_room_for_it() {
    let url = "http://127.0.0.1:1";
    let once = [("maxRetries", "0")];
    for (room, expected) in [(None, true), (Some(16), false), (Some(1), false)] {
        let surroundings = Surroundings {
            allowed: vec![url.to_owned()],
            failure: Some(|| wasmtime_wasi_http::Error::ConnectionTerminated),
            room,
            ..Surroundings::default()
        };
        let mut instance = OneInstance::new(&surroundings, properties(url, &once)).await;
        assert!(instance.get("api-token").await.unwrap().is_err());
        let whole = surroundings.whole.lock().unwrap().clone();
        assert_eq!(whole, [expected], "{room:?}");
    }
}

#[tokio::test]
async fn without_room_bodies_are_written_while_they_are_read() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    for room in [1, 16, 100] {
        let env = environment(&emulator.url()).into_iter();
        let surroundings = Surroundings {
            env: env.map(|(name, value)| (name.to_owned(), value)).collect(),
            allowed: vec![emulator.url()],
            room: Some(room),
            ..Surroundings::default()
        };
        let host = MiniHost::new(&fronts::ssm_gateway(), surroundings);
        let answer = host.get("/v1.0/secrets/tencent/api-token").await;
        assert_eq!(answer.body(), "{\"api-token\":\"sample-token-4f1c\"}\n");
    }
}

fn environment(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("TENCENTCLOUD_SECRET_ID", SAMPLE_SECRET_ID.to_owned()),
        ("TENCENTCLOUD_SECRET_KEY", SAMPLE_SECRET_KEY.to_owned()),
        ("TENCENTCLOUD_REGION", "ap-guangzhou".to_owned()),
        ("TENCENTCLOUD_SSM_ENDPOINT", url.to_owned()),
    ]
}

#[tokio::test]
async fn a_request_is_one_segment_on_a_host_with_an_instance_a_request() {
    let ssm = ReadsOnce::start().await;
    let env = environment(&ssm.url).into_iter();
    let surroundings = Surroundings {
        env: env.map(|(name, value)| (name.to_owned(), value)).collect(),
        allowed: vec![ssm.url.clone()],
        ..Surroundings::default()
    };
    let host = MiniHost::new(&fronts::ssm_gateway(), surroundings);
    for _ in 0..TIMES {
        let answer = host.get("/v1.0/secrets/tencent/api-token").await;
        assert_eq!(answer.body(), "{\"api-token\":\"value\"}\n");
    }
    ssm.is_whole_each_time("Spin's way");
}

#[tokio::test]
async fn request_and_answer_are_one_segment_each_in_the_wasmtime_command() {
    let ssm = ReadsOnce::start().await;
    let file = wasmtime::file(&fronts::ssm_gateway());
    let Some(serving) = Serving::start(&file, environment(&ssm.url)).await else {
        return;
    };
    for _ in 0..TIMES {
        let answer = asked(&serving, "api-token").await;
        assert!(is_whole(&answer), "{}", answer.escape_ascii());
    }
    ssm.is_whole_each_time("wasmtime serve");
}

/// What the first read brings of an answer.
async fn asked(serving: &Serving, name: &str) -> Vec<u8> {
    let address = serving.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /v1.0/secrets/tencent/{name} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    one_read(&mut stream).await
}

#[tokio::test]
async fn an_answer_that_is_longer_than_there_is_room_for_still_comes_whole() {
    let long = "x".repeat(32_000);
    let mut config = Config::sample();
    for number in 0..100 {
        let name = format!("long-{number}");
        config.secrets.push(Secret::text(&name, "v1", &long));
    }
    let emulator = Emulator::start(config).await.unwrap();
    let file = wasmtime::file(&fronts::ssm_gateway());
    let variables = wasmtime::variables(&emulator);
    let Some(serving) = Serving::start(&file, variables).await else {
        return;
    };
    let all = crate::gateway::get(&serving, "/v1.0/secrets/tencent/bulk").await;
    assert!(all.body.len() > 100 * long.len() && all.body.ends_with("}\n"));
}

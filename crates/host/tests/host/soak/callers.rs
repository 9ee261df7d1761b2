//! Who reads meanwhile, and what is right.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use dapr_wasm_host::grpc::proto::runtime::{GetSecretRequest, dapr_client::DaprClient};
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use ssm_emulator::SAMPLE_SECRET_KEY;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tonic::{
    Code,
    transport::{Channel, Endpoint},
};

use super::{SECRETS, VALUE, value};
use crate::support::{Served, text};

/// Until when a call must be answered: the store's limit, and the host's beyond it, several times.
const ANSWERED_WITHIN: Duration = Duration::from_secs(25);
const CALLERS_OF_SERVE: usize = 4;
const CALLERS_OF_DAPRD: usize = 2;
/// Every so many calls one reads all secrets.
const BULK: usize = 25;
/// What faults may be called.
const KINDS: [&str; 4] = ["internal", "throttled", "timeout", "unavailable"];

pub(super) struct Callers {
    pub(super) tally: Arc<Mutex<Tally>>,
    state: Arc<State>,
    tasks: JoinSet<()>,
}

#[derive(Default)]
struct State {
    ends: AtomicBool,
    /// From now on a failure is one too many.
    is_calm: AtomicBool,
}

/// What callers got, by front.
#[derive(Default)]
pub(super) struct Tally {
    right: BTreeMap<&'static str, u64>,
    failed: BTreeMap<String, u64>,
    slowest: Duration,
}

impl Callers {
    pub(super) async fn start(served: &Served, daprd: SocketAddr) -> Self {
        let mut callers = Self {
            tally: Arc::default(),
            state: Arc::default(),
            tasks: JoinSet::new(),
        };
        for _ in 0..CALLERS_OF_SERVE {
            callers.spawn("serve", Caller::Http(client(), served.http));
        }
        for _ in 0..CALLERS_OF_DAPRD {
            callers.spawn("daprd", Caller::Http(client(), daprd));
        }
        let endpoint = Endpoint::try_from(format!("http://{}", served.grpc)).unwrap();
        let channel = endpoint.connect().await.unwrap();
        callers.spawn("gRPC", Caller::Grpc(DaprClient::new(channel)));
        callers
    }

    fn spawn(&mut self, front: &'static str, mut caller: Caller) {
        let (tally, state) = (Arc::clone(&self.tally), Arc::clone(&self.state));
        self.tasks.spawn(async move {
            let mut number = 0;
            while !state.ends.load(Ordering::Relaxed) {
                number += 1;
                let started = Instant::now();
                let called = timeout(ANSWERED_WITHIN, caller.call(number)).await;
                let outcome = called.unwrap_or_else(|_| panic!("{front}: a call is lost"));
                let failure = outcome.as_ref().err();
                let calm = state.is_calm.load(Ordering::Relaxed);
                assert!(failure.is_none() || !calm, "{front}: {failure:?}");
                tally.lock().unwrap().add(front, outcome, started.elapsed());
                sleep(Duration::from_millis(5)).await;
            }
        });
    }

    /// Waits until each front answers right a number of times in a row.
    pub(super) async fn wait_until_right(&self) {
        let failures = || self.tally.lock().unwrap().failed.values().sum::<u64>();
        let mut before = failures();
        for _ in 0..60 {
            sleep(Duration::from_secs(2)).await;
            let now = failures();
            if now == before {
                return;
            }
            before = now;
        }
        panic!("it goes on failing: {}", self.tally.lock().unwrap());
    }

    pub(super) fn expect_no_failure(&self) {
        self.state.is_calm.store(true, Ordering::Relaxed);
    }

    /// # Panics
    /// If a caller saw what it must not see.
    pub(super) async fn stop(mut self) {
        self.state.ends.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

impl Tally {
    fn add(&mut self, front: &'static str, outcome: Result<(), String>, took: Duration) {
        self.slowest = self.slowest.max(took);
        match outcome {
            Ok(()) => *self.right.entry(front).or_default() += 1,
            Err(kind) => *self.failed.entry(format!("{front} {kind}")).or_default() += 1,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            right,
            failed,
            slowest,
        } = self;
        write!(f, "right {right:?}, failed {failed:?}, slowest {slowest:?}")
    }
}

type Http = Client<HttpConnector, Empty<Bytes>>;

fn client() -> Http {
    Client::builder(TokioExecutor::new()).build_http()
}

enum Caller {
    Http(Http, SocketAddr),
    Grpc(DaprClient<Channel>),
}

impl Caller {
    /// Calls once. Whatever is no answer, or a wrong one, is a panic; a failure gives its kind.
    async fn call(&mut self, number: usize) -> Result<(), String> {
        let name = format!("s{}", number % SECRETS);
        match self {
            Self::Http(client, address) if number.is_multiple_of(BULK) => {
                let url = format!("http://{address}/v1.0/secrets/tencent/bulk");
                get(client, &url, &all()).await
            }
            Self::Http(client, address) => {
                let url = format!("http://{address}/v1.0/secrets/tencent/{name}");
                get(client, &url, &format!("{}\n", one(&name))).await
            }
            Self::Grpc(client) => {
                let request = GetSecretRequest {
                    store_name: "tencent".to_owned(),
                    key: name.clone(),
                    metadata: Default::default(),
                };
                match client.get_secret(request).await {
                    Ok(answer) => {
                        let data = answer.into_inner().data;
                        assert_eq!(data, [(name.clone(), value(&name))].into());
                        Ok(())
                    }
                    Err(status) => {
                        assert_eq!(status.code(), Code::Internal, "{status:?}");
                        tells_nothing(status.message());
                        Err("error".to_owned())
                    }
                }
            }
        }
    }
}

async fn get(client: &Http, url: &str, expected: &str) -> Result<(), String> {
    let request = Request::get(url).body(Empty::new()).unwrap();
    let answer = client.request(request).await;
    let answer = answer.unwrap_or_else(|why| panic!("{url}: no answer: {why:?}"));
    let (head, body) = answer.into_parts();
    let body = text(&body.collect().await.unwrap().to_bytes());
    if head.status == 200 {
        assert_eq!(body.trim_end(), expected.trim_end(), "{url}");
        return Ok(());
    }
    tells_nothing(&body);
    assert_eq!(head.status, 500, "{url}: {body}");
    assert!(body.contains("ERR_SECRET_GET"), "{url}: {body}");
    // daprd names no kind.
    let Some(kind) = head.headers.get("dapr-error-kind") else {
        return Err("error".to_owned());
    };
    let kind = kind.to_str().unwrap();
    assert!(KINDS.contains(&kind), "{url}: {body}");
    Err(kind.to_owned())
}

fn tells_nothing(said: &str) {
    for secret in [VALUE, SAMPLE_SECRET_KEY] {
        assert!(!said.contains(secret), "{said}");
    }
}

fn one(name: &str) -> String {
    format!("{{\"{name}\":\"{}\"}}", value(name))
}

/// All secrets, sorted as JSON objects are here.
fn all() -> String {
    let names: std::collections::BTreeSet<_> = (0..SECRETS).map(|it| format!("s{it}")).collect();
    let each = names.iter().map(|name| format!("\"{name}\":{}", one(name)));
    format!("{{{}}}", each.collect::<Vec<_>>().join(","))
}

//! The README's figures. Every one is measured beside what it is compared with, in turns and in
//! one run, because machines are noisy: `just bench`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a measurement that fails shall stop"
)]

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
#[tokio::main]
async fn main() {
    // `cargo test --benches` passes this: then there is nothing to measure.
    if std::env::args().any(|arg| arg == "--test") {
        return;
    }
    // Names of figures choose; none means all.
    let named: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let wanted = move |name: &str| named.is_empty() || named.iter().any(|named| named == name);
    // As in a server: on the runtime's own threads.
    let measured = tokio::spawn(async move {
        if wanted("get") {
            figures::get().await;
        }
        if wanted("bulk-get") {
            figures::bulk_get().await;
        }
        if wanted("start") {
            figures::start().await;
        }
    });
    measured.await.unwrap();
}

#[cfg(not(target_family = "wasm"))]
mod figures {
    use std::{
        fmt::Display,
        time::{Duration, Instant, SystemTime, UNIX_EPOCH},
    };

    use bytes::Bytes;
    use dapr_wasm_host::{
        Component, InstanceOptions, Outbound, Runtime, RuntimeConfig, SecretStore,
    };
    use host_test::harness::properties;
    use http_body_util::{BodyExt, Full};
    use hyper::client::conn::http1::{self, SendRequest};
    use hyper_util::rt::TokioIo;
    use ssm_emulator::{Config, Emulator, Rates, SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY, Secret};

    const SECRETS: usize = 250;
    const LATENCY: Duration = Duration::from_millis(20);

    /// Measures one secret through component and host, against a plain client that sends the same
    /// bytes.
    pub(super) async fn get() {
        let emulator = emulator(1, Duration::ZERO).await;
        let it = Loaded::new(&emulator);
        let mut store = it.store(&emulator, &[]).await;
        let mut plain = Plain::connect(&emulator).await;
        let body = r#"{"SecretName":"secret-000","VersionId":"SSM_Current"}"#;

        let (mut through, mut beside) = (Vec::new(), Vec::new());
        for round in 0..5_500 {
            let started = Instant::now();
            store.get("secret-000", &vec![]).await.unwrap();
            let first = started.elapsed();
            let started = Instant::now();
            plain.call("GetSecretValue", body).await;
            let second = started.elapsed();
            if round >= 500 {
                through.push(first);
                beside.push(second);
            }
        }
        let (through, beside) = (median(through), median(beside));
        println!("one get over loopback, median of 5000");
        line("component and host", micros(through), through, beside);
        line("plain hyper client", micros(beside), beside, beside);
        println!();
    }

    /// Measures all secrets at once, against one after the other.
    pub(super) async fn bulk_get() {
        let emulator = emulator(SECRETS, LATENCY).await;
        let it = Loaded::new(&emulator);
        let mut plain = Plain::connect(&emulator).await;
        let limits = ["8", "16", "32", "48", "64", "96", "128"];
        let mut taken = vec![Vec::new(); limits.len()];
        let (mut default, mut sequential) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            sequential.push(one_by_one(&mut plain).await);
            default.push(all_at_once(&it, &emulator, &[]).await);
            for (limit, taken) in limits.iter().zip(&mut taken) {
                taken.push(all_at_once(&it, &emulator, &[("maxInFlight", limit)]).await);
            }
        }
        let sequential = median(sequential);
        let faster = |taken: Duration| sequential.as_secs_f64() / taken.as_secs_f64();
        println!("bulk-get of {SECRETS} secrets, {LATENCY:?} an answer, median of 5");
        println!("  one after the other    {:>7} ms", sequential.as_millis());
        let default = median(default);
        println!(
            "  component, defaults    {:>7} ms  {:.1} times faster",
            default.as_millis(),
            faster(default)
        );
        for (limit, taken) in limits.iter().zip(taken) {
            let taken = median(taken);
            println!(
                "  maxInFlight {limit:>3}        {:>7} ms  {:.1} times faster",
                taken.as_millis(),
                faster(taken)
            );
        }
        println!();
    }

    /// Measures how long a new instance takes, and its configuration.
    pub(super) async fn start() {
        let emulator = emulator(1, Duration::ZERO).await;
        let it = Loaded::new(&emulator);
        let properties = properties(&emulator.url(), &[]);
        let options = InstanceOptions::default();
        let (mut instantiate, mut both) = (Vec::new(), Vec::new());
        for round in 0..2_200 {
            let started = Instant::now();
            let mut store = it
                .component
                .instantiate(&it.outbound, &options)
                .await
                .unwrap();
            let first = started.elapsed();
            store.init(&properties).await.unwrap();
            let second = started.elapsed();
            if round >= 200 {
                instantiate.push(first);
                both.push(second);
            }
        }
        println!("a new instance, median of 2000");
        println!(
            "  instantiate            {:>7} us",
            micros(median(instantiate))
        );
        println!("  instantiate and init   {:>7} us", micros(median(both)));
    }

    async fn all_at_once(it: &Loaded, emulator: &Emulator, more: &[(&str, &str)]) -> Duration {
        // The service's rates are counted by the second: each run gets a fresh one.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let mut store = it.store(emulator, more).await;
        let started = Instant::now();
        let secrets = store.bulk_get(&vec![]).await.unwrap();
        assert_eq!(secrets.len(), SECRETS);
        started.elapsed()
    }

    /// Reads all secrets one after the other, as Dapr's Go component does.
    async fn one_by_one(plain: &mut Plain) -> Duration {
        let started = Instant::now();
        for offset in (0..SECRETS).step_by(100) {
            let body = format!(r#"{{"Offset":{offset},"Limit":100,"State":1}}"#);
            plain.call("ListSecrets", &body).await;
        }
        for number in 0..SECRETS {
            let body =
                format!(r#"{{"SecretName":"secret-{number:03}","VersionId":"SSM_Current"}}"#);
            plain.call("GetSecretValue", &body).await;
        }
        started.elapsed()
    }

    async fn emulator(count: usize, latency: Duration) -> Emulator {
        let secret = |n| {
            Secret::text(
                &format!("secret-{n:03}"),
                "SSM_Current",
                "a value of 24 bytes.....",
            )
        };
        let rates = match count {
            1 => Rates::none(),
            _ => Rates::documented(),
        };
        let config = Config {
            secrets: (0..count).map(secret).collect(),
            latency,
            rates,
            ..Config::default()
        };
        Emulator::start(config).await.unwrap()
    }

    struct Loaded {
        component: Component,
        outbound: Outbound,
    }

    impl Loaded {
        fn new(emulator: &Emulator) -> Self {
            let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
            let outbound = Outbound::builder().native_roots(false);
            Self {
                component: runtime.load(Runtime::TENCENTCLOUD_SSM).unwrap(),
                outbound: outbound.allow(&emulator.url()).unwrap().build().unwrap(),
            }
        }

        async fn store(&self, emulator: &Emulator, more: &[(&str, &str)]) -> SecretStore {
            let options = InstanceOptions::default();
            let mut store = self
                .component
                .instantiate(&self.outbound, &options)
                .await
                .unwrap();
            store
                .init(&properties(&emulator.url(), more))
                .await
                .unwrap();
            store
        }
    }

    /// A client that signs and sends over one connection, and nothing else.
    struct Plain {
        sender: SendRequest<Full<Bytes>>,
        authority: String,
    }

    impl Plain {
        async fn connect(emulator: &Emulator) -> Self {
            let stream = tokio::net::TcpStream::connect(emulator.address())
                .await
                .unwrap();
            stream.set_nodelay(true).unwrap();
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            Self {
                sender,
                authority: emulator.address().to_string(),
            }
        }

        async fn call(&mut self, action: &str, body: &str) -> Bytes {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs();
            let content_type = "application/json";
            let request = tc3::Request {
                method: "POST",
                path: "/",
                query: "",
                headers: &[("content-type", content_type), ("host", &self.authority)],
                payload: body.as_bytes(),
            };
            let key = tc3::Key {
                secret_id: SAMPLE_SECRET_ID,
                secret_key: SAMPLE_SECRET_KEY,
            };
            let authorization = tc3::sign(&request, &key, "ssm", now).unwrap();
            let request = hyper::Request::post("/")
                .header("host", &self.authority)
                .header("authorization", authorization.header_value())
                .header("content-type", content_type)
                .header("x-tc-action", action)
                .header("x-tc-region", "ap-guangzhou")
                .header("x-tc-timestamp", now)
                .header("x-tc-version", "2019-09-23")
                .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
                .unwrap();
            self.sender.ready().await.unwrap();
            let response = self.sender.send_request(request).await.unwrap();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert!(
                !body.windows(7).any(|part| part == b"\"Error\""),
                "an error"
            );
            body
        }
    }

    fn median(mut taken: Vec<Duration>) -> Duration {
        taken.sort();
        taken[taken.len() / 2]
    }

    fn micros(duration: Duration) -> String {
        format!("{:.1}", duration.as_secs_f64() * 1e6)
    }

    fn line(what: &str, shown: impl Display, taken: Duration, than: Duration) {
        let ratio = taken.as_secs_f64() / than.as_secs_f64();
        println!("  {what:22} {shown:>7} us  {ratio:.2}");
    }
}

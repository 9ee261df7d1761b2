//! Many secrets at once, and how long an instance takes.

use std::time::{Duration, Instant};

use dapr_wasm_host::{Component, InstanceOptions, Outbound, Runtime, RuntimeConfig, SecretStore};
use host_test::harness::properties;
use ssm_emulator::{Config, Emulator, Rates, Secret};

use crate::{median, micros, plain::Plain};

const SECRETS: usize = 250;
const LATENCY: Duration = Duration::from_millis(20);

/// Measures all secrets at once, against one after the other.
pub(crate) async fn bulk_get() {
    let emulator = emulator(SECRETS, LATENCY).await;
    let it = Loaded::new(&emulator);
    let mut plain = Plain::connect(emulator.address()).await;
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
pub(crate) async fn start() {
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
        let body = format!(r#"{{"SecretName":"secret-{number:03}","VersionId":"SSM_Current"}}"#);
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
    let config = Config {
        secrets: (0..count).map(secret).collect(),
        latency,
        rates: Rates::documented(),
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
            component: runtime.tencentcloud_ssm().unwrap(),
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

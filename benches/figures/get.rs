//! One secret through component and host in this process, with so many calls in flight, against the
//! same client without WebAssembly; and against a bare HTTP client, each on a processor of its own.

use std::{
    fs,
    net::SocketAddr,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use dapr_wasm_host::{
    Outbound, Runtime, RuntimeConfig,
    stores::{Pool, PoolOptions, Properties, Store},
};
use host_test::harness::properties;
use tokio::task::{JoinSet, LocalSet};

use crate::{
    median, micros, native,
    plain::Plain,
    runtime,
    upstream::{NAME, Upstream, on},
};

/// The argument that makes the benchmark the client of [`one_core_each`].
pub(crate) const PINNED: &str = "--pinned";
const IN_FLIGHT: [usize; 3] = [1, 16, 64];
/// Calls of one round, and rounds.
const CALLS: usize = 20_000;
const ROUNDS: usize = 5;

/// What one call took.
struct Taken {
    cpu: Duration,
    p50: Duration,
    per_second: f64,
}

/// Measures processor time and median of a call, on two workers.
pub(crate) fn two_workers() {
    let upstream = Upstream::start(None);
    println!("get in process, two workers, median of {ROUNDS} rounds of {CALLS}");
    for callers in IN_FLIGHT {
        let (mut through, mut beside) = (Vec::new(), Vec::new());
        let (tell, told) = std::sync::mpsc::channel();
        let address = upstream.address;
        runtime(2, async move {
            let pool = Arc::new(pool(address, callers).await);
            for round in 0..=ROUNDS {
                let taken = component(&pool, callers).await;
                let native = tokio::task::spawn_blocking(move || without(address, callers));
                let native = native.await.unwrap();
                // The first warms up.
                if round > 0 {
                    tell.send((taken, native)).unwrap();
                }
            }
        });
        for (taken, native) in told {
            through.push(taken);
            beside.push(native);
        }
        let (through, beside) = (middle(through), middle(beside));
        let shown = |what: &str, it: &Taken| {
            println!(
                "  {callers:>2} in flight, {what:22} CPU {:>6} us, p50 {:>6} us, {:>6.0} a second",
                micros(it.cpu),
                micros(it.p50),
                it.per_second
            );
        };
        shown("component and host", &through);
        shown("without WebAssembly", &beside);
        println!(
            "     {:.1} times the processor time",
            through.cpu.as_secs_f64() / beside.cpu.as_secs_f64()
        );
    }
    println!();
}

/// Measures the median of a call where client and server each have a processor.
pub(crate) fn one_core_each() {
    let taskset = Command::new("taskset").arg("--version").output();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pinned = taskset.is_ok() && cores > 1;
    if !pinned {
        println!("without taskset or a second processor, on any:");
    }
    let core = |number| pinned.then_some(number);
    let upstream = Upstream::start(core(1));
    let client = on(core(0))
        .args([PINNED, &upstream.address.to_string()])
        .status();
    assert!(client.unwrap().success());
}

/// What the client of [`one_core_each`] does.
pub(crate) async fn pinned(address: SocketAddr) {
    let pool = pool(address, 1).await;
    let mut plain = Plain::connect(address).await;
    let body = format!(r#"{{"SecretName":"{NAME}","VersionId":"SSM_Current"}}"#);
    let (mut through, mut beside) = (Vec::new(), Vec::new());
    for round in 0..CALLS {
        let started = Instant::now();
        pool.get(NAME, &vec![]).await.unwrap();
        let first = started.elapsed();
        let started = Instant::now();
        plain.call("GetSecretValue", &body).await;
        let second = started.elapsed();
        if round >= CALLS / 10 {
            through.push(first);
            beside.push(second);
        }
    }
    let (through, beside) = (median(through), median(beside));
    let times = through.as_secs_f64() / beside.as_secs_f64();
    println!("get over loopback, client and server a processor each, median of {CALLS}");
    println!(
        "  component and host     {:>7} us  {times:.2}",
        micros(through)
    );
    println!("  plain hyper client     {:>7} us\n", micros(beside));
}

async fn pool(address: SocketAddr, max_instances: usize) -> Pool {
    let url = format!("http://{address}");
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    let outbound = Outbound::builder().native_roots(false);
    let options = PoolOptions {
        outbound: outbound.allow(&url).unwrap().build().unwrap(),
        max_instances,
    };
    let properties = properties(&url, &[("maxRequestsPerSecond", "0")]);
    let properties = Properties::new(properties);
    let component = runtime.tencentcloud_ssm().unwrap();
    Pool::start(component, options, properties).await.unwrap()
}

async fn component(pool: &Arc<Pool>, callers: usize) -> Taken {
    let left = Arc::new(AtomicUsize::new(CALLS));
    let clock = Clock::start();
    let mut running = JoinSet::new();
    for _ in 0..callers {
        let (pool, left) = (Arc::clone(pool), Arc::clone(&left));
        running.spawn(async move {
            let mut taken = Vec::new();
            while another(&left) {
                let started = Instant::now();
                pool.get(NAME, &vec![]).await.unwrap();
                taken.push(started.elapsed());
            }
            taken
        });
    }
    let taken = running.join_all().await;
    clock.stop(taken.concat())
}

/// The same client, natively: on one thread, because that is what it is made for.
fn without(address: SocketAddr, callers: usize) -> Taken {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let local = LocalSet::new();
    local.block_on(&runtime, async {
        let client = std::rc::Rc::new(native::client(address));
        native::get(&client, NAME).await;
        let left = AtomicUsize::new(CALLS);
        let left = std::rc::Rc::new(left);
        let clock = Clock::start();
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let (client, left) = (client.clone(), left.clone());
            running.spawn_local(async move {
                let mut taken = Vec::new();
                while another(&left) {
                    let started = Instant::now();
                    native::get(&client, NAME).await;
                    taken.push(started.elapsed());
                }
                taken
            });
        }
        let taken = running.join_all().await;
        clock.stop(taken.concat())
    })
}

fn another(left: &AtomicUsize) -> bool {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    });
    taken.is_ok()
}

fn middle(mut rounds: Vec<Taken>) -> Taken {
    let median = |figure: fn(&Taken) -> Duration| median(rounds.iter().map(figure).collect());
    let (cpu, p50) = (median(|it| it.cpu), median(|it| it.p50));
    rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    let per_second = rounds[rounds.len() / 2].per_second;
    Taken {
        cpu,
        p50,
        per_second,
    }
}

/// Time as it passes, and as this process uses it.
struct Clock {
    started: Instant,
    cpu: Duration,
}

impl Clock {
    fn start() -> Self {
        Self {
            started: Instant::now(),
            cpu: used(),
        }
    }

    fn stop(self, taken: Vec<Duration>) -> Taken {
        let passed = self.started.elapsed();
        let calls = u32::try_from(taken.len()).unwrap();
        Taken {
            cpu: (used() - self.cpu) / calls,
            per_second: f64::from(calls) / passed.as_secs_f64(),
            p50: median(taken),
        }
    }
}

/// The processor time of the threads of this process that live.
fn used() -> Duration {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.filter_map(|thread| {
        let statistics = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        statistics.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

//! Answers that the instances of one store share.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use dapr_wasm_host::{
    Outbound, Runtime, RuntimeConfig,
    outbound::{Life, Sharing},
    stores::{Grants, Needs, PoolOptions, Properties, Reach, Store, StoreTypes},
};
use futures_util::future::join_all;
use http::{Uri, request::Parts};
use ssm_emulator::{Config, Emulator, Fault, FaultKind};
use tokio::time::{sleep, timeout};

/// Every answer may be given for this long, if at all.
struct All(Option<Life>);

fn all(fresh: u64, whole: u64) -> Option<Life> {
    Some(Life {
        fresh: Duration::from_secs(fresh),
        whole: Duration::from_secs(whole),
        repeatable: false,
    })
}

impl Sharing for All {
    fn sharing(&self, _request: &Parts) -> Option<String> {
        Some(String::new())
    }

    fn life(&self, _uri: &Uri, _now: SystemTime, _body: &[u8]) -> Option<Life> {
        self.0
    }
}

/// A store whose instances share answers, and the metadata of a call that asks `emulator`.
async fn store(emulator: &Emulator, life: Option<Life>) -> (Arc<dyn Store>, Runtime) {
    let runtime = Runtime::new(&RuntimeConfig::default()).unwrap();
    let wasm = std::fs::read(component_build::package("bad-store").unwrap()).unwrap();
    let outbound = Outbound::builder().native_roots(false).build().unwrap();
    let url = emulator.url();
    let needs = move |_: &Properties| Needs {
        reaches: vec![Reach {
            named_by: "endpoint",
            url: url.clone(),
        }],
        sharing: Some(Arc::new(All(life))),
        ..Needs::default()
    };
    let grants = Grants {
        outbound: outbound.clone(),
        needs: Arc::new(needs),
        environment: None,
    };
    let options = PoolOptions {
        outbound,
        max_instances: 64,
    };
    let kind = "secretstores.bad".parse().unwrap();
    let types = StoreTypes::new(options);
    let types = types.granting(kind, runtime.load(&wasm).unwrap(), grants);
    let kind = "secretstores.bad".parse().unwrap();
    let started = types.start(&kind, Properties::default()).await;
    (started.unwrap().unwrap(), runtime)
}

async fn reach(store: &Arc<dyn Store>, emulator: &Emulator, times: u32) -> String {
    let metadata = [
        ("url".to_owned(), emulator.url()),
        ("times".to_owned(), times.to_string()),
    ];
    let secret = store.get("reach", &metadata.to_vec()).await.unwrap();
    secret.value("reach").unwrap().to_owned()
}

async fn slow() -> Emulator {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let latency = FaultKind::Latency(Duration::from_millis(300));
    emulator.add_fault(Fault::new(latency));
    emulator
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_instances_one_asks_and_all_get_the_answer() {
    let emulator = slow().await;
    let (store, _runtime) = store(&emulator, None).await;
    let reads = (0..64).map(|_| reach(&store, &emulator, 1));
    let said = join_all(reads).await;
    assert!(said.iter().all(|status| *status == said[0]), "{said:?}");
    assert_eq!(emulator.requests().len(), 1);
    // Nothing is kept.
    reach(&store, &emulator, 1).await;
    assert_eq!(emulator.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_for_instances_that_have_not_had_it() {
    let emulator = slow().await;
    let (store, _runtime) = store(&emulator, all(60, 60)).await;
    reach(&store, &emulator, 1).await;
    // The same instance: it wants another.
    reach(&store, &emulator, 1).await;
    assert_eq!(emulator.requests().len(), 2);
    reach(&store, &emulator, 3).await;
    assert_eq!(emulator.requests().len(), 5);
    // Beside it 63 that are new.
    let reads = (0..64).map(|_| reach(&store, &emulator, 1));
    join_all(reads).await;
    assert_eq!(emulator.requests().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_everybodys_and_nobodys_afterwards() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    emulator.add_fault(Fault::new(FaultKind::Latency(Duration::from_millis(300))));
    emulator.add_fault(Fault::new(FaultKind::Reset));
    let (store, _runtime) = store(&emulator, all(60, 60)).await;
    let said = join_all((0..16).map(|_| reach(&store, &emulator, 1))).await;
    assert!(
        said.iter().all(|why| why.parse::<u16>().is_err()),
        "{said:?}"
    );
    emulator.clear_faults();
    let status = reach(&store, &emulator, 1).await;
    assert!(status.parse::<u16>().is_ok(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_began_may_go_away() {
    let emulator = slow().await;
    let (store, _runtime) = store(&emulator, all(60, 60)).await;
    let begun = timeout(Duration::from_millis(100), reach(&store, &emulator, 1));
    let (begun, status) = tokio::join!(begun, async {
        sleep(Duration::from_millis(50)).await;
        reach(&store, &emulator, 1).await
    });
    assert!(begun.is_err() && status.parse::<u16>().is_ok(), "{status}");
    assert_eq!(emulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_asking_fails_others_get_the_answer_before_and_who_had_it_does_not() {
    let emulator = slow().await;
    let (store, _runtime) = store(&emulator, all(0, 60)).await;
    let before = reach(&store, &emulator, 1).await;
    emulator.add_fault(Fault::new(FaultKind::Reset));
    let said = join_all((0..16).map(|_| reach(&store, &emulator, 1))).await;
    let failed = said.iter().filter(|it| **it != before);
    assert_eq!(failed.count(), 1, "{said:?}");
    // One that hangs is as one that fails.
    emulator.clear_faults();
    emulator.add_fault(Fault::new(FaultKind::Silent));
    let said =
        join_all((0..32).map(|_| timeout(Duration::from_secs(5), reach(&store, &emulator, 1))));
    let said = said.await;
    let got = said.iter().flatten().filter(|it| **it == before);
    // Sixteen have had it.
    assert_eq!(got.count(), 16, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_hangs_is_joined_for_a_while_and_ends_with_those_who_wait() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    emulator.add_fault(Fault::new(FaultKind::Silent).times(1));
    let (store, _runtime) = store(&emulator, all(60, 60)).await;
    let begun = timeout(Duration::from_secs(5), reach(&store, &emulator, 1));
    let (begun, status) = tokio::join!(begun, async {
        sleep(Duration::from_millis(2_500)).await;
        reach(&store, &emulator, 1).await
    });
    // And who waited for the first gets what came of the second.
    assert_eq!(begun.unwrap(), status);
    assert!(status.parse::<u16>().is_ok(), "{status}");
    assert_eq!(emulator.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_nobody_waits_for_any_more_is_not_joined() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    emulator.add_fault(Fault::new(FaultKind::Silent).times(1));
    let (store, _runtime) = store(&emulator, all(60, 60)).await;
    let given_up = timeout(Duration::from_millis(500), reach(&store, &emulator, 1));
    assert!(given_up.await.is_err());
    let status = timeout(Duration::from_secs(20), reach(&store, &emulator, 1)).await;
    assert!(status.unwrap().parse::<u16>().is_ok());
}

//! Keys that end while secrets are read.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use test_support::programs::DAPRD;
use tokio::time::sleep;

use super::{PATH, VALUE, World};
use crate::{
    daprd::{World as Daprd, wasm},
    support::Served,
};

/// The ways whose keys end.
const WAYS: [&str; 5] = ["role", "cvm", "cvm, role", "file", "pod"];

/// Reads by four callers for `time`; how many reads there were, none of which failed.
pub(super) async fn read_steadily(served: &Served, time: Duration) -> usize {
    let end = Instant::now() + time;
    let reading = |caller: u32| async move {
        let mut reads = 0;
        while Instant::now() < end {
            let answer = served
                .get(&format!("{PATH}?metadata.caller={caller}"))
                .await;
            assert_eq!(answer.body, VALUE, "{}", served.process.log());
            reads += 1;
            sleep(Duration::from_millis(20)).await;
        }
        reads
    };
    join_all((0..4).map(reading)).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_live_8_seconds_are_renewed_under_steady_reads_and_no_read_fails() {
    let steady = |name| async move {
        let world = World::new().await;
        world.emulator.set_key_life(Some(Duration::from_secs(8)));
        let way = world.way(name);
        let served = Served::start(&world.folder(&way), &[], &way.env());
        let reads = read_steadily(&served, Duration::from_secs(13)).await;
        assert!(reads > 100, "{name}: {reads}");
        let last = way.asked.last().unwrap();
        let asked = world.emulator.count(last);
        // Renewed after 4 s each time, by one instance for all.
        assert!((2..=9).contains(&asked), "{name}: {last} {asked} times");
        world.hides_all(&served.process.log(), &[]);
    };
    join_all(WAYS.map(steady)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_renewed_under_a_real_daprd_too() {
    let Some(program) = DAPRD.find() else {
        return;
    };
    let steady = |name| {
        let program = program.clone();
        async move {
            let world = World::new().await;
            world.emulator.set_key_life(Some(Duration::from_secs(8)));
            let way = world.way(name);
            let daprd = Daprd::new(program);
            let yaml = wasm(&world.yaml(&way, &[]));
            daprd.resources.write("a.yaml", &yaml);
            let sts = world.emulator.sts_url();
            let plug = daprd.plug_in(&["--allow", &sts], &way.env());
            let running = daprd.daprd().await;
            let end = Instant::now() + Duration::from_secs(13);
            while Instant::now() < end {
                let read = running.read("tencent/api-token").await;
                assert_eq!(read, VALUE.trim_end(), "{name}: {}", plug.log());
                sleep(Duration::from_millis(20)).await;
            }
            assert!(world.emulator.count(way.asked.last().unwrap()) >= 2);
            world.hides_all(&plug.log(), &[]);
        }
    };
    join_all(["role", "cvm", "pod"].map(steady)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_refused_are_renewed_at_once_and_no_read_fails() {
    for name in WAYS {
        let world = World::new().await;
        let way = world.way(name);
        let served = Served::start(&world.folder(&way), &[], &way.env());
        let reading = read_steadily(&served, Duration::from_millis(1_500));
        let forgetting = async {
            for _ in 0..3 {
                sleep(Duration::from_millis(400)).await;
                world.emulator.forget_temporary_keys();
            }
        };
        tokio::join!(reading, forgetting);
        let refused = world.emulator.requests();
        let refused = refused
            .iter()
            .filter(|it| it.code.as_deref() == Some("AuthFailure.TokenFailure"));
        assert!(refused.count() > 0, "{name}");
        world.hides_all(&served.process.log(), &[]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_gone_for_a_while_costs_no_read_while_the_keys_last() {
    use ssm_emulator::{Fault, FaultKind};
    let world = World::new().await;
    world.emulator.set_key_life(Some(Duration::from_secs(16)));
    let way = world.way("role");
    let served = Served::start(&world.folder(&way), &[], &way.env());
    assert_eq!(served.get(PATH).await.body, VALUE);
    world
        .emulator
        .add_fault(Fault::new(FaultKind::Status(503)).on("AssumeRole"));
    // From 8 s on they would be renewed, and until 16 s they are good.
    read_steadily(&served, Duration::from_secs(11)).await;
    assert!(world.emulator.count("AssumeRole") > 1);
    world.emulator.clear_faults();
    read_steadily(&served, Duration::from_secs(6)).await;
}

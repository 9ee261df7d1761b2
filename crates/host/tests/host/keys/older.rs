//! Keys that are still good while nobody gives new ones: every caller gets them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ssm_emulator::{Fault, FaultKind};
use tokio::time::{sleep, sleep_until};

use super::{PATH, VALUE, World};
use crate::support::Served;

/// Five reads at once; none may fail.
pub(super) async fn five_at_once(served: &Served, what: &str) {
    let read = |number: u32| async move {
        let path = format!("{PATH}?metadata.number={number}");
        let answer = served.get(&path).await;
        assert_eq!(answer.body, VALUE, "{what}: {}", served.process.log());
    };
    join_all((0..5).map(read)).await;
}

/// Keys of 24 s, of which the first are got by one read, and then none.
async fn outage(name: &str, fault: FaultKind, actions: &[&str]) {
    let world = World::new().await;
    world.emulator.set_key_life(Some(Duration::from_secs(24)));
    // So that reads at once are at once.
    let latency = FaultKind::Latency(Duration::from_millis(100));
    world.emulator.add_fault(Fault::new(latency));
    let way = world.way(name);
    let served = Served::start(&world.folder(&way), &[], &way.env());
    let asked = Instant::now();
    assert_eq!(served.get(PATH).await.body, VALUE, "{name}");
    world.emulator.clear_faults();
    for action in actions {
        world
            .emulator
            .add_fault(Fault::new(fault.clone()).on(action));
    }
    for second in [14, 18] {
        sleep_until((asked + Duration::from_secs(second)).into()).await;
        five_at_once(&served, &format!("{name}, {fault:?}, {second} s")).await;
        let answer = served.get(PATH).await;
        assert_eq!(answer.body, VALUE, "{name}: {}", served.process.log());
    }
    let asked = actions.iter().map(|it| world.emulator.count(it));
    assert!(asked.sum::<usize>() > actions.len(), "{name}");
    world.hides_all(&served.process.log(), &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_one_instance_has_are_everybodys_until_they_end() {
    let down = || FaultKind::Status(503);
    let metadata = ["MetadataRoleName", "MetadataRoleKeys"];
    let throttled = FaultKind::Error("RequestLimitExceeded".to_owned());
    tokio::join!(
        outage("role", down(), &["AssumeRole"]),
        outage("cvm", down(), &metadata),
        outage("cvm, role", down(), &["AssumeRole"]),
        outage("file", throttled, &["AssumeRoleWithWebIdentity"]),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_hangs_keeps_nobody_from_keys_that_are_good() {
    let metadata = ["MetadataRoleName", "MetadataRoleKeys"];
    tokio::join!(
        outage("role", FaultKind::Silent, &["AssumeRole"]),
        outage("cvm", FaultKind::Silent, &metadata),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_refused_are_given_to_nobody_again() {
    for name in ["role", "cvm"] {
        let world = World::new().await;
        let way = world.way(name);
        let served = Served::start(&world.folder(&way), &[], &way.env());
        five_at_once(&served, name).await;
        let last = way.asked.last().unwrap();
        // Slower than others wait who may have what there is.
        let slow = FaultKind::Latency(Duration::from_millis(450));
        world.emulator.add_fault(Fault::new(slow).on(last));
        world.emulator.forget_temporary_keys();
        five_at_once(&served, name).await;
        world.emulator.clear_faults();
        world.emulator.forget_temporary_keys();
        let down = Fault::new(FaultKind::Status(503)).on(last);
        world.emulator.add_fault(down);
        assert_ne!(served.get(PATH).await.body, VALUE, "{name}");
        world.emulator.clear_faults();
        sleep(Duration::from_millis(100)).await;
        five_at_once(&served, name).await;
    }
}

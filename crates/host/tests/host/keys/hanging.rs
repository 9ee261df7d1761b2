//! One question for keys that is never answered: it costs those who asked it then, and none later.

use std::time::Duration;

use ssm_emulator::{Fault, FaultKind};
use tokio::time::{sleep, timeout};

use super::{PATH, VALUE, World};
use crate::support::{Answer, Served};

/// Far less than the 30 s of an operation, far more than a read needs.
const SOON: Duration = Duration::from_secs(8);

async fn world(name: &str, action: &str) -> (World, Served) {
    let world = World::new().await;
    let fault = Fault::new(FaultKind::Silent).on(action).times(1);
    world.emulator.add_fault(fault);
    let way = world.way(name);
    let served = Served::start(&world.folder(&way), &[], &way.env());
    (world, served)
}

/// A read of its own: equal ones would be one call.
async fn read(served: &Served, number: u32) -> Answer {
    served
        .get(&format!("{PATH}?metadata.number={number}"))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_is_a_second_question() {
    let reading = |(name, action)| async move {
        let (world, served) = world(name, action).await;
        let answer = read(&served, 1).await;
        assert_eq!(answer.body, VALUE, "{name}: {}", served.process.log());
        assert_eq!(world.emulator.count(action), 2, "{name}");
    };
    tokio::join!(
        reading(("role", "AssumeRole")),
        reading(("file", "AssumeRoleWithWebIdentity"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_sts_later_waits_for_no_dead_question() {
    let (world, served) = world("role", "AssumeRole").await;
    let later = async {
        sleep(Duration::from_secs(3)).await;
        timeout(SOON, read(&served, 2)).await
    };
    let first = timeout(SOON, read(&served, 1));
    let (first, later) = tokio::join!(first, later);
    assert_eq!(later.unwrap().body, VALUE);
    // The first is given what the later one has got.
    assert_eq!(first.unwrap().body, VALUE);
    assert_eq!(world.emulator.count("AssumeRole"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_the_metadata_service_later_waits_for_no_dead_question() {
    for action in ["MetadataRoleName", "MetadataRoleKeys"] {
        let (_world, served) = world("cvm", action).await;
        let served = &served;
        // All the time somebody waits for what was asked first.
        let reading = |number: u32| async move {
            sleep(Duration::from_millis(200) * number).await;
            (number, read(served, number).await.body)
        };
        let bodies = futures_util::future::join_all((0..25).map(reading)).await;
        let later = bodies.iter().filter(|(number, _)| *number > 15);
        for (number, body) in later {
            assert_eq!(body, VALUE, "{action}: {number}");
        }
        // Who asks again asks anew.
        let (_world, served) = world("cvm", action).await;
        assert_ne!(read(&served, 1).await.body, VALUE, "{action}");
        assert_eq!(read(&served, 2).await.body, VALUE, "{action}");
    }
}

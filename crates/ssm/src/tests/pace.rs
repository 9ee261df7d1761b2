use std::{cell::Cell, rc::Rc, time::Duration};

use serde_json::json;

use super::{
    bulk::{account, all, bulk},
    script::{Reply, Seen, client, client_with},
    *,
};
use crate::{Config, ErrorKind, OnError};

#[test]
fn nobody_waits_for_the_rate_while_under_it_and_nobody_passes_it() {
    let (client, world) = client_with(|config| config.max_in_flight = 256, account(1_000));
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 1_000);
    let starts: Vec<Duration> = world
        .seen()
        .iter()
        .filter(|seen| seen.action == "GetSecretValue")
        .map(|seen| seen.at)
        .collect();
    for window in starts.windows(301) {
        assert!(window[300] - window[0] > Duration::from_secs(1));
    }
    // 300 in each of the first three windows, the rest in the fourth.
    assert!(world.now() < Duration::from_secs(4));
}

#[test]
fn throttling_slows_a_bulk_read_down_and_loses_nothing() {
    // The server really allows 60 a second, not 300.
    let sent = Rc::new(Cell::new((0, 0)));
    let list = account(200);
    let (client, world) = client(move |seen| {
        let second = seen.at.as_secs();
        let (current, count) = sent.get();
        let count = if current == second { count + 1 } else { 1 };
        sent.set((second, count));
        if seen.action == "GetSecretValue" && count > 60 {
            return Reply::code("RequestLimitExceeded");
        }
        list(seen)
    });
    let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(secrets.len(), 200);
    for secret in &secrets {
        assert!(secret.value.as_str() == format!("of {}", secret.name));
    }
}

/// `count` secrets none of which has a version `SSM_Current`, so that each costs a list of versions.
fn without_current(count: usize) -> impl Fn(&Seen) -> Reply {
    let list = account(count);
    move |seen| match (seen.action.as_str(), seen.field("VersionId")) {
        ("GetSecretValue", "SSM_Current") => Reply::code("ResourceNotFound"),
        ("ListSecretVersionIds", _) => Reply::ok(json!({
            "SecretName": seen.field("SecretName"),
            "Versions": [{ "VersionId": "v1", "CreateTime": 1 }]
        })),
        _ => list(seen),
    }
}

#[test]
fn a_bulk_read_that_only_its_own_pace_made_slow_says_so() {
    let (client, world) = client(without_current(1_300));
    let error = failure(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("its own pace"), "{error}");
    assert!(error.message.contains("maxRequestsPerSecond"), "{error}");
    assert!(!error.message.contains("network"), "{error}");
}

#[test]
fn so_does_one_whose_secrets_take_one_request_each() {
    let configure = |config: &mut Config| config.max_requests_per_second = 10;
    let (client, world) = client_with(configure, account(400));
    let error = failure(bulk(&client, &world, &all(), OnError::Fail));
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("its own pace"), "{error}");
    assert!(!error.message.contains("network"), "{error}");
    // Ten a second for thirty seconds, and the lists.
    let words: Vec<&str> = error.message.split(' ').collect();
    let place = words
        .windows(3)
        .position(|words| words == ["requests", "were", "answered,"]);
    let answered: usize = words[place.unwrap() - 1].parse().unwrap();
    assert!((290..=315).contains(&answered), "{error}");
    // At that moment single reads are not held either.
    let before = world.now();
    success(world.run(client.get(&name("s0001"), None)));
    assert!(world.now() - before < Duration::from_millis(100));
}

#[test]
fn the_pace_is_a_setting_and_0_is_none() {
    for (rate, seconds) in [(0, 0..3), (600, 15..20), (300, 30..40)] {
        let configure = |config: &mut Config| {
            config.max_requests_per_second = rate;
            config.timeout = Duration::from_secs(600);
        };
        let (client, world) = client_with(configure, without_current(1_300));
        let secrets = success(bulk(&client, &world, &all(), OnError::Fail));
        assert_eq!(secrets.len(), 1_300);
        assert!(
            seconds.contains(&world.now().as_secs()),
            "{rate}: {:?}",
            world.now()
        );
    }
}

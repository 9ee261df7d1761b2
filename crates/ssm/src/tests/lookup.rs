//! How the current version is looked for: one after the other, or at the same time.

use std::{rc::Rc, time::Duration};

use serde_json::json;

use super::{
    bulk::bulk,
    script::{Reply, Script, Seen, World, client, client_with},
    versions::{versions, without_current},
    *,
};
use crate::{ErrorKind, OnError, Selection, VersionLookup};

/// A client that has read `x` once, and so knows `v3`; the server does as `then` says afterwards.
fn that_knows_v3(then: impl Fn(&Seen) -> Reply + 'static) -> (Client<Script>, Rc<World>) {
    let first = without_current("ResourceNotFound");
    // Three requests of 10 ms are the first read.
    let (client, world) = client(move |seen| match seen.at.as_millis() {
        ..30 => first(seen),
        _ => then(seen),
    });
    assert_eq!(success(get(&client, &world)).version_id, "v3");
    (client, world)
}

/// What was asked after the first three requests: what, of which version, when.
fn since(world: &World) -> Vec<(String, String, u128)> {
    let seen = world.seen().split_off(3);
    seen.iter()
        .map(|seen| {
            let version = seen.field("VersionId").to_owned();
            (seen.action.clone(), version, seen.at.as_millis())
        })
        .collect()
}

fn asked(action: &str, version: &str, at: u128) -> (String, String, u128) {
    (action.to_owned(), version.to_owned(), at)
}

/// Of the versions `v3` and `v4`, both of which can be read.
fn with_v4(seen: &Seen) -> Reply {
    match seen.field("VersionId") {
        "" => versions(
            seen,
            json!([
                { "VersionId": "v3", "CreateTime": 30 },
                { "VersionId": "v4", "CreateTime": 40 },
            ]),
        ),
        version => Reply::text("x", version, &format!("of {version}")),
    }
}

#[test]
fn what_was_newest_is_read_while_the_list_is_asked_for_in_one_round_trip() {
    let (client, world) = that_knows_v3(without_current("ResourceNotFound"));
    let secret = success(get(&client, &world));
    assert!(secret.value.as_str() == "of v3");
    let both = [
        asked("GetSecretValue", "v3", 30),
        asked("ListSecretVersionIds", "", 30),
    ];
    assert_eq!(since(&world), both);
    assert_eq!(world.now().as_millis(), 40);
}

#[test]
fn a_newer_version_is_read_at_once_and_one_value_in_vain() {
    let (client, world) = that_knows_v3(with_v4);
    for _ in 0..2 {
        let secret = success(get(&client, &world));
        assert!(secret.value.as_str() == "of v4");
    }
    let expected = [
        asked("GetSecretValue", "v3", 30),
        asked("ListSecretVersionIds", "", 30),
        asked("GetSecretValue", "v4", 40),
        asked("GetSecretValue", "v4", 50),
        asked("ListSecretVersionIds", "", 50),
    ];
    assert_eq!(since(&world), expected);
}

#[test]
fn the_value_in_vain_is_not_waited_for_and_its_failure_is_none() {
    for (in_vain, at) in [
        (Reply::never as fn() -> Reply, 50),
        (|| Reply::code("ResourceNotFound"), 50),
        (|| Reply::code("UnauthorizedOperation"), 50),
        (|| Reply::code("InternalError"), 50),
    ] {
        let (client, world) = that_knows_v3(move |seen| match seen.field("VersionId") {
            "v3" => in_vain(),
            _ => with_v4(seen),
        });
        let secret = success(get(&client, &world));
        assert!(secret.value.as_str() == "of v4");
        assert_eq!(world.now().as_millis(), at);
        assert_eq!(since(&world).len(), 3);
    }
}

#[test]
fn a_failure_of_the_newest_version_is_the_reads_own() {
    let (client, world) = that_knows_v3(move |seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::code("UnauthorizedOperation"),
        _ => without_current("ResourceNotFound")(seen),
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("version v3"), "{error}");
}

#[test]
fn a_value_is_not_used_without_the_list() {
    let (client, world) = that_knows_v3(|seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::text("x", "v3", "of v3"),
        _ => Reply::code("UnauthorizedOperation"),
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(error.message.contains("newest version"), "{error}");
}

fn parallel(server: impl Fn(&Seen) -> Reply + 'static) -> (Client<Script>, Rc<World>) {
    client_with(
        |config| config.version_lookup = VersionLookup::Parallel,
        server,
    )
}

#[test]
fn in_parallel_a_secret_without_a_current_version_takes_two_round_trips_at_first() {
    let (client, world) = parallel(without_current("ResourceNotFound"));
    let secret = success(get(&client, &world));
    assert!(secret.value.as_str() == "of v3");
    assert_eq!(world.now().as_millis(), 20);
    assert_eq!(
        world.actions(),
        ["GetSecretValue", "ListSecretVersionIds", "GetSecretValue"]
    );
}

#[test]
fn in_parallel_a_current_version_counts_whatever_the_list_says_or_when() {
    let others = json!([{ "VersionId": "v9", "CreateTime": 9 }]);
    for list in [
        Reply::never as fn() -> Reply,
        || Reply::code("UnauthorizedOperation"),
        || Reply::code("RequestLimitExceeded"),
    ] {
        let (client, world) = parallel(move |seen| match seen.action.as_str() {
            "GetSecretValue" => Reply::text("x", "SSM_Current", "value"),
            _ => list(),
        });
        assert_eq!(success(get(&client, &world)).version_id, "SSM_Current");
        assert_eq!(world.now().as_millis(), 10);
    }
    let (client, world) = parallel(move |seen| match seen.action.as_str() {
        "GetSecretValue" => Reply::text("x", "SSM_Current", "value"),
        _ => versions(seen, others.clone()),
    });
    assert_eq!(success(get(&client, &world)).version_id, "SSM_Current");
}

#[test]
fn in_parallel_a_missing_secret_is_not_found_with_what_was_said_of_its_value() {
    let (client, world) = parallel(|_| Reply::code("ResourceNotFound.SecretNotExist"));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("reading the secret x"), "{error}");
}

#[test]
fn a_bulk_read_asks_for_one_after_the_other_and_keeps_to_what_may_be_in_flight() {
    let configure = |config: &mut crate::Config| {
        config.version_lookup = VersionLookup::Parallel;
        config.max_in_flight = 1;
    };
    let (client, world) = client_with(configure, without_current("ResourceNotFound"));
    let names = || Selection::Named(vec![name("x")]);
    for _ in 0..2 {
        let secrets = success(bulk(&client, &world, &names(), OnError::Fail));
        assert_eq!(secrets[0].version_id, "v3");
    }
    assert_eq!(world.peak(), 1);
    let three = ["GetSecretValue", "ListSecretVersionIds", "GetSecretValue"];
    assert_eq!(world.actions(), [&three[..], &three[1..]].concat());
}

#[test]
fn nothing_holds_back_single_reads() {
    let (client, world) = client(|_| Reply::text("x", "SSM_Current", "value"));
    for _ in 0..1_000 {
        success(get(&client, &world));
    }
    assert_eq!(world.now(), Duration::from_millis(10) * 1_000);
}

#[test]
fn what_is_no_version_id_of_ssms_is_read_and_not_remembered() {
    let (client, world) = client(|seen| match seen.field("VersionId") {
        "SSM_Current" => Reply::code("ResourceNotFound"),
        "" => versions(seen, json!([{ "VersionId": "a b", "CreateTime": 1 }])),
        version => Reply::text("x", version, "v"),
    });
    for _ in 0..2 {
        assert_eq!(success(get(&client, &world)).version_id, "a b");
    }
    assert_eq!(world.seen().len(), 3 + 3);
}

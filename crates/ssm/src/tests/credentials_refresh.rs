//! How keys stay fresh.

use std::{cell::Cell, rc::Rc, time::Duration};

use super::{
    cloud::{Cloud, METADATA, PATH, STS, assumed, cvm_role, fixed, reads, web_identity},
    script::Reply,
    *,
};
use crate::{
    CredentialChain, CredentialSource, ErrorKind, OnError, Selection, Step, Transport,
    TransportError,
};

const SECOND: Duration = Duration::new(1, 0);

/// Every chain whose keys end.
fn chains() -> [CredentialChain; 4] {
    let machine = CredentialSource::CvmRole { name: None };
    [
        cvm_role(),
        web_identity(),
        assumed(fixed()),
        assumed(machine),
    ]
}

fn wait(client: &Client<script::Script>, world: &script::World, time: Duration) {
    world.run(client.caller.transport.sleep(time));
}

#[test]
fn keys_that_live_eight_seconds_serve_steady_reads_without_a_failure() {
    for chain in chains() {
        let cloud = Cloud::new();
        cloud.life.set(8);
        let (client, world) = cloud.client(chain);
        reads(&client, &world, 2_000, Duration::from_millis(30));
        let refused = world.count("GetSecretValue") - 2_000;
        assert_eq!(refused, 0, "some reads were refused and repeated");
        // Half a life each: 80 s and the answers' time, by keys of two layers in the last chain.
        assert!((15..=50).contains(&cloud.issued()), "{}", cloud.issued());
    }
}

#[test]
fn keys_are_renewed_before_they_end_and_not_before_it_is_time() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(assumed(fixed()));
    success(get(&client, &world));
    wait(&client, &world, SECOND * (7_200 - 720 - 5));
    success(get(&client, &world));
    assert_eq!(cloud.issued(), 1);
    wait(&client, &world, SECOND * 10);
    success(get(&client, &world));
    assert_eq!(cloud.issued(), 2);
}

#[test]
fn a_refresh_that_fails_leaves_the_old_keys_in_use_until_they_end() {
    for chain in chains() {
        let cloud = Cloud::new();
        let (client, world) = cloud.client(chain);
        success(get(&client, &world));
        let issued = cloud.issued();
        cloud.fault(|seen| {
            let of_keys = seen.authority == STS || seen.authority == METADATA;
            of_keys.then(|| Reply::raw(503, ""))
        });
        wait(&client, &world, SECOND * 6_600);
        reads(&client, &world, 28, SECOND * 20);
        assert_eq!(cloud.issued(), issued);
        wait(&client, &world, SECOND * 60);
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Unavailable);
        assert!(error.about_keys && error.message.contains("503"), "{error}");
        cloud.heal();
        success(get(&client, &world));
    }
}

#[test]
fn a_refresh_that_failed_is_not_tried_again_by_every_read() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client_with(assumed(fixed()), |config| config.max_retries = 0);
    success(get(&client, &world));
    cloud.fault(|seen| (seen.authority == STS).then(|| Reply::code("UnauthorizedOperation")));
    wait(&client, &world, SECOND * 6_600);
    reads(&client, &world, 1_000, Duration::from_millis(100));
    // About 110 s: once every 30 s.
    assert_eq!(world.count("AssumeRole"), 1 + 4);
}

#[test]
fn a_refresh_of_keys_that_are_good_holds_no_read_for_long() {
    for timeout in [1, 30] {
        let cloud = Cloud::new();
        let chain = assumed(fixed());
        let (client, world) = cloud.client_with(chain, |config| config.timeout = SECOND * timeout);
        success(get(&client, &world));
        cloud.fault(|seen| (seen.authority == STS).then(Reply::never));
        wait(&client, &world, SECOND * 6_600);
        let before = world.now();
        success(get(&client, &world));
        let taken = world.now() - before;
        assert!(taken <= Duration::from_millis(3_010), "{taken:?}");
    }
}

#[test]
fn of_many_reads_one_renews_and_the_others_go_on() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(assumed(fixed()));
    success(get(&client, &world));
    cloud.fault(|seen| {
        let slow = seen.authority == STS;
        slow.then(|| Reply::code("InternalError").after(Duration::from_secs(2)))
    });
    wait(&client, &world, SECOND * 6_600);
    let before = world.now();
    let names = (0..64).map(|number| name(&format!("x{number}"))).collect();
    let selection = Selection::Named(names);
    let all = world.run(client.bulk_get(&selection, None, OnError::Fail));
    assert_eq!(success(all).len(), 64);
    let seen = world.seen();
    let early = seen.iter().filter(|seen| {
        seen.action == "GetSecretValue" && seen.at >= before && seen.at < before + SECOND
    });
    assert_eq!(early.count(), 63);
}

#[test]
fn a_token_that_is_refused_is_renewed_once_and_the_read_repeated() {
    for chain in chains() {
        let cloud = Cloud::new();
        let (client, world) = cloud.client(chain);
        success(get(&client, &world));
        let (issued, asked) = (cloud.issued(), world.count("GetSecretValue"));
        cloud.forget();
        success(get(&client, &world));
        assert!(cloud.issued() > issued);
        assert_eq!(world.count("GetSecretValue"), asked + 2);

        cloud.fault(|seen| {
            let read = seen.action == "GetSecretValue";
            read.then(|| Reply::code("AuthFailure.TokenFailure"))
        });
        let (issued, asked) = (cloud.issued(), world.count("GetSecretValue"));
        let error = failure(get(&client, &world));
        assert_eq!(error.code.as_deref(), Some("AuthFailure.TokenFailure"));
        assert_eq!(cloud.issued(), issued + 1);
        assert_eq!(world.count("GetSecretValue"), asked + 2);
    }
}

#[test]
fn many_reads_whose_token_is_refused_renew_it_once() {
    let cloud = Cloud::new();
    let (client, world) = cloud.client(assumed(fixed()));
    success(get(&client, &world));
    cloud.forget();
    let names = (0..64).map(|number| name(&format!("x{number}"))).collect();
    let selection = Selection::Named(names);
    let all = world.run(client.bulk_get(&selection, None, OnError::Fail));
    assert_eq!(success(all).len(), 64);
    assert_eq!(cloud.issued(), 2);
}

#[test]
fn many_reads_share_the_failure_to_get_keys() {
    let cloud = Cloud::new();
    cloud.fault(|seen| (seen.authority == STS).then(|| Reply::code("UnauthorizedOperation")));
    let (client, world) = cloud.client(assumed(fixed()));
    let names = (0..64).map(|number| name(&format!("x{number}"))).collect();
    let selection = Selection::Named(names);
    let all = world.run(client.bulk_get(&selection, None, OnError::Skip));
    assert_eq!(failure(all).kind, ErrorKind::PermissionDenied);
    assert_eq!(world.actions(), ["AssumeRole"]);
}

#[test]
fn a_flight_that_is_given_up_lets_the_next_one_take_off() {
    let cloud = Cloud::new();
    cloud.fault(|seen| (seen.authority == STS && seen.at < SECOND).then(Reply::never));
    let (client, world) = cloud.client_with(assumed(fixed()), |config| {
        config.timeout = SECOND * 2;
    });
    assert_eq!(failure(get(&client, &world)).kind, ErrorKind::Timeout);
    success(get(&client, &world));
}

#[test]
fn what_may_pass_is_retried_for_keys_too() {
    let failures: [fn() -> Reply; 5] = [
        || Reply::code("RequestLimitExceeded"),
        || Reply::code("InternalError.DbError"),
        || Reply::raw(502, "<html>"),
        || Reply::broken(TransportError::Failed(Step::Connect, String::new())),
        || Reply::broken(TransportError::TimedOut(Step::Connect)),
    ];
    for failure in failures {
        let cloud = Cloud::new();
        let left = Rc::new(Cell::new(2));
        cloud.fault(move |seen| {
            let fails = seen.authority == STS && left.get() > 0;
            fails.then(|| {
                left.set(left.get() - 1);
                failure()
            })
        });
        let (client, world) = cloud.client(assumed(fixed()));
        success(get(&client, &world));
        assert_eq!(world.count("AssumeRole"), 3);
    }
    let cloud = Cloud::new();
    let left = Cell::new(1);
    cloud.fault(move |seen| {
        let fails = seen.action == PATH && left.replace(0) > 0;
        fails.then(|| Reply::raw(503, ""))
    });
    let (client, world) = cloud.client(cvm_role());
    success(get(&client, &world));
}

#[test]
fn a_wrong_clock_is_corrected_by_sts_and_does_not_matter_to_how_long_keys_are_good() {
    for ahead in [86_400, -86_400, 0] {
        for chain in chains() {
            let cloud = Cloud::new();
            cloud.ahead.set(ahead);
            cloud.dated.set(true);
            let (client, world) = cloud.client(chain);
            success(get(&client, &world));
            let issued = cloud.issued();
            reads(&client, &world, 6, SECOND * 1_000);
            assert_eq!(cloud.issued(), issued, "{ahead}");
            reads(&client, &world, 2, SECOND * 1_000);
            assert!(cloud.issued() > issued, "{ahead}");
        }
    }
}

#[test]
fn keys_that_have_ended_on_arrival_are_used_and_asked_for_again() {
    let cloud = Cloud::new();
    cloud.fault(|seen| {
        let keys = r#"{"TmpSecretId":"AKIDtest","TmpSecretKey":"test-secret-key","Token":"test-token",
            "ExpiredTime":1}"#;
        seen.action.ends_with("CVM_reader").then(|| Reply::raw(200, keys))
    });
    let (client, world) = cloud.client(cvm_role());
    success(get(&client, &world));
    success(get(&client, &world));
    assert_eq!(world.count(PATH), 2);
}

#[test]
fn old_keys_are_gone_once_nobody_uses_them() {
    let cloud = Cloud::new();
    cloud.life.set(8);
    let (client, world) = cloud.client(web_identity());
    success(get(&client, &world));
    let old = Rc::downgrade(&client.caller.keyring.current().unwrap());
    assert_eq!(old.strong_count(), 1);
    wait(&client, &world, SECOND * 5);
    success(get(&client, &world));
    assert_eq!(old.strong_count(), 0);
}

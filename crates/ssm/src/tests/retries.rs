use std::{cell::Cell, time::Duration};

use super::{
    script::{Reply, Seen, client, client_with},
    *,
};
use crate::{ErrorKind, Step, TransportError};

/// Fails with `failure` the first `times`, then answers.
fn failing(times: u32, failure: impl Fn() -> Reply) -> impl Fn(&Seen) -> Reply {
    let left = Cell::new(times);
    move |_| {
        if left.get() > 0 {
            left.set(left.get() - 1);
            return failure();
        }
        Reply::text("x", "SSM_Current", "value")
    }
}

fn connection_lost() -> Reply {
    Reply::broken(TransportError::Failed(
        Step::Answer,
        "the connection broke".into(),
    ))
}

#[test]
fn what_may_pass_is_retried() {
    let failures: [fn() -> Reply; 8] = [
        || Reply::code("RequestLimitExceeded"),
        || Reply::code("RequestLimitExceeded.UinLimitExceeded"),
        || Reply::code("InternalError"),
        || Reply::code("FailedOperation"),
        || Reply::raw(502, "<html>"),
        || Reply::raw(429, ""),
        connection_lost,
        || Reply::broken(TransportError::TimedOut(Step::Connect)),
    ];
    for failure in failures {
        let (client, world) = client(failing(2, failure));
        let secret = success(get(&client, &world));
        assert!(secret.value.as_str() == "value");
        assert_eq!(world.seen().len(), 3);
    }
}

#[test]
fn what_cannot_pass_is_not_retried() {
    let failures: [fn() -> Reply; 9] = [
        || Reply::code("UnauthorizedOperation"),
        || Reply::code("AuthFailure.SignatureFailure"),
        || Reply::code("AuthFailure.TokenFailure"),
        || Reply::code("ResourceUnavailable.ResourceDisabled"),
        || Reply::code("LimitExceeded"),
        || Reply::raw(302, ""),
        || Reply::raw(404, ""),
        || Reply::broken(TransportError::NotPermitted("not allowed".into())),
        || Reply::broken(TransportError::BodyTooLarge),
    ];
    for failure in failures {
        let (client, world) = client(failing(1, failure));
        let error = super::failure(get(&client, &world));
        assert!(!error.retryable);
        assert_eq!(world.seen().len(), 1, "{error}");
    }
}

#[test]
fn retries_end_after_max_retries_with_the_last_error() {
    for max_retries in [0, 1, 3] {
        let (client, world) = client_with(
            |config| config.max_retries = max_retries,
            failing(u32::MAX, || Reply::code("RequestLimitExceeded")),
        );
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Throttled);
        assert!(error.retryable);
        assert_eq!(error.code.as_deref(), Some("RequestLimitExceeded"));
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert_eq!(world.seen().len() as u32, max_retries + 1);
    }
}

#[test]
fn who_sets_the_pace_of_single_reads_hears_at_once_that_they_are_throttled() {
    let throttled = || Reply::code("RequestLimitExceeded");
    let paced = |times| {
        client_with(
            |config| config.retry_throttled = false,
            failing(times, throttled),
        )
    };
    let (client, world) = paced(1);
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert!(error.retryable);
    assert_eq!(world.seen().len(), 1);
    let (client, world) = paced(1);
    success(world.run(client.ping()));
    assert_eq!(world.seen().len(), 2);
    let lost = client_with(
        |config| config.retry_throttled = false,
        failing(2, connection_lost),
    );
    success(get(&lost.0, &lost.1));
    assert_eq!(lost.1.seen().len(), 3);
}

#[test]
fn a_retry_waits_at_most_its_backoff_and_signs_anew() {
    let (client, world) = client(failing(3, connection_lost));
    success(get(&client, &world));
    let seen = world.seen();
    for (attempt, pair) in seen.windows(2).enumerate() {
        let pause = pair[1].at - pair[0].at;
        let ceiling = Duration::from_millis(100 << attempt);
        assert!(pause <= ceiling + Duration::from_millis(10), "{pause:?}");
    }
    let timestamp = |seen: &Seen| seen.headers["x-tc-timestamp"].clone();
    assert_eq!(
        timestamp(&seen[0]).parse::<u64>().unwrap() + seen[3].at.as_secs(),
        timestamp(&seen[3]).parse::<u64>().unwrap()
    );
}

#[test]
fn two_clients_do_not_retry_in_step() {
    let pauses = |warm_up: u64| {
        let (client, world) = client(failing(3, connection_lost));
        world.run(crate::Transport::sleep(
            &client.caller.transport,
            Duration::from_nanos(warm_up),
        ));
        success(get(&client, &world));
        let seen = world.seen();
        seen.windows(2)
            .map(|pair| pair[1].at - pair[0].at)
            .collect::<Vec<_>>()
    };
    assert_ne!(pauses(1), pauses(2));
}

#[test]
fn an_expired_token_is_an_error_at_once_because_static_keys_cannot_be_renewed() {
    let (client, world) = client(failing(1, || Reply::code("AuthFailure.TokenFailure")));
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Unauthenticated);
    assert!(error.message.contains("supply new ones"), "{error}");
    assert_eq!(world.seen().len(), 1);
}

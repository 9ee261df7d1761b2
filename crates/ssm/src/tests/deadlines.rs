use std::time::Duration;

use super::{
    script::{Reply, client_with},
    *,
};
use crate::{Config, ErrorKind};

fn seconds(timeout: u64) -> impl FnOnce(&mut Config) {
    move |config| config.timeout = Duration::from_secs(timeout)
}

#[test]
fn a_silent_server_holds_a_call_no_longer_than_its_timeout() {
    for timeout in [1, 8, 30] {
        let (client, world) = client_with(seconds(timeout), |_| Reply::never());
        let error = failure(get(&client, &world));
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert!(error.retryable);
        assert!(error.message.contains(&format!("{timeout}s")), "{error}");
        assert_eq!(world.now(), Duration::from_secs(timeout));
    }
}

#[test]
fn one_attempt_does_not_use_up_a_long_deadline() {
    let (client, world) = client_with(seconds(30), |seen| match seen.at.as_secs() {
        0 => Reply::never(),
        _ => Reply::text("x", "SSM_Current", "value"),
    });
    success(get(&client, &world));
    assert_eq!(world.seen().len(), 2);
    assert_eq!(world.now().as_secs(), 10);
}

#[test]
fn no_backoff_runs_past_the_deadline() {
    let (client, world) = client_with(
        |config| {
            config.timeout = Duration::from_secs(2);
            config.max_retries = 100;
        },
        |_| Reply::code("RequestLimitExceeded"),
    );
    let error = failure(get(&client, &world));
    assert_eq!(error.code.as_deref(), Some("RequestLimitExceeded"));
    assert!(world.now() <= Duration::from_secs(2));
}

#[test]
fn a_passed_deadline_tells_the_last_failure_on_the_way() {
    let (client, world) = client_with(seconds(5), |seen| match seen.at.as_millis() {
        0 => Reply::code("InternalError"),
        _ => Reply::never(),
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert_eq!(error.code.as_deref(), Some("InternalError"));
    assert!(error.message.contains("it is InternalError"), "{error}");
}

#[test]
fn the_deadline_spans_all_calls_of_one_operation() {
    // Three calls of two seconds each, of which two end in time.
    let (client, world) = client_with(seconds(5), |seen| {
        let reply = match seen.action.as_str() {
            "GetSecretValue" => Reply::code("ResourceNotFound"),
            _ => Reply::ok(serde_json::json!({
                "SecretName": "x", "Versions": [{ "VersionId": "v1", "CreateTime": 1 }]
            })),
        };
        reply.after(Duration::from_secs(2))
    });
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert_eq!(world.seen().len(), 3);
    assert_eq!(world.now(), Duration::from_secs(5));
}

#[test]
fn a_passed_deadline_tells_whether_nothing_came_or_only_the_rest() {
    let origin = "https://ssm.tencentcloudapi.com";
    let (client, world) = client_with(seconds(5), |_| Reply::never());
    let error = failure(get(&client, &world));
    let expected = format!("{origin} did not answer; check");
    assert!(error.message.contains(&expected), "{error}");

    let begun = || Reply::never().begun_after(Duration::from_secs(1));
    let (client, world) = client_with(seconds(5), move |_| begun());
    let error = failure(get(&client, &world));
    let expected = format!("{origin} did not end its answer; check");
    assert!(error.message.contains(&expected), "{error}");

    // The same for one attempt.
    let (client, world) = client_with(|config| config.max_retries = 0, move |_| begun());
    let error = failure(get(&client, &world));
    assert_eq!(error.kind, ErrorKind::Timeout);
    let expected = format!("{origin} did not end its answer in time");
    assert!(error.message.contains(&expected), "{error}");
}

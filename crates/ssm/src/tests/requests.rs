use std::time::Duration;

use serde_json::json;

use super::{
    script::{EPOCH, Reply, SECRET_KEY, TOKEN, client, client_with},
    *,
};
use crate::{Endpoint, ErrorKind, Transport, Value};

#[test]
fn a_request_has_the_headers_that_ssm_asks_for_and_no_others() {
    let (client, world) = client(|_| Reply::text("x", "SSM_Current", "v"));
    success(get(&client, &world));
    let seen = &world.seen()[0];
    let names: Vec<&str> = seen.headers.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "authorization",
            "content-length",
            "content-type",
            "x-tc-action",
            "x-tc-language",
            "x-tc-region",
            "x-tc-timestamp",
            "x-tc-token",
            "x-tc-version",
        ]
    );
    assert_eq!(seen.headers["x-tc-version"], "2019-09-23");
    assert_eq!(seen.headers["x-tc-region"], "ap-guangzhou");
    assert_eq!(seen.headers["x-tc-language"], "en-US");
    assert_eq!(seen.headers["x-tc-timestamp"], EPOCH.to_string());
    assert_eq!(
        seen.body,
        json!({ "SecretName": "x", "VersionId": "SSM_Current" })
    );
    let length = r#"{"SecretName":"x","VersionId":"SSM_Current"}"#.len();
    assert_eq!(seen.headers["content-length"], length.to_string());
}

/// What the request of [`get`] must be signed with.
fn signed(authority: &str, timestamp: u64) -> tc3::Authorization {
    let request = tc3::Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[("content-type", "application/json"), ("host", authority)],
        payload: br#"{"SecretName":"x","VersionId":"SSM_Current"}"#,
    };
    let key = tc3::Key {
        secret_id: "AKIDtest",
        secret_key: SECRET_KEY,
    };
    tc3::sign(&request, &key, "ssm", timestamp).unwrap()
}

#[test]
fn a_request_after_midnight_is_signed_with_the_new_days_key() {
    let (client, world) = client(|_| Reply::text("x", "SSM_Current", "v"));
    success(get(&client, &world));
    success(get(&client, &world));
    world.run(client.caller.transport.sleep(Duration::from_secs(7_200)));
    success(get(&client, &world));
    let dates = ["2023-11-14", "2023-11-14", "2023-11-15"];
    for (seen, date) in world.seen().iter().zip(dates) {
        let timestamp: u64 = seen.headers["x-tc-timestamp"].parse().unwrap();
        let authorization = &seen.headers["authorization"];
        assert!(authorization.contains(&format!("/{date}/ssm/tc3_request")));
        let expected = signed("ssm.tencentcloudapi.com", timestamp);
        assert_eq!(authorization, expected.header_value());
    }
}

#[test]
fn the_signature_is_over_the_endpoints_authority() {
    let (client, world) = client_with(
        |config| config.endpoint = Endpoint::parse("http://127.0.0.1:18080", false).unwrap(),
        |_| Reply::text("x", "SSM_Current", "v"),
    );
    success(get(&client, &world));
    let expected = signed("127.0.0.1:18080", EPOCH);
    assert_eq!(
        world.seen()[0].headers["authorization"],
        expected.header_value()
    );
}

#[test]
fn a_text_and_a_binary_value_are_told_apart_by_what_is_not_empty() {
    for (fields, value) in [
        (json!({ "SecretString": "t" }), Value::Text("t".into())),
        (
            json!({ "SecretString": "t", "SecretBinary": "" }),
            Value::Text("t".into()),
        ),
        (
            json!({ "SecretString": "t", "SecretBinary": null }),
            Value::Text("t".into()),
        ),
        (
            json!({ "SecretString": "", "SecretBinary": "aGk=" }),
            Value::Binary("aGk=".into()),
        ),
        (
            json!({ "SecretString": null, "SecretBinary": "aGk=" }),
            Value::Binary("aGk=".into()),
        ),
        (
            json!({ "SecretBinary": "aGk=", "New": [1] }),
            Value::Binary("aGk=".into()),
        ),
    ] {
        let (client, world) = client(move |_| {
            let mut fields = fields.clone();
            fields["SecretName"] = json!("x");
            fields["VersionId"] = json!("v7");
            Reply::ok(fields)
        });
        let secret = success(get(&client, &world));
        assert!(secret.value == value);
        assert_eq!(secret.version_id, "v7");
        assert_eq!(secret.request_id, "req-1");
    }
}

#[test]
fn an_answer_that_is_not_to_the_question_is_refused() {
    for (fields, complaint) in [
        (
            json!({ "SecretName": "y", "SecretString": "s3cr3t" }),
            "this secret",
        ),
        (
            json!({ "SecretName": "X", "SecretString": "s3cr3t" }),
            "this secret",
        ),
        (json!({ "SecretString": "s3cr3t" }), "this secret"),
        (
            json!({ "SecretName": "x", "VersionId": "v2", "SecretString": "s3cr3t" }),
            "this version",
        ),
        (
            json!({ "SecretName": "x", "VersionId": "v1" }),
            "holds no value",
        ),
        (
            json!({ "SecretName": "x", "SecretString": "", "SecretBinary": "" }),
            "holds no value",
        ),
        (
            json!({ "SecretName": "x", "SecretString": "s3cr3t", "SecretBinary": "aGk=" }),
            "two values",
        ),
    ] {
        let (client, world) = client(move |_| Reply::ok(fields.clone()));
        let error = failure(get_version(&client, &world, "v1"));
        assert_eq!(error.kind, ErrorKind::Internal);
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
        assert!(error.message.contains(complaint), "{error}");
        assert!(!error.message.contains("s3cr3t"));
        assert_eq!(world.seen().len(), 1);
    }
}

#[test]
fn no_key_token_or_signature_comes_out_of_an_error_even_if_the_server_echoes_it() {
    let (client, world) = client(|seen| {
        let echoed: Vec<String> = seen.headers.values().cloned().collect();
        let message = format!("{SECRET_KEY} {}", echoed.join(" "));
        Reply::ok(
            json!({ "Error": { "Code": "AuthFailure.SignatureFailure", "Message": message } }),
        )
    });
    let error = failure(get(&client, &world));
    let printed = format!("{error:?} {error}");
    let authorization = &world.seen()[0].headers["authorization"];
    let signature = &authorization[authorization.len() - 64..];
    for secret in [SECRET_KEY, TOKEN, signature, "AKIDtest"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn ping_succeeds_when_ssm_answers_a_signed_request_and_only_then() {
    for (reply, kind) in [
        (None, None),
        (Some("UnauthorizedOperation"), None),
        (Some("AuthFailure.UnauthorizedOperation"), None),
        (Some("ResourceUnavailable.NotPurchased"), None),
        (
            Some("AuthFailure.SecretIdNotFound"),
            Some(ErrorKind::Unauthenticated),
        ),
        (
            Some("AuthFailure.SignatureFailure"),
            Some(ErrorKind::Unauthenticated),
        ),
        (Some("InternalError"), Some(ErrorKind::Unavailable)),
        (Some("RequestLimitExceeded"), Some(ErrorKind::Throttled)),
        (Some("UnsupportedRegion"), Some(ErrorKind::InvalidConfig)),
    ] {
        let (client, world) = client(move |_| match reply {
            Some(code) => Reply::code(code),
            None => Reply::ok(json!({ "ServiceEnabled": true })),
        });
        let result = world.run(client.ping());
        assert_eq!(result.err().map(|error| error.kind), kind, "{reply:?}");
        assert_eq!(world.seen()[0].action, "GetServiceStatus");
        assert_eq!(world.seen()[0].body, json!({}));
    }
}

#[test]
fn ping_fails_when_something_else_answers() {
    let (client, world) = client(|_| Reply::raw(200, "<html>welcome</html>"));
    let error = failure(world.run(client.ping()));
    assert_eq!(error.kind, ErrorKind::Unavailable);
}

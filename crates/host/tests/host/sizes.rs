//! How much callers of `serve` may send and set.

use http::{Method, StatusCode};

use crate::support::{Folder, Served, component};

#[tokio::test]
async fn metadata_is_kept_within_bounds() {
    let served = Served::start(&Folder::new(), &[], &[]);
    let set = async |key: &str, value: &str| {
        let path = format!("/v1.0/metadata/{key}");
        served.send(Method::PUT, &path, &[], value).await
    };
    let long = "x".repeat(65 << 10);
    let refused = set("long", &long).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.body.contains("set less"), "{}", refused.body);
    let fits = "x".repeat(63 << 10);
    let mut taken = 0;
    while set(&format!("k{taken}"), &fits).await.status == StatusCode::NO_CONTENT {
        taken += 1;
        assert!(taken < 100);
    }
    assert!(taken > 60, "{taken}");
    let again = set("k0", "less").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn bodies_are_taken_up_to_the_size_that_is_set() {
    let folder = Folder::new().with(
        "a.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    let body = format!("{{\"a\":[{}1]}}", "1,".repeat(100_000));
    for (size, status) in [
        ("--max-body-size=1Mi", StatusCode::OK),
        ("--max-body-size=100k", StatusCode::BAD_REQUEST),
        ("--dapr-http-max-request-size=1", StatusCode::OK),
        ("--max-body-size=0", StatusCode::OK),
    ] {
        let served = Served::start(&folder, &[size], &[("FOO", "bar")]);
        let path = "/v1.0/secrets/env/FOO";
        let answer = served.send(Method::GET, path, &[], &body).await;
        assert_eq!(answer.status, status, "{size}");
    }
}

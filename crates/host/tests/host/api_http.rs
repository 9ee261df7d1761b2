//! Dapr's Secrets API over HTTP, as daprd answers it.

use http::{Method, StatusCode};
use ssm_emulator::Config;

use crate::support::{Folder, Served, component, on, secrets_file};

#[tokio::test]
async fn a_secret_is_answered_byte_for_byte_as_by_daprd() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    let answer = served.get("/v1.0/secrets/tencent/api-token").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.body, "{\"api-token\":\"sample-token-4f1c\"}\n");

    let old = "/v1.0/secrets/tencent/db-password?metadata.version_id=v1&version_id=v2";
    let answer = served.get(old).await;
    assert_eq!(answer.body, "{\"db-password\":\"sample-password-old\"}\n");
}

#[tokio::test]
async fn a_bulk_read_is_sorted_and_takes_request_metadata() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    let answer = served
        .get("/v1.0/secrets/tencent/bulk?metadata.names=tls-key,api-token")
        .await;
    let expected = r#"{"api-token":{"api-token":"sample-token-4f1c"},"tls-key":{"tls-key":"c2FtcGxlIGJ5dGVzAAH/"}}"#;
    assert_eq!(answer.body.trim_end(), expected);
}

#[tokio::test]
async fn names_are_unescaped_and_values_escaped_as_daprd_does() {
    let folder = Folder::new();
    let file = secrets_file(&folder, r#"{"a/b": "<&>\u2028", "c d": "1", "e+f": "2"}"#);
    let items = [("secretsFile", file.as_str())];
    folder.write(
        "a.yaml",
        &component("file", "secretstores.local.file", &items, ""),
    );
    let served = Served::start(&folder, &[], &[]);
    for (path, expected) in [
        ("a%2Fb", r#"{"a/b":"\u003c\u0026\u003e\u2028"}"#),
        ("c+d", r#"{"c d":"1"}"#),
        ("c%20d/", r#"{"c d":"1"}"#),
        ("/./e%2Bf", r#"{"e+f":"2"}"#),
    ] {
        let answer = served.get(&format!("/v1.0/secrets/file/{path}")).await;
        assert_eq!(answer.body.trim_end(), expected, "{path}");
    }
    let broken = served.get("/v1.0/secrets/file/%zz").await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(
        broken
            .body
            .starts_with("failed to unescape request parameter")
    );
}

#[tokio::test]
async fn errors_have_daprs_statuses_codes_and_texts() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    for (path, status, code, message) in [
        (
            "/v1.0/secrets/nobody/x",
            401,
            "ERR_SECRET_STORE_NOT_FOUND",
            "failed finding secret store with key nobody",
        ),
        (
            "/v1.0/secrets/tencent/no-such",
            500,
            "ERR_SECRET_GET",
            "failed getting secret with key no-such from secret store tencent: not-found: ",
        ),
        (
            "/v1.0/secrets/tencent",
            404,
            "ERR_DIRECT_INVOKE",
            "failed getting app id",
        ),
        (
            "/v1.0/state/x/y",
            404,
            "ERR_DIRECT_INVOKE",
            "failed getting app id",
        ),
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let start = format!("{{\"errorCode\":\"{code}\",\"message\":\"{message}");
        assert!(answer.body.starts_with(&start), "{}", answer.body);
    }
    let missing = served.get("/v1.0/secrets/tencent/no-such").await;
    assert_eq!(missing.header("dapr-error-kind"), Some("not-found"));
    assert!(missing.body.contains("RequestId"), "{}", missing.body);

    let path = "/v1.0/secrets/tencent/api-token";
    let posted = served.send(Method::POST, path, &[], "").await;
    assert_eq!(posted.status, StatusCode::NOT_FOUND);
    let head = served.send(Method::HEAD, path, &[], "").await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
    let malformed = served.send(Method::GET, path, &[], "{").await;
    assert_eq!(malformed.status, StatusCode::BAD_REQUEST);
    assert!(malformed.body.contains("ERR_MALFORMED_REQUEST"));
    let kind = [("content-type", "application/json")];
    let tolerated = served.send(Method::GET, path, &kind, "{}").await;
    assert_eq!(tolerated.status, StatusCode::OK);
}

#[tokio::test]
async fn without_any_store_every_read_says_so() {
    let served = Served::start(&Folder::new(), &[], &[]);
    let answer = served.get("/v1.0/secrets/tencent/x").await;
    let expected = r#"{"errorCode":"ERR_SECRET_STORES_NOT_CONFIGURED","message":"secret store is not configured"}"#;
    assert_eq!(
        (answer.status.as_u16(), answer.body.trim_end()),
        (500, expected)
    );
}

#[tokio::test]
async fn scopes_deny_one_secret_and_filter_the_bulk_read() {
    let config = Config::sample();
    let emulator = ssm_emulator::Emulator::start(config).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    let file = folder.file("configuration");
    let scopes = "apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {name: c}\nspec:\n  secrets:\n    \
                  scopes:\n    - storeName: tencent\n      deniedSecrets: [api-token, tls-key]\n";
    std::fs::write(&file, scopes).unwrap();
    let served = Served::start(&folder, &["--config", file.to_str().unwrap()], &[]);
    let denied = served.get("/v1.0/secrets/tencent/api-token").await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    let said = r#""message":"access denied by policy to get \"api-token\" from \"tencent\"""#;
    assert!(denied.body.contains(said), "{}", denied.body);
    let bulk = served.get("/v1.0/secrets/tencent/bulk").await;
    let body = &bulk.body;
    assert!(
        body.contains("db-password") && body.contains("payment-service"),
        "{body}"
    );
    assert!(
        !body.contains("api-token") && !body.contains("tls-key"),
        "{body}"
    );
}

#[tokio::test]
async fn the_token_guards_all_but_health() {
    let folder = Folder::new().with(
        "a.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    let served = Served::start(
        &folder,
        &[],
        &[("DAPR_API_TOKEN", "let-me-in"), ("FOO", "bar")],
    );
    let path = "/v1.0/secrets/env/FOO";
    let with = async |token| {
        let headers = [("dapr-api-token", token)];
        served.send(Method::GET, path, &headers, "").await
    };
    for refused in [
        served.get(path).await,
        with("let-me-i").await,
        with("Let-me-in").await,
    ] {
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.body, "invalid api token\n");
    }
    assert_eq!(with("let-me-in").await.body, "{\"FOO\":\"bar\"}\n");
    let metadata = served.get("/v1.0/metadata").await;
    assert_eq!(metadata.status, StatusCode::UNAUTHORIZED);
    for open in ["/v1.0/healthz", "/v1.0/healthz/outbound"] {
        assert_eq!(
            served.get(open).await.status,
            StatusCode::NO_CONTENT,
            "{open}"
        );
    }
    // Not even with the prefix of a variable does the token come out.
    let hidden = served.send(
        Method::GET,
        "/v1.0/secrets/env/DAPR_API_TOKEN",
        &[("dapr-api-token", "let-me-in")],
        "",
    );
    assert!(!hidden.await.body.contains("let-me-in"));
}

#[tokio::test]
async fn health_and_metadata_tell_what_serves() {
    let folder = Folder::new().with(
        "a.yaml",
        &component("env", "secretstores.local.env", &[], ""),
    );
    let served = Served::start(&folder, &["--app-id", "shop"], &[]);
    let ours = served.get("/v1.0/healthz?appid=shop").await;
    assert_eq!(ours.status, StatusCode::NO_CONTENT);
    let other = served.get("/v1.0/healthz?appid=other").await;
    assert!(
        other.body.contains("ERR_HEALTH_APPID_NOT_MATCH"),
        "{other:?}"
    );

    let set = served
        .send(Method::PUT, "/v1.0/metadata/cliPID", &[], "42")
        .await;
    assert_eq!(set.status, StatusCode::NO_CONTENT);
    let body = served.get("/v1.0/metadata").await.body;
    let metadata: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(metadata["id"], "shop");
    assert_eq!(metadata["extended"]["cliPID"], "42");
    let component = &metadata["components"][0];
    assert_eq!(component["name"], "env");
    assert_eq!(component["type"], "secretstores.local.env");
}

#[tokio::test]
async fn figures_have_daprs_names_and_no_secrets() {
    let (served, _emulator) = Served::on_emulator(Config::sample()).await;
    served.get("/v1.0/secrets/tencent/api-token").await;
    served.get("/v1.0/secrets/tencent/no-such").await;
    served.get("/v1.0/secrets/nobody/x").await;
    let metrics = crate::support::send(served.metrics, Method::GET, "/metrics", &[], "")
        .await
        .body;
    for line in [
        r#"dapr_component_secret_count{app_id="",component="tencent",namespace="",operation="get",success="true"} 1"#,
        r#"dapr_component_secret_count{app_id="",component="tencent",namespace="",operation="get",success="false"} 1"#,
        r#"dapr_component_secret_latencies_count{app_id="",component="tencent",namespace="",operation="get",success="true"} 1"#,
        r#"dapr_wasm_instances{state="idle"} 1"#,
        "dapr_wasm_traps_total 0",
        r#"dapr_wasm_outbound_requests_total{result="failed"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in:\n{metrics}");
    }
    assert!(!metrics.contains("nobody") && !metrics.contains("sample-token"));
}

#[tokio::test]
async fn nothing_that_is_secret_is_logged_at_any_level() {
    let config = Config::sample();
    let emulator = ssm_emulator::Emulator::start(config).await.unwrap();
    let folder = Folder::new().with("a.yaml", &on(&emulator, "tencent", &[]));
    for format in [
        &["--log-level=debug"][..],
        &["--log-level=debug", "--log-as-json"],
    ] {
        let token = [("DAPR_API_TOKEN", "let-me-in")];
        let mut served = Served::start(&folder, format, &token);
        let headers = [("dapr-api-token", "let-me-in")];
        for path in ["api-token", "bulk", "no-such"] {
            let path = format!("/v1.0/secrets/tencent/{path}");
            served.send(Method::GET, &path, &headers, "").await;
        }
        served.process.wait_for("no-such", 1);
        let log = served.process.log();
        assert!(log.contains("bulk_get"), "debug lines are there:\n{log}");
        for secret in [
            "sample-",
            ssm_emulator::SAMPLE_SECRET_KEY,
            ssm_emulator::SAMPLE_SECRET_ID,
            "let-me-in",
            "Signature",
        ] {
            assert!(!log.contains(secret), "{secret} is in:\n{log}");
        }
    }
}

#[tokio::test]
async fn an_escaped_bulk_is_a_secrets_name() {
    let folder = Folder::new();
    let file = secrets_file(&folder, r#"{"bulk": "one", "other": "two"}"#);
    let items = [("secretsFile", file.as_str())];
    let yaml = component("file", "secretstores.local.file", &items, "");
    folder.write("a.yaml", &yaml);
    let served = Served::start(&folder, &[], &[]);
    let one = served.get("/v1.0/secrets/file/b%75lk").await;
    assert_eq!(one.body, "{\"bulk\":\"one\"}\n");
    let all = served.get("/v1.0/secrets/file/bulk").await;
    assert!(all.body.contains("two"), "{}", all.body);
}

//! The gateway composed with the store, served by the unmodified wasmtime command.

use bytes::Bytes;
use host_test::harness::compiled;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use ssm_emulator::{Config, Emulator};
use test_support::programs::SDK_NODE_MODULES;
use tokio::process::Command;

use crate::{
    fronts,
    wasmtime::{self, Serving},
};

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

async fn ask(serving: &Serving, method: &str, path: &str, token: &str, body: &str) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", serving.url))
        .header("dapr-api-token", token)
        .body(Full::new(Bytes::from(body.to_owned())))
        .unwrap();
    let answer = client.request(request).await.unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

pub(crate) async fn get(serving: &Serving, path: &str) -> Answer {
    ask(serving, "GET", path, "", "").await
}

async fn serving(emulator: &Emulator, more: &[(&'static str, &str)]) -> Option<Serving> {
    let more = more
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let variables = wasmtime::variables(emulator).into_iter().chain(more);
    let file = wasmtime::file(&fronts::ssm_gateway());
    Serving::start(&file, variables).await
}

#[test]
fn it_imports_what_the_store_imports_and_the_standard_librarys_streams_and_exit() {
    let (imports, exports) = compose::interfaces(&fronts::ssm_gateway()).unwrap();
    let store = compiled().imports();
    assert_eq!(wasmtime::beyond_std(&imports), wasmtime::beyond_std(&store));
    assert!(
        matches!(&exports[..], [one] if one.starts_with("wasi:http/incoming-handler@0.2.")),
        "{exports:?}"
    );
}

#[tokio::test]
async fn it_answers_daprs_secrets_api() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let file = wasmtime::file(&fronts::ssm_gateway());
    for program in wasmtime::programs() {
        let variables = wasmtime::variables(&emulator);
        answers(&Serving::start_with(&program, &file, variables).await).await;
    }
}

async fn answers(serving: &Serving) {
    let secret = get(serving, "/v1.0/secrets/tencent/api-token").await;
    assert_eq!(secret.status, StatusCode::OK, "{}", secret.body);
    assert_eq!(secret.headers["content-type"], "application/json");
    assert_eq!(secret.body, "{\"api-token\":\"sample-token-4f1c\"}\n");
    let path = "/v1.0/secrets/tencent/db-password?metadata.version_id=v1";
    let old = get(serving, path).await;
    assert_eq!(old.body, "{\"db-password\":\"sample-password-old\"}\n");
    let all = get(serving, "/v1.0/secrets/tencent/bulk").await.body;
    assert!(
        all.contains("\"api-token\":{\"api-token\":\"sample-token-4f1c\"}"),
        "{all}"
    );
    let path = "/v1.0/secrets/tencent/bulk?metadata.names=api-token";
    let some = get(serving, path).await.body;
    assert_eq!(
        some,
        "{\"api-token\":{\"api-token\":\"sample-token-4f1c\"}}\n"
    );
    let health = get(serving, "/v1.0/healthz/outbound").await;
    assert_eq!(
        (health.status, health.body.as_str()),
        (StatusCode::NO_CONTENT, "")
    );
    let elsewhere = get(serving, "/v1.0/state/tencent/x").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    assert!(
        elsewhere.body.contains("ERR_DIRECT_INVOKE"),
        "{}",
        elsewhere.body
    );
}

#[tokio::test]
async fn an_error_is_daprs_with_the_kind_in_a_header_and_the_operator_is_told() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let Some(serving) = serving(&emulator, &[]).await else {
        return;
    };
    let missing = get(&serving, "/v1.0/secrets/tencent/no-such").await;
    assert_eq!(missing.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(missing.headers["dapr-error-kind"], "not-found");
    assert!(
        missing.body.contains("ERR_SECRET_GET") && missing.body.contains("RequestId"),
        "{}",
        missing.body
    );
    let escape = get(&serving, "/v1.0/secrets/tencent/100%").await;
    assert_eq!(escape.status, StatusCode::BAD_REQUEST);
    let said = serving.end().await;
    assert!(said.contains("not-found: "), "{said}");
}

#[tokio::test]
async fn the_token_and_the_name_of_the_store_are_checked() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let settings = [
        ("DAPR_API_TOKEN", "let-me-in"),
        ("DAPR_SECRET_STORE", "tencent"),
    ];
    let Some(serving) = serving(&emulator, &settings).await else {
        return;
    };
    let path = "/v1.0/secrets/tencent/api-token";
    for token in ["", "let-me-i", "let-me-in!"] {
        let refused = ask(&serving, "GET", path, token, "").await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.body, "invalid api token\n");
    }
    assert!(emulator.requests().is_empty());
    let elsewhere = "/v1.0/secrets/other/api-token";
    let other = ask(&serving, "GET", elsewhere, "let-me-in", "").await;
    assert!(
        other.body.contains("ERR_SECRET_STORE_NOT_FOUND"),
        "{}",
        other.body
    );
    assert!(emulator.requests().is_empty());
    let allowed = ask(&serving, "GET", path, "let-me-in", "").await;
    assert_eq!(allowed.status, StatusCode::OK, "{}", allowed.body);
}

#[tokio::test]
async fn bodies_are_read_as_daprd_reads_them() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let Some(serving) = serving(&emulator, &[]).await else {
        return;
    };
    let path = "/v1.0/secrets/tencent/api-token";
    let object = ask(&serving, "GET", path, "", "{}").await;
    assert_eq!(object.status, StatusCode::OK);
    let long = "x".repeat((4 << 20) + 1);
    for wrong in ["[", long.as_str()] {
        let refused = ask(&serving, "GET", path, "", wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(
            refused.body.contains("ERR_MALFORMED_REQUEST"),
            "{}",
            refused.body
        );
    }
    let put = ask(&serving, "PUT", "/v1.0/metadata/key", "", "value").await;
    assert_eq!(put.status, StatusCode::NOT_FOUND);
    let post = ask(&serving, "POST", path, "", "{}").await;
    assert_eq!(post.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn daprs_javascript_sdk_reads_through_it() {
    let Some(modules) = SDK_NODE_MODULES.find() else {
        return;
    };
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let Some(serving) = serving(&emulator, &[("DAPR_API_TOKEN", "let-me-in")]).await else {
        return;
    };
    let (_, port) = serving.url.rsplit_once(':').unwrap();
    let output = Command::new("node")
        .arg(component_build::root().join("tests/fixtures/sdk/dapr_sdk.cjs"))
        .env("NODE_PATH", modules)
        .env("DAPR_HTTP_PORT", port)
        .env("DAPR_API_TOKEN", "let-me-in")
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

//! The same service without WebAssembly: the least that signs, asks SSM and answers.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use ssm_emulator::{SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};
use tokio::net::TcpListener;

/// The argument that makes the benchmark this service instead.
pub(crate) const ARGUMENT: &str = "--native-sidecar";

#[derive(Clone)]
struct Upstream {
    client: Client<HttpConnector, Full<Bytes>>,
    authority: String,
}

/// Serves from the SSM at `authority`, and prints where.
pub(crate) async fn serve(authority: &str) {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    let upstream = Upstream {
        client: Client::builder(TokioExecutor::new()).build(tcp),
        authority: authority.to_owned(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let router = Router::new()
        .route("/v1.0/secrets/{store}/{name}", get(read))
        .with_state(upstream);
    axum::serve(listener, router).await.unwrap();
}

async fn read(
    State(upstream): State<Upstream>,
    Path((_store, name)): Path<(String, String)>,
) -> String {
    let body = json!({ "SecretName": name, "VersionId": "SSM_Current" }).to_string();
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let content_type = "application/json";
    let host = upstream.authority.as_str();
    let request = tc3::Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[("content-type", content_type), ("host", host)],
        payload: body.as_bytes(),
    };
    let key = tc3::Key {
        secret_id: SAMPLE_SECRET_ID,
        secret_key: SAMPLE_SECRET_KEY,
    };
    let authorization = tc3::sign(&request, &key, "ssm", now).unwrap();
    let request = Request::post(format!("http://{host}/"))
        .header("authorization", authorization.header_value())
        .header("content-type", content_type)
        .header("x-tc-action", "GetSecretValue")
        .header("x-tc-region", "ap-guangzhou")
        .header("x-tc-timestamp", now)
        .header("x-tc-version", "2019-09-23")
        .body(Full::new(Bytes::from(body)))
        .unwrap();
    let response = upstream.client.request(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    let value = answer["Response"]["SecretString"].as_str().unwrap();
    json!({ name: value }).to_string()
}

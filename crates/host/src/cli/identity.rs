//! As whom keys act: STS's GetCallerIdentity, which every key may ask
//! (<https://www.tencentcloud.com/document/product/1150/49443>).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tc3::Key;
use tokio::time::timeout;
use wasmtime_wasi_http::RequestOptions;
use zeroize::Zeroizing;

use crate::outbound::{Hooks, Origin, Outbound};

/// How long STS may take to say it.
const IDENTITY_TIMEOUT: Duration = Duration::from_secs(5);
/// Any region will do: STS is one for all.
const REGION: &str = "ap-guangzhou";
const BODY: &str = "{}";
const JSON: &str = "application/json";

/// Keys that sign. They are wiped when dropped; there is no `Debug`.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: Zeroizing<String>,
    pub(super) key: Zeroizing<String>,
    pub(super) token: Option<Zeroizing<String>>,
}

/// As whom `keys` act: account and ARN, as STS at `sts` says; the error is for people, without a key.
pub(super) async fn ask(outbound: &Outbound, sts: &str, keys: &Keys) -> Result<String, String> {
    let answered = timeout(IDENTITY_TIMEOUT, answer(outbound, sts, keys)).await;
    let json = answered.map_err(|_| format!("{sts} did not answer in {IDENTITY_TIMEOUT:?}"))??;
    let response = &json["Response"];
    if let Some(code) = response["Error"]["Code"].as_str() {
        let request_id = response["RequestId"].as_str().unwrap_or_default();
        return Err(format!("{sts} says {code} (RequestId {request_id})"));
    }
    let text = |name: &str| response[name].as_str();
    match (text("AccountId"), text("Arn")) {
        (Some(account), Some(arn)) => Ok(format!("account {account}, {arn}")),
        _ => Err(format!("{sts} does not say it")),
    }
}

async fn answer(outbound: &Outbound, sts: &str, keys: &Keys) -> Result<Value, String> {
    let origin = Origin::parse(sts).map_err(|why| format!("stsEndpoint: {why}"))?;
    let uri: Uri = format!("{origin}/")
        .parse()
        .map_err(|_| "stsEndpoint".to_owned())?;
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_secs();
    let signed = tc3::Request {
        method: "POST",
        path: "/",
        query: "",
        headers: &[("content-type", JSON), ("host", host)],
        payload: BODY.as_bytes(),
    };
    let key = Key {
        secret_id: &keys.id,
        secret_key: &keys.key,
    };
    // Its words may have a part of the key.
    let failed = "the keys cannot sign".to_owned();
    let authorization = tc3::sign(&signed, &key, "sts", now).map_err(|_| failed)?;
    let mut request = Request::post(&uri)
        .header("host", host)
        .header("content-type", JSON)
        .header("authorization", authorization.header_value())
        .header("x-tc-action", "GetCallerIdentity")
        .header("x-tc-version", "2018-08-13")
        .header("x-tc-timestamp", now)
        .header("x-tc-region", REGION);
    if let Some(token) = &keys.token {
        request = request.header("x-tc-token", token.as_str());
    }
    let body = Full::from(BODY).map_err(|never| match never {});
    let request = request
        .body(body.boxed_unsync())
        .map_err(|_| "the keys fit no header".to_owned())?;
    // The command's own request: no store is granted more by it.
    let sending = Hooks::new(&outbound.allowing(&origin)).send(request, RequestOptions::default());
    let unreachable = |why| format!("{origin} cannot be asked: {why}");
    let response = sending.await.map_err(unreachable)?;
    let body = response.into_body().collect().await.map_err(unreachable)?;
    serde_json::from_slice(&body.to_bytes()).map_err(|_| format!("{origin} answers no JSON"))
}

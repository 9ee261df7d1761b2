//! Dapr's Secrets API over HTTP (<https://docs.dapr.io/reference/api/secrets_api/>), as daprd
//! answers it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    api::{Api, VERSION},
    error::ApiError,
    path,
    token::Token,
};
use crate::types::Secret;

/// daprd's limit for what a request may bring.
const MAX_BODY: usize = 4 << 20;
/// Says which of the contract's error kinds made a call fail.
const KIND: &str = "dapr-error-kind";

/// Every path: routing is on the escaped path, which axum's own does not do.
pub(super) fn router(api: Arc<Api>, token: Option<Arc<Token>>) -> Router {
    Router::new().fallback(answer).with_state((api, token))
}

type Shared = (Arc<Api>, Option<Arc<Token>>);

async fn answer(State((api, token)): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let segments = path::segments(&path);
    let query = request.uri().query().unwrap_or_default();
    if let (&Method::GET, ["v1.0", "healthz", rest @ ..]) = (request.method(), segments.as_slice())
        && let Some(health) = health(&api, rest, query)
    {
        return health;
    }
    let given = request.headers().get(Token::HEADER);
    if let Some(token) = token
        && !token.is(given.map(HeaderValue::as_bytes))
    {
        return text(StatusCode::UNAUTHORIZED, "invalid api token\n");
    }
    let result = match (request.method(), segments.as_slice()) {
        (&Method::GET, ["v1.0", "secrets", store, key]) => secrets(&api, store, key, request).await,
        (&Method::GET, ["v1.0", "metadata"]) => Ok(metadata(&api)),
        (&Method::PUT, ["v1.0", "metadata", key]) => set_metadata(&api, key, request).await,
        _ => Err(ApiError::no_such_path()),
    };
    result.unwrap_or_else(|error| failure(&error))
}

fn health(api: &Api, rest: &[&str], query: &str) -> Option<Response> {
    let (ready, error) = match rest {
        [] => (api.is_ready(), ApiError::not_ready()),
        ["outbound"] => (api.is_ready(), ApiError::outbound_not_ready()),
        _ => return None,
    };
    let asked = path::parameter(query, "appid").filter(|_| rest.is_empty());
    Some(if asked.is_some_and(|asked| asked != api.app_id) {
        failure(&ApiError::other_app())
    } else if ready {
        empty()
    } else {
        failure(&error)
    })
}

async fn secrets(
    api: &Api,
    store: &str,
    key: &str,
    request: Request,
) -> Result<Response, ApiError> {
    let metadata = path::metadata(request.uri().query().unwrap_or_default());
    let (Some(store), Some(key)) = (path::unescape(store), path::unescape(key)) else {
        let why = "failed to unescape request parameter: a % is not followed by two hexadecimal \
                   digits, or it is not UTF-8\n";
        return Ok(text(StatusCode::BAD_REQUEST, why));
    };
    check_body(request).await?;
    if key == "bulk" {
        let secrets = api.bulk(&store, &metadata).await?;
        let all: BTreeMap<_, _> = secrets.iter().map(|it| (&it.name, data(it))).collect();
        return Ok(json(&all));
    }
    let secret = api.get(&store, &key, &metadata).await?;
    if secret.data.is_empty() {
        return Ok(empty());
    }
    Ok(json(&data(&secret)))
}

/// daprd reads the body of a GET too, and what stands in the path and the query wins.
async fn check_body(request: Request) -> Result<(), ApiError> {
    let body = body(request).await?;
    if body.is_empty() {
        return Ok(());
    }
    let parsed = serde_json::from_slice::<Map<String, Value>>(&body);
    parsed
        .map(drop)
        .map_err(|_| ApiError::malformed("it is not a JSON object"))
}

async fn body(request: Request) -> Result<Bytes, ApiError> {
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    body.map_err(|_| ApiError::malformed("it is longer than 4 MiB or incomplete"))
}

fn metadata(api: &Api) -> Response {
    let stores = api.stores();
    let components: Vec<_> = stores
        .all()
        .map(|served| {
            json!({
                "name": served.name,
                "type": served.kind,
                "version": served.version,
                "capabilities": served.capabilities,
            })
        })
        .collect();
    json(&json!({
        "id": api.app_id,
        "runtimeVersion": VERSION,
        "actorRuntime": { "runtimeStatus": "DISABLED", "hostReady": false },
        "components": components,
        "extended": api.extended(),
    }))
}

async fn set_metadata(api: &Api, key: &str, request: Request) -> Result<Response, ApiError> {
    let key = path::unescape(key).ok_or_else(|| ApiError::malformed("the key is not escaped"))?;
    let value = String::from_utf8(body(request).await?.to_vec())
        .map_err(|_| ApiError::malformed("the value is not UTF-8"))?;
    api.extend(key, value);
    Ok(empty())
}

fn data(secret: &Secret) -> BTreeMap<&str, &str> {
    let entries = secret.data.iter();
    entries
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

fn failure(error: &ApiError) -> Response {
    let body = json!({ "errorCode": error.code, "message": error.message });
    let mut response = json(&body);
    *response.status_mut() = error.http;
    let kind = error
        .kind
        .map(|kind| HeaderValue::from_str(&kind.to_string()));
    if let Some(Ok(kind)) = kind {
        response.headers_mut().insert(KIND, kind);
    }
    response
}

fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

fn text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// As Go's encoder writes it, byte for byte.
fn json(value: &impl Serialize) -> Response {
    // Only maps with text as keys come here, which always can be written.
    let mut text = serde_json::to_string(value).unwrap_or_default();
    for (character, escaped) in [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ] {
        if text.contains(character) {
            text = text.replace(character, escaped);
        }
    }
    text.push('\n');
    let mut response = Response::new(Body::from(text));
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

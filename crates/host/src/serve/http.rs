//! Dapr's Secrets API over HTTP: `dapr-secrets-api` with a server around it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use dapr_secrets_api::{Answer, ApiError, Call, MAX_BODY, Route, Token};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::api::{Api, VERSION};
use crate::contract::Secret;

/// Every path: routing is on the escaped path, which axum's own does not do.
pub(super) fn router(api: Arc<Api>, token: Option<Arc<Token>>) -> Router {
    let shared = Shared { api, token };
    Router::new().fallback(respond).with_state(shared)
}

#[derive(Clone)]
struct Shared {
    api: Arc<Api>,
    token: Option<Arc<Token>>,
}

async fn respond(State(shared): State<Shared>, request: Request) -> Response {
    let uri = request.uri();
    let given = request.headers().get(Token::HEADER);
    let route = Route::of(
        request.method().as_str(),
        uri.path(),
        uri.query().unwrap_or_default(),
        shared.token.as_deref(),
        given.map(HeaderValue::as_bytes),
    );
    response(match route {
        Ok(route) => answer(&shared.api, route, request)
            .await
            .unwrap_or_else(Answer::from),
        Err(answer) => answer,
    })
}

async fn answer(api: &Api, route: Route, request: Request) -> Result<Answer, ApiError> {
    let body = if route.wants_body() {
        body(request).await?
    } else {
        Bytes::new()
    };
    match route.call(&body)? {
        Call::Health { app_id } => {
            if app_id.is_some_and(|asked| asked != api.app_id) {
                return Err(ApiError::other_app());
            }
            ready(api, ApiError::not_ready)
        }
        Call::OutboundHealth => ready(api, ApiError::outbound_not_ready),
        Call::Get {
            store,
            key,
            metadata,
        } => {
            let secret = api.get(&store, &key, &metadata).await?;
            Ok(Answer::secret(data(&secret)))
        }
        Call::Bulk { store, metadata } => {
            let secrets = api.bulk(&store, &metadata).await?;
            let named = secrets.iter().map(|it| (it.name.as_str(), data(it)));
            Ok(Answer::secrets(named))
        }
        Call::Metadata => Ok(metadata(api)),
        Call::SetMetadata { key, value } => {
            api.extend(key, value);
            Ok(Answer::empty())
        }
    }
}

fn ready(api: &Api, not: fn() -> ApiError) -> Result<Answer, ApiError> {
    if api.is_ready() {
        Ok(Answer::empty())
    } else {
        Err(not())
    }
}

async fn body(request: Request) -> Result<Bytes, ApiError> {
    let body = to_bytes(request.into_body(), MAX_BODY).await;
    body.map_err(|_| ApiError::malformed("it is longer than 4 MiB or incomplete"))
}

fn metadata(api: &Api) -> Answer {
    let stores = api.stores();
    let components: Vec<_> = stores
        .all()
        .map(|served| {
            json!({
                "name": served.name,
                "type": served.store_type.as_str(),
                "version": served.version,
                "capabilities": served.capabilities,
            })
        })
        .collect();
    Answer::metadata(&api.app_id, VERSION, &components, &api.extended())
}

fn data(secret: &Secret) -> impl Iterator<Item = (&str, &str)> {
    let entries = secret.data.iter();
    entries.map(|(key, value)| (key.as_str(), value.as_str()))
}

fn response(mut answer: Answer) -> Response {
    let mut response = Response::new(Body::from(std::mem::take(&mut *answer.body)));
    // Dapr's statuses are all valid.
    let internal = StatusCode::INTERNAL_SERVER_ERROR;
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(internal);
    for (name, value) in answer.headers {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        response.headers_mut().insert(name, value);
    }
    response
}

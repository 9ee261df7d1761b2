//! Dapr's Secrets API over HTTP: `dapr-secrets-api` with a server around it.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use dapr_secrets_api::{Answer, ApiError, Call, Route, Token};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::json;

use super::{
    api::{Api, VERSION},
    cors::Cors,
    many::Many,
};
/// What the HTTP API answers from.
pub(super) struct Shared {
    pub(super) api: Arc<Api>,
    pub(super) token: Option<Arc<Token>>,
    pub(super) cors: Option<Cors>,
    /// The most bytes of a request's body.
    pub(super) max_body: usize,
}

/// Every path: routing is on the escaped path, which axum's own does not do.
pub(super) fn router(shared: Shared) -> Router {
    Router::new().fallback(allow).with_state(Arc::new(shared))
}

/// Health and what is served, for whoever asks: the kubelet has no token.
pub(super) fn public_router(api: Arc<Api>) -> Router {
    Router::new().fallback(respond_publicly).with_state(api)
}

async fn allow(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let Some(cors) = &shared.cors else {
        return respond(&shared, request).await;
    };
    if let Some(headers) = cors.preflight(request.method(), request.headers()) {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = headers;
        return response;
    }
    let headers = cors.headers(request.headers());
    let mut response = respond(&shared, request).await;
    response.headers_mut().extend(headers);
    response
}

async fn respond_publicly(State(api): State<Arc<Api>>, request: Request) -> Response {
    let uri = request.uri();
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let route = Route::of(request.method().as_str(), path, query, None, None);
    let call = route.and_then(|route| Ok(route.call(b"")?));
    match call {
        Ok(call @ (Call::Health { .. } | Call::OutboundHealth | Call::Metadata)) => {
            let answered = carry_out(&api, call).await;
            answered.unwrap_or_else(|error| response(error.into()))
        }
        Ok(_) => response(ApiError::no_such_path().into()),
        Err(answer) => response(answer),
    }
}

async fn respond(shared: &Shared, request: Request) -> Response {
    let uri = request.uri();
    let given = request.headers().get(Token::HEADER);
    let route = Route::of(
        request.method().as_str(),
        uri.path(),
        uri.query().unwrap_or_default(),
        shared.token.as_deref(),
        given.map(HeaderValue::as_bytes),
    );
    match route {
        Ok(route) => answer(shared, route, request)
            .await
            .unwrap_or_else(|error| response(error.into())),
        Err(answer) => response(answer),
    }
}

async fn answer(shared: &Shared, route: Route, request: Request) -> Result<Response, ApiError> {
    let body = if route.wants_body() {
        body(request, shared.max_body).await?
    } else {
        Bytes::new()
    };
    carry_out(&shared.api, route.call(&body)?).await
}

async fn carry_out(api: &Api, call: Call) -> Result<Response, ApiError> {
    let answer = match call {
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
            Ok(Answer::secret(secret.pairs()))
        }
        Call::Bulk { store, metadata } => {
            let secrets = api.bulk(&store, &metadata).await?;
            let many = Body::new(Many::new(secrets));
            return Ok(([Answer::JSON], many).into_response());
        }
        Call::Metadata => Ok(metadata(api)),
        Call::SetMetadata { key, value } => {
            api.extend(key, value)?;
            Ok(Answer::empty())
        }
        Call::Shutdown => {
            api.ask_to_end();
            Ok(Answer::empty())
        }
    };
    answer.map(response)
}

fn ready(api: &Api, not: fn() -> ApiError) -> Result<Answer, ApiError> {
    if api.is_ready() {
        Ok(Answer::empty())
    } else {
        Err(not())
    }
}

async fn body(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let body = to_bytes(request.into_body(), limit).await;
    body.map_err(|_| {
        ApiError::malformed(&format!(
            "it is longer than {limit} bytes (--max-body-size), or did not come whole in time"
        ))
    })
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

pub(super) fn response(mut answer: Answer) -> Response {
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

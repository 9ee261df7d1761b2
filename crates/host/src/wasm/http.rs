//! `wasi:http` as instances have it: wasmtime's, but for the way of a request.

use http::{HeaderMap, HeaderValue, Method, Request, Uri, header, uri::Scheme};
use http_body_util::{BodyExt, Empty};
use wasmtime::{
    StoreContextMut,
    component::{Linker, Resource, ResourceType},
};
use wasmtime_wasi::p2::{DynPollable, subscribe};
use wasmtime_wasi_http::{
    Error, FieldMap, RequestOptions, WasiBody, WasiHttp, WasiHttpView,
    p2::{
        bindings::{
            LinkOptions,
            http::types::{self, ErrorCode, HostFutureIncomingResponse as _},
        },
        body::HostIncomingBody,
        http_request_error,
        types::{HostFutureIncomingResponse, HostIncomingResponse, HostOutgoingRequest},
    },
};

use super::{exchange::Exchange, state::State};

/// The versions that wasmtime 48 offers; others of 0.2 are served by them.
const OUTGOING_HANDLER: &str = "wasi:http/outgoing-handler@0.2.12";
const TYPES: &str = "wasi:http/types@0.2.12";

/// What `future-incoming-response.get` gives.
type Got = Option<Result<Result<Resource<HostIncomingResponse>, ErrorCode>, ()>>;

/// Offers `wasi:http` for requests that go out. wasmtime's own handler makes two tasks of every
/// request, and leaves its options in the instance's table until that is full.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, WasiHttp>(linker, &LinkOptions::default().into(), State::http)?;
    linker.allow_shadowing(true);
    let mut types = linker.instance(TYPES)?;
    types.resource(
        "future-incoming-response",
        ResourceType::host::<Exchange>(),
        |mut store, rep| {
            let exchange = Resource::<Exchange>::new_own(rep);
            store.data_mut().table.delete(exchange)?;
            Ok(())
        },
    )?;
    types.func_wrap("[method]future-incoming-response.subscribe", pollable)?;
    types.func_wrap("[method]future-incoming-response.get", get)?;
    linker.allow_shadowing(false);
    linker
        .instance(OUTGOING_HANDLER)?
        .func_wrap("handle", handle)
}

fn handle(
    mut store: StoreContextMut<'_, State>,
    (request, options): (
        Resource<HostOutgoingRequest>,
        Option<Resource<RequestOptions>>,
    ),
) -> wasmtime::Result<(Result<Resource<Exchange>, ErrorCode>,)> {
    let state = store.data_mut();
    let options = options.map(|options| state.table.delete(options));
    let options = options.transpose()?.unwrap_or_default();
    let request = match outgoing(state.table.delete(request)?) {
        Ok(request) => request,
        Err(code) => return Ok((Err(code),)),
    };
    let sending = state.hooks.send(request, options);
    let exchange = state.table.push(state.exchanges.begin(sending))?;
    Ok((Ok(exchange),))
}

fn pollable(
    mut store: StoreContextMut<'_, State>,
    (exchange,): (Resource<Exchange>,),
) -> wasmtime::Result<(Resource<DynPollable>,)> {
    Ok((subscribe(&mut store.data_mut().table, exchange)?,))
}

fn get(
    mut store: StoreContextMut<'_, State>,
    (exchange,): (Resource<Exchange>,),
) -> wasmtime::Result<(Got,)> {
    let state = store.data_mut();
    let answer = match state.table.get_mut(&exchange)?.take() {
        None => return Ok((None,)),
        Some(None) => return Ok((Some(Err(())),)),
        Some(Some(answer)) => answer,
    };
    let got = match answer {
        Ok(response) => {
            let (head, body) = response.into_parts();
            let response = HostIncomingResponse {
                status: head.status.as_u16(),
                headers: FieldMap::new_immutable(&mut state.hooks, head.headers),
                body: Some(HostIncomingBody::new(body)),
            };
            Some(Ok(Ok(state.table.push(response)?)))
        }
        Err(why) => failed(state, why)?,
    };
    Ok((got,))
}

/// Why there is no answer, in the words that wasmtime has for it: it keeps its table of them to
/// itself.
fn failed(state: &mut State, why: Error) -> wasmtime::Result<Got> {
    let future = HostFutureIncomingResponse::Ready(Err(why));
    let future = state.table.push(future)?.rep();
    let got = state.http().get(Resource::new_borrow(future))?;
    state.http().drop(Resource::new_own(future))?;
    Ok(got)
}

/// The request that a component made, checked as wasmtime's handler checks it.
fn outgoing(request: HostOutgoingRequest) -> Result<Request<WasiBody>, ErrorCode> {
    // With a body, its length was checked when that was made.
    if request.body.is_none() && announces_a_body(&request.headers) {
        return Err(ErrorCode::HttpRequestBodySize(Some(0)));
    }
    let scheme = match request.scheme {
        Some(types::Scheme::Http) => Scheme::HTTP,
        Some(types::Scheme::Https) | None => Scheme::HTTPS,
        Some(types::Scheme::Other(_)) => return Err(ErrorCode::HttpProtocolError),
    };
    let method: Result<Method, _> = request.method.try_into();
    let authority = request.authority.unwrap_or_default();
    let host = HeaderValue::from_str(&authority).map_err(|why| http_request_error(why.into()))?;
    let uri = Uri::builder().scheme(scheme).authority(authority);
    let uri = match request.path_with_query {
        Some(path) => uri.path_and_query(path),
        None => uri,
    };
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 1);
    // First, as servers like it.
    headers.insert(header::HOST, host);
    headers.extend(HeaderMap::from(request.headers));
    let body = request
        .body
        .unwrap_or_else(|| Empty::new().map_err(|never| match never {}).boxed_unsync());
    let mut outgoing = Request::new(body);
    *outgoing.method_mut() = method.map_err(|_| ErrorCode::HttpRequestMethodInvalid)?;
    *outgoing.uri_mut() = uri.build().map_err(http_request_error)?;
    *outgoing.headers_mut() = headers;
    Ok(outgoing)
}

/// Whether a body is announced, and be it by a number that is none.
fn announces_a_body(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    lengths.any(|length| length.to_str().ok().and_then(|it| it.parse().ok()) != Some(0_u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::{Hooks, Outbound};

    fn request(headers: &[(&str, &str)]) -> HostOutgoingRequest {
        let outbound = Outbound::builder().native_roots(false).build().unwrap();
        let mut hooks = Hooks::new(&outbound);
        let mut fields = FieldMap::new_mutable(1 << 10);
        for (name, value) in headers {
            let value = value.as_bytes().to_vec();
            fields
                .append(&mut hooks, (*name).to_owned(), value)
                .unwrap();
        }
        HostOutgoingRequest {
            method: types::Method::Post,
            scheme: None,
            authority: Some("ssm.test:8443".to_owned()),
            path_with_query: Some("/?a".to_owned()),
            headers: fields,
            body: None,
        }
    }

    #[test]
    fn a_request_goes_to_its_authority_over_https_with_all_that_it_has() {
        let made = outgoing(request(&[
            ("x-a", "1"),
            ("x-a", "2"),
            ("content-length", "0"),
        ]));
        let made = made.unwrap();
        assert_eq!(made.uri(), "https://ssm.test:8443/?a");
        assert_eq!(made.method(), Method::POST);
        let (first, host) = made.headers().iter().next().unwrap();
        assert!(first == header::HOST && host == "ssm.test:8443");
        assert_eq!(made.headers().get_all("x-a").iter().count(), 2);
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before_it_is() {
        let announced = outgoing(request(&[("content-length", "5")]));
        let code = announced.unwrap_err();
        assert!(matches!(code, ErrorCode::HttpRequestBodySize(Some(0))));
        let other = types::Scheme::Other("ftp".to_owned());
        let scheme = outgoing(HostOutgoingRequest {
            scheme: Some(other),
            ..request(&[])
        });
        assert!(matches!(scheme.unwrap_err(), ErrorCode::HttpProtocolError));
        let method = outgoing(HostOutgoingRequest {
            method: types::Method::Other("no method".to_owned()),
            ..request(&[])
        });
        let code = method.unwrap_err();
        assert!(matches!(code, ErrorCode::HttpRequestMethodInvalid));
        let nowhere = outgoing(HostOutgoingRequest {
            authority: Some("not a host".to_owned()),
            ..request(&[])
        });
        let code = nowhere.unwrap_err();
        assert!(matches!(code, ErrorCode::HttpRequestUriInvalid));
    }
}

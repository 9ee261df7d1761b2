//! The component's export, `wasi:http/incoming-handler`.

use std::{
    env,
    io::{self, Write},
};

use dapr_secrets_api::{Answer, ApiError, MAX_BODY, Metadata, Token};
use wasi::{
    exports::http::incoming_handler::Guest,
    http::types::{
        ErrorCode, Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse,
        ResponseOutparam,
    },
    io::streams::{OutputStream, StreamError},
};

use crate::gateway::{Failure, Gateway, Secret, Settings, Store};

struct Exports;

wasi::http::proxy::export!(Exports);

impl Guest for Exports {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let answer = answer(&request);
        // Whoever asked may have gone; there is nobody else to tell.
        let _ = send(&answer, out);
    }
}

fn answer(request: &IncomingRequest) -> Answer {
    let settings = Settings::from_environment(|name| env::var(name).ok());
    let gateway = Gateway::new(settings, Imported);
    let target = request.path_with_query().unwrap_or_default();
    let given = request.headers().get(Token::HEADER).into_iter().next();
    let method = method(request.method());
    let route = match gateway.route(&method, &target, given.as_deref()) {
        Ok(route) => route,
        Err(answer) => return answer,
    };
    let body = if route.wants_body() {
        body(request)
    } else {
        Ok(Vec::new())
    };
    body.map_or_else(Answer::from, |body| gateway.answer(route, &body))
}

fn method(method: Method) -> String {
    let name = match method {
        Method::Get => "GET",
        Method::Put => "PUT",
        Method::Other(name) => return name,
        // Nothing here takes one of these.
        _ => "",
    };
    name.to_owned()
}

fn body(request: &IncomingRequest) -> Result<Vec<u8>, ApiError> {
    let incomplete = || ApiError::malformed("it is incomplete");
    let body = request.consume().map_err(|()| incomplete())?;
    read(&body).map_err(|()| incomplete()).and_then(|read| {
        if read.len() > MAX_BODY {
            return Err(ApiError::malformed("it is longer than 4 MiB"));
        }
        Ok(read)
    })
}

/// Up to a little more than [`MAX_BODY`].
fn read(body: &IncomingBody) -> Result<Vec<u8>, ()> {
    let stream = body.stream()?;
    let mut read = Vec::new();
    while read.len() <= MAX_BODY {
        match stream.blocking_read(64 << 10) {
            Ok(more) => read.extend(more),
            Err(StreamError::Closed) => break,
            Err(StreamError::LastOperationFailed(_)) => return Err(()),
        }
    }
    Ok(read)
}

fn send(answer: &Answer, out: ResponseOutparam) -> Result<(), StreamError> {
    let response = match response(answer) {
        Ok(response) => response,
        Err(why) => {
            ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some(why.to_owned()))));
            return Ok(());
        }
    };
    // A body that was never opened is not sent, and neither is one opened after the response.
    let body = response.body();
    let rest = body.map(|body| write_ahead(body, answer.body.as_bytes()));
    ResponseOutparam::set(out, Ok(response));
    let Ok(Ok(Some((body, stream)))) = rest else {
        return Ok(());
    };
    // As much as the interface takes at once.
    for chunk in answer.body.as_bytes().chunks(4096) {
        stream.blocking_write_and_flush(chunk)?;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)
}

/// Writes and finishes `body` if there is room for all of `bytes` before anybody reads, so that head and
/// body leave as one: a runtime that leaves Nagle's algorithm on (Spin 4.1) holds back what follows in a
/// second segment. Else gives it back with its stream.
fn write_ahead(
    body: OutgoingBody,
    bytes: &[u8],
) -> Result<Option<(OutgoingBody, OutputStream)>, StreamError> {
    if !bytes.is_empty() {
        let stream = body.write().map_err(|()| StreamError::Closed)?;
        if stream.check_write()? < bytes.len() as u64 {
            return Ok(Some((body, stream)));
        }
        stream.write(bytes)?;
    }
    OutgoingBody::finish(body, None).map_err(|_| StreamError::Closed)?;
    Ok(None)
}

fn response(answer: &Answer) -> Result<OutgoingResponse, &'static str> {
    let mut pairs: Vec<(String, Vec<u8>)> = answer
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
        .collect();
    if !answer.body.is_empty() {
        let length = answer.body.len().to_string();
        pairs.push(("content-length".to_owned(), length.into_bytes()));
    }
    let headers = Fields::from_list(&pairs).map_err(|_| "the runtime refuses the headers")?;
    let response = OutgoingResponse::new(headers);
    response
        .set_status_code(answer.status)
        .map_err(|()| "the runtime refuses the status")?;
    Ok(response)
}

/// The store that this component is composed with.
struct Imported;

impl Store for Imported {
    fn features(&self) -> Vec<String> {
        dapr_secretstores::features()
    }

    fn get(&self, name: &str, metadata: &Metadata) -> Result<Vec<(String, String)>, Failure> {
        let secret = dapr_secretstores::get(name, metadata).map_err(failure)?;
        Ok(secret.data)
    }

    fn bulk_get(&self, metadata: &Metadata) -> Result<Vec<Secret>, Failure> {
        let secrets = dapr_secretstores::bulk_get(metadata).map_err(failure)?;
        let named = |secret: dapr_secretstores::Secret| Secret {
            name: secret.name,
            data: secret.data,
        };
        Ok(secrets.into_iter().map(named).collect())
    }
}

/// Tells the operator, too.
fn failure(error: dapr_secretstores::Error) -> Failure {
    let failure = Failure {
        kind: error.kind(),
        message: error.message,
        code: error.code,
        request_id: error.request_id,
    };
    // A runtime that shows no standard error shows none.
    let _ = writeln!(io::stderr(), "{}", failure.describe());
    failure
}

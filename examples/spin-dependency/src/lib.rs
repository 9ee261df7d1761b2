//! A Spin app that needs a database password. It hands Spin's variables to the secret store that
//! it is composed with, and reads the password on every request.

#![cfg(target_family = "wasm")]

use wasi::{
    exports::http::incoming_handler::Guest,
    http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam},
};

wit_bindgen::generate!({
    world: "example:spin-dependency/app",
    // In a copy of this folder: where you put the contract, wit/secretstores.wit, for the second.
    path: ["../../wit", "wit"],
    generate_all,
});
use dapr::secretstores::store;
use fermyon::spin::variables;

struct App;

wasi::http::proxy::export!(App);

impl Guest for App {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        let (status, text) = match password() {
            Ok(password) => (
                200,
                format!("the password has {} characters\n", password.len()),
            ),
            Err(why) => (502, format!("{why}\n")),
        };
        respond(out, status, &text);
    }
}

fn password() -> Result<String, String> {
    // Spin makes a new instance for every request, so each one initialises its store: this sends
    // nothing yet.
    store::init(&properties()?).map_err(describe)?;
    let secret = store::get("db-password", &[]).map_err(describe)?;
    let value = secret.data.into_iter().next();
    value
        .map(|(_, value)| value)
        .ok_or("an empty secret".to_owned())
}

/// The store's settings, from the variables of the same meaning.
fn properties() -> Result<Vec<(String, String)>, String> {
    let mut properties = Vec::new();
    for (property, variable) in [
        ("region", "region"),
        ("secretId", "secret_id"),
        ("secretKey", "secret_key"),
        ("endpoint", "endpoint"),
    ] {
        let value = variables::get(variable).map_err(|why| format!("{variable}: {why:?}"))?;
        properties.push((property.to_owned(), value));
    }
    Ok(properties)
}

fn describe(error: store::Error) -> String {
    format!("{:?}: {}", error.kind, error.message)
}

fn respond(out: ResponseOutparam, status: u16, text: &str) {
    let response = OutgoingResponse::new(Fields::new());
    let _ = response.set_status_code(status);
    let Ok(body) = response.body() else { return };
    let Ok(stream) = body.write() else { return };
    // Written before the response is handed over, it leaves with the head, in one segment. Not every
    // runtime has room for it so early.
    let room = stream.check_write().unwrap_or_default();
    if room >= text.len() as u64 {
        let _ = stream.write(text.as_bytes());
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
        ResponseOutparam::set(out, Ok(response));
    } else {
        ResponseOutparam::set(out, Ok(response));
        let _ = stream.blocking_write_and_flush(text.as_bytes());
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}

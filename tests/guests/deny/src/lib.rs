//! Answers in place of interfaces that a dependency does not inherit, as the adapter does that Spin
//! 4 composes with it (`crates/deny-adapter/src/lib.rs` in Spin's sources).

#![cfg(target_family = "wasm")]
#![allow(unsafe_code, reason = "what wit-bindgen generates has some")]

use self::bindings::exports::wasi::{
    cli::environment,
    http::outgoing_handler::{
        self, ErrorCode, FutureIncomingResponse, OutgoingRequest, RequestOptions,
    },
};

#[allow(missing_docs, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        world: "test:deny/deny",
        path: ["../../../wit", "wit"],
        generate_all,
    });
}

struct Deny;

impl outgoing_handler::Guest for Deny {
    fn handle(
        _request: OutgoingRequest,
        _options: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, ErrorCode> {
        let said = "\"wasi:http/outgoing-handler\" is not permitted";
        Err(ErrorCode::InternalError(Some(said.to_owned())))
    }
}

impl environment::Guest for Deny {
    fn get_environment() -> Vec<(String, String)> {
        Vec::new()
    }

    fn get_arguments() -> Vec<String> {
        Vec::new()
    }

    fn initial_cwd() -> Option<String> {
        None
    }
}

bindings::export!(Deny with_types_in bindings);

//! A store that misbehaves on request: what a host must survive.
//!
//! Reading `loop` never ends, `allocate` takes memory without end, `trap` traps, and `count` says
//! how many calls this instance has had.

#![cfg(target_family = "wasm")]
#![allow(unsafe_code, reason = "what wit-bindgen generates has some")]

use std::{
    hint::black_box,
    sync::atomic::{AtomicU32, Ordering},
};

use self::bindings::exports::dapr::secretstores::store::{Error, Guest, Metadata, Secret};

#[allow(missing_docs, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        world: "secret-store",
        path: "../../../wit",
        generate_all,
    });
}

struct Bad;

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Guest for Bad {
    fn init(_properties: Metadata) -> Result<(), Error> {
        Ok(())
    }

    fn features() -> Vec<String> {
        Vec::new()
    }

    fn get(name: String, _metadata: Metadata) -> Result<Secret, Error> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let mut taken = Vec::new();
        match name.as_str() {
            "loop" => loop {
                black_box(());
            },
            "allocate" => loop {
                taken.push(black_box(vec![1_u8; 1 << 20]));
            },
            "trap" => core::arch::wasm32::unreachable(),
            _ => {}
        }
        Ok(Secret {
            data: vec![(name.clone(), calls.to_string())],
            name,
            version_id: String::new(),
            request_id: String::new(),
        })
    }

    fn bulk_get(_metadata: Metadata) -> Result<Vec<Secret>, Error> {
        Ok(Vec::new())
    }

    fn ping() -> Result<(), Error> {
        Ok(())
    }
}

bindings::export!(Bad with_types_in bindings);

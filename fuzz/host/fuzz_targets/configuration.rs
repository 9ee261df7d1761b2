//! A Configuration: read whole or refused on one line, and a store without an entry stays open.

#![no_main]

use dapr_wasm_host::resources::scopes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match scopes(text) {
        Ok(scopes) => {
            let unnamed = "a-store-that-nobody-names";
            if !text.contains(unnamed) {
                assert!(scopes.allow(unnamed, "secret"));
            }
        }
        Err(why) => assert!(!why.contains('\n'), "{why}"),
    }
});

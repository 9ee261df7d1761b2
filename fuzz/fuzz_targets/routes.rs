//! Requests to Dapr's Secrets API, an input being the lines method, path, query, token, body:
//! nothing but health is answered without the token, and what a path names is what is asked for.

#![no_main]

use dapr_secrets_api::{Call, Route, Token};
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(5, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let mut text = || str::from_utf8(part()).unwrap_or_default();
    let (method, path, query) = (text(), text(), text());
    let (given, body) = (part(), part());

    let token = Token::new("let-me-in".to_owned());
    let guarded = Route::of(method, path, query, Some(&token), Some(given));
    if given != b"let-me-in"
        && let Ok(route) = guarded
    {
        assert!(!route.wants_body());
        let call = route.call(b"");
        assert!(matches!(
            call,
            Ok(Call::Health { .. } | Call::OutboundHealth)
        ));
    }

    let call = match Route::of(method, path, query, None, None) {
        Ok(route) => route.call(body),
        Err(answer) => {
            assert!([400, 404].contains(&answer.status));
            return;
        }
    };
    let (store, key) = match call {
        // A secret of this name can only be asked for in escapes.
        Ok(Call::Get { ref key, .. }) if key == "bulk" => return,
        Ok(Call::Get {
            ref store, ref key, ..
        }) => (store, key.as_str()),
        Ok(Call::Bulk { ref store, .. }) => (store, "bulk"),
        Ok(_) => return,
        Err(error) => {
            assert_eq!(error.http, 400);
            return;
        }
    };
    let escape = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let again = format!("/v1.0/secrets/{}/{}", escape(store), escape(key));
    let again = Route::of("GET", &again, query, None, None);
    assert_eq!(again.ok().unwrap().call(b""), call);
});

//! Every endpoint that the component accepts can be granted by the host, as the same origin, and a
//! request to it passes the allow-list.

#![no_main]
#![allow(dead_code, reason = "parts of the host that are for its options")]

use http::Uri;
use libfuzzer_sys::fuzz_target;
use ssm::Endpoint;

#[path = "../../crates/host/src/outbound/allow.rs"]
mod allow;
#[path = "../../crates/host/src/outbound/origin.rs"]
mod origin;

use allow::AllowList;
use origin::Origin;

fuzz_target!(|text: &str| {
    let Ok(endpoint) = Endpoint::parse(text, true) else {
        return;
    };
    let granted = Origin::parse(text).unwrap();
    let scheme = if endpoint.https() { "https" } else { "http" };
    let sent = format!("{scheme}://{}", endpoint.authority());
    assert_eq!(granted.to_string(), sent);
    let uri: Uri = format!("{sent}/").parse().unwrap();
    let mut list = AllowList::default();
    list.add_origin(&granted);
    assert!(list.allows(&uri), "{uri}");
    let mut written = AllowList::default();
    written.add(&sent).unwrap();
    assert!(written.allows(&uri), "{uri}");
});

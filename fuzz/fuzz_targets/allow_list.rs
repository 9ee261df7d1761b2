//! The allow-list against URIs, an input being a line for each: what is allowed has the entry's
//! scheme, its host or one below, its port, and no user information.

#![no_main]
#![allow(dead_code, reason = "parts of the host that are for its options")]

use http::Uri;
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/host/src/outbound/allow.rs"]
mod allow;
#[path = "../../crates/host/src/outbound/origin.rs"]
mod origin;

use allow::AllowList;

fuzz_target!(|text: &str| {
    let Some((entry, uri)) = text.split_once('\n') else {
        return;
    };
    let mut list = AllowList::default();
    let known = list.add(entry).is_ok();
    let Ok(uri) = uri.parse::<Uri>() else {
        return;
    };
    // The connector refuses other schemes, whatever the list says of them.
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !is_http || !list.allows(&uri) {
        return;
    }
    assert!(known, "an entry that was refused allows nothing");
    let entry = entry.to_ascii_lowercase();
    let (scheme, place) = entry.split_once("://").unwrap_or(("https", &entry));
    assert_eq!(uri.scheme_str(), Some(scheme));
    let authority = uri.authority().unwrap();
    assert!(!authority.as_str().contains('@'));
    // The last colon that is not inside of an IPv6 address.
    let colon = place
        .rfind(':')
        .filter(|colon| !place[*colon..].contains(']'));
    let (host, port) = place.split_at(colon.unwrap_or(place.len()));
    let given = authority.host().to_ascii_lowercase();
    match host.strip_prefix('*') {
        Some(below) => assert!(given.ends_with(below) && given.len() > below.len()),
        None => assert_eq!(given, host),
    }
    let default = if scheme == "https" { 443 } else { 80 };
    let asked = authority.port_u16().unwrap_or(default);
    match port {
        "" => assert_eq!(asked, default),
        ":*" => {}
        port => assert_eq!(Ok(asked), port[1..].parse()),
    }
});

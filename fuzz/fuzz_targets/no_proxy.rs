//! `NO_PROXY` against a host, an input being a line for each: a further entry never takes a host
//! away, names count in any case, and this machine is never behind the proxy.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/host/src/outbound/no_proxy.rs"]
mod no_proxy;

use no_proxy::NoProxy;

const PORT: u16 = 443;

fuzz_target!(|text: &str| {
    let Some((entries, host)) = text.split_once('\n') else {
        return;
    };
    let list = NoProxy::parse(entries);
    let covered = list.covers(host, PORT);
    assert_eq!(list.covers(&host.to_ascii_uppercase(), PORT), covered);
    assert!(list.covers("127.0.0.1", PORT));
    assert!(!list.covers_all() || covered);
    for more in [
        format!("{entries},other.example"),
        format!("*.example,{entries}"),
    ] {
        assert!(!covered || NoProxy::parse(&more).covers(host, PORT));
    }
    // Entries count one by one.
    let alone = |entry: &str| NoProxy::parse(entry).covers(host, PORT);
    assert_eq!(entries.split(',').any(alone), covered);
});

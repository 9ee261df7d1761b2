//! The `Date` header as the crate `httpdate` reads it: in the form that servers send, the same
//! second, and refused only where it is refused there too.

#![no_main]

use std::time::UNIX_EPOCH;

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/ssm/src/date.rs"]
mod date;

fuzz_target!(|text: &str| {
    let ours = date::unix_seconds(text);
    // Year 9999 ends there.
    assert!(ours.is_none_or(|seconds| (0..=253_402_300_800).contains(&seconds)));
    let Ok(theirs) = httpdate::parse_http_date(text) else {
        return;
    };
    let theirs = theirs.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let fixdate = text.len() == 29 && text.as_bytes()[3] == b',';
    if fixdate || ours.is_some() {
        assert_eq!(ours.map(i64::unsigned_abs), Some(theirs));
    }
});

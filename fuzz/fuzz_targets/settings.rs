//! The component's properties and settings, from lines of `NAME=VALUE`: what is taken is within its
//! range and can be reached; what is not is refused as the operator's mistake, on one line.

#![no_main]
#![allow(dead_code, reason = "parts of the component that are for its exports")]

extern crate alloc;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use ssm::{Error, ErrorKind};

#[path = "../../src/chain.rs"]
mod chain;
#[path = "../../src/entries.rs"]
mod entries;
#[path = "../../src/kinds.rs"]
mod kinds;
#[path = "../../crates/host/src/outbound/origin.rs"]
mod origin;
#[path = "../../src/parse.rs"]
mod parse;
#[path = "../../src/properties.rs"]
mod properties;
#[path = "../../src/settings.rs"]
mod settings;

use origin::Origin;
use properties::Properties;
use settings::Settings;

fn check(error: &Error) {
    assert_eq!(error.kind, ErrorKind::InvalidConfig);
    assert!(
        !error.message.contains(char::is_control),
        "{}",
        error.message
    );
}

fuzz_target!(|text: &str| {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let lines = text.split('\n').filter_map(|line| line.split_once('='));
    let pairs: Vec<_> = lines.map(own).collect();
    let variable = |name: &str| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let environment = Settings::new(&Properties::from_environment(variable));
    let metadata = Properties::from_metadata(pairs.clone()).and_then(|it| Settings::new(&it));
    let both = Properties::from_metadata(pairs.clone())
        .and_then(|it| Settings::new(&it.or_environment(variable)));
    for settings in [environment, metadata, both] {
        match settings {
            Err(error) => check(&error),
            Ok(Settings { client, .. }) => {
                let range = Duration::from_millis(10)..=Duration::from_secs(600);
                assert!(range.contains(&client.timeout));
                assert!((1..=256).contains(&client.max_in_flight) && client.max_retries <= 20);
                let chain = &client.credentials;
                for endpoint in [&client.endpoint, &chain.sts, &chain.metadata] {
                    let scheme = if endpoint.https() { "https" } else { "http" };
                    let origin = format!("{scheme}://{}", endpoint.authority());
                    assert_eq!(Origin::parse(&origin).unwrap().to_string(), origin);
                }
            }
        }
    }
});

//! Hosts that are not as they should be: each ends in a typed error, or in nothing worse than one
//! failed call.

use std::time::Duration;

use host_test::harness::properties;
use hyper::StatusCode;
use ssm_emulator::{Config, Emulator, Fault, FaultKind};

use crate::{
    fronts,
    instance::OneInstance,
    minihost::{MiniHost, Surroundings},
    peer::{Manners, Peer},
    wasmtime,
};

const PATH: &str = "/v1.0/secrets/tencent/api-token";

fn around(emulator: &Emulator) -> Surroundings {
    let variables = wasmtime::variables(emulator).into_iter();
    Surroundings {
        env: variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        allowed: vec![emulator.url()],
        ..Surroundings::default()
    }
}

fn gateway(surroundings: Surroundings) -> MiniHost {
    MiniHost::new(&fronts::ssm_gateway(), surroundings)
}

#[tokio::test]
async fn a_clock_that_shows_any_time_is_corrected_from_ssms() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let year = Duration::from_hours(365 * 24);
    let clocks = [
        Duration::ZERO,
        year * 30,
        year * 80,
        year * 10_000,
        Duration::MAX,
    ];
    for clock in clocks {
        let host = gateway(Surroundings {
            clock: Some(clock),
            ..around(&emulator)
        });
        let answer = host.get(PATH).await;
        assert_eq!(
            answer.status(),
            StatusCode::OK,
            "{clock:?}: {}",
            answer.body()
        );
    }
}

#[tokio::test]
async fn without_an_environment_the_error_names_what_to_set() {
    let emulator = Emulator::start(Config::sample()).await.unwrap();
    let host = gateway(Surroundings {
        env: Vec::new(),
        ..around(&emulator)
    });
    let answer = host.get(PATH).await;
    assert_eq!(answer.headers()["dapr-error-kind"], "invalid-config");
    assert!(
        answer.body().contains("TENCENTCLOUD_REGION"),
        "{}",
        answer.body()
    );
    assert_eq!(emulator.connections(), 0);
}

#[tokio::test]
async fn an_instance_that_gets_no_memory_ends_and_the_next_one_reads() {
    // So much is made room for at once.
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{";
    let peer = Peer::start(Manners::Says(long.as_bytes())).await;
    let url = format!("http://{}", peer.address);
    let mut surroundings = Surroundings {
        allowed: vec![url.clone()],
        more_memory: Some(512 << 10),
        ..Surroundings::default()
    };
    let mut instance = OneInstance::new(&surroundings, properties(&url, &[])).await;
    let trap = instance.get("api-token").await.err().expect("a trap");
    assert!(format!("{trap:?}").contains("unreachable"), "{trap:?}");

    let emulator = Emulator::start(Config::sample()).await.unwrap();
    surroundings.allowed = vec![emulator.url()];
    let properties = properties(&emulator.url(), &[]);
    let mut next = OneInstance::new(&surroundings, properties).await;
    assert!(next.get("api-token").await.unwrap().is_ok());
}

#[tokio::test]
async fn an_instance_that_is_dropped_in_the_middle_costs_that_call_alone() {
    let silent = Fault::new(FaultKind::Silent).of("api-token").times(1);
    let config = Config {
        faults: vec![silent],
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let host = gateway(around(&emulator));
    let given_up = tokio::time::timeout(Duration::from_millis(500), host.get(PATH)).await;
    assert!(given_up.is_err());
    let answer = host.get(PATH).await;
    assert_eq!(answer.body(), "{\"api-token\":\"sample-token-4f1c\"}\n");
}

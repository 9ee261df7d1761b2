//! Hosts that are not as they should be: each ends in a typed error, or in nothing worse than one
//! failed call.

use std::time::Duration;

use host_test::fronts;
use hyper::StatusCode;
use ssm_emulator::{Config, Emulator, Fault, FaultKind};

use crate::{
    minihost::{MiniHost, Surroundings},
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
    MiniHost::new(&fronts::ssm_gateway().unwrap(), surroundings)
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

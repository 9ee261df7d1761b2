//! What a long life costs: an instance takes no more of its host after thousands of reads than after
//! the first ones.

use host_test::harness::properties;
use ssm_emulator::{Config, Emulator, Rates};

use crate::{instance::OneInstance, minihost::Surroundings};

/// Resources that the host lets an instance hold: one request has about ten at once.
const MAX_RESOURCES: usize = 60;
/// More reads than a leak of one resource a read would survive, by far.
const READS: usize = 4_000;
/// Reads after which memory has grown to what it takes.
const WARM: usize = 500;

#[tokio::test]
async fn thousands_of_reads_leave_the_hosts_table_and_the_guests_memory_flat() {
    let config = Config {
        rates: Rates::none(),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let surroundings = Surroundings {
        allowed: vec![emulator.url()],
        max_resources: Some(MAX_RESOURCES),
        ..Surroundings::default()
    };
    let properties = properties(&emulator.url(), &[]);
    let mut instance = OneInstance::new(&surroundings, properties).await;
    let mut warm = 0;
    for read in 0..READS {
        // One that needs a second question, one that does not, one that is not there.
        let name = ["db-password", "api-token", "no-such"][read % 3];
        let secret = instance.get(name).await;
        let secret = secret.unwrap_or_else(|trap| panic!("read {read}: {trap:?}"));
        assert_eq!(secret.is_ok(), name != "no-such", "read {read}");
        if read == WARM {
            warm = instance.memory();
        }
    }
    assert_eq!(
        instance.memory(),
        warm,
        "memory after {WARM} and {READS} reads"
    );
}

#[tokio::test]
async fn thousands_of_reads_that_fail_leave_them_flat_as_well() {
    let surroundings = Surroundings {
        allowed: vec!["http://127.0.0.1:1".to_owned()],
        max_resources: Some(MAX_RESOURCES),
        failure: Some(|| wasmtime_wasi_http::Error::ConnectionTerminated),
        ..Surroundings::default()
    };
    let once = [("maxRetries", "0")];
    let properties = properties("http://127.0.0.1:1", &once);
    let mut instance = OneInstance::new(&surroundings, properties).await;
    let mut warm = 0;
    for read in 0..READS {
        let secret = instance.get("api-token").await;
        let secret = secret.unwrap_or_else(|trap| panic!("read {read}: {trap:?}"));
        assert!(secret.is_err());
        if read == WARM {
            warm = instance.memory();
        }
    }
    assert_eq!(
        instance.memory(),
        warm,
        "memory after {WARM} and {READS} reads"
    );
}

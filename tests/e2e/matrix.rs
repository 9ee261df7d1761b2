//! The fault matrix: every fault with a single read and a bulk read, over HTTP/1.1 and, where there is
//! an answer to speak of, HTTP/2; each ends in its kind of error, and in time.

mod table;
mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dapr_wasm_host::Kind;
use host_test::harness::store_error;
use tokio::{sync::Semaphore, task::JoinSet};

use self::{
    table::table,
    world::{World, Wrong},
};

/// How long a case may take: an upper bound that is wide for a busy machine.
const LIMIT: Duration = Duration::from_secs(40);
/// Cases at once.
const AT_ONCE: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_in_its_kind_of_error_and_in_time() {
    let table = table();
    assert!(table.len() >= 40, "{}", table.len());
    let (mut cases, turn) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
    for row in table {
        for http2 in [false, true] {
            let answers = matches!(row.wrong, Wrong::Answer(_) | Wrong::Body(_));
            if http2 && !answers {
                continue;
            }
            for (bulk, end) in [(false, row.get), (true, row.bulk)] {
                let (wrong, turn) = (row.wrong.clone(), Arc::clone(&turn));
                cases.spawn(async move {
                    let _turn = turn.acquire().await.unwrap();
                    case(wrong, http2, bulk, end).await
                });
            }
        }
    }
    let mut wrong: Vec<String> = Vec::new();
    while let Some(case) = cases.join_next().await {
        wrong.extend(case.unwrap().err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_matrix_sees_an_end_that_is_not_as_it_should_be() {
    for end in [None, Some(Kind::Timeout), Some(Kind::NotFound)] {
        assert!(case(Wrong::Nobody, false, false, end).await.is_err());
    }
}

/// Says what is not as it should be. An operation that ends without an error ends with `None`.
async fn case(wrong: Wrong, http2: bool, bulk: bool, end: Option<Kind>) -> Result<(), String> {
    let world = World::new(&wrong, http2).await;
    // Where a time-out is expected it comes soon, and else not before a busy machine answers.
    let timeout = if end == Some(Kind::Timeout) {
        "1s"
    } else {
        "30s"
    };
    let mut store = world.store(timeout).await;
    let started = Instant::now();
    let result = if bulk {
        store.bulk_get(&vec![]).await.map(|_| ())
    } else {
        store.get("api-token", &vec![]).await.map(|_| ())
    };
    let took = started.elapsed();
    let ended = result.err().map(|error| store_error::<()>(Err(error)));
    let operation = if bulk { "bulk" } else { "get" };
    let name = format!("{wrong:?}, {operation}, HTTP/{}", if http2 { 2 } else { 1 });
    if ended.as_ref().map(|error| error.kind) != end {
        return Err(format!("{name}: {ended:?} instead of {end:?}"));
    }
    if took > LIMIT {
        return Err(format!("{name}: it took {took:?}"));
    }
    match ended {
        // Whose answer is no answer of SSM's is in the message of each failure on the way to it.
        Some(error) if wrong.is_on_the_way() && !error.message.contains(&world.url) => {
            Err(format!("{name}: no address in {error}"))
        }
        _ => Ok(()),
    }
}

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    sync::Semaphore,
    task::yield_now,
    time::{sleep, timeout},
};

use super::*;
use crate::contract::Secret;

fn read() -> Read {
    Read::one(Secret {
        name: "a".to_owned(),
        data: Vec::new(),
        version_id: String::new(),
        request_id: String::new(),
    })
}

fn key() -> Arc<Key> {
    Arc::new(Key::current("a"))
}

/// Work that is counted when it starts, and ends when `gate` lets it.
fn work(
    count: &Arc<AtomicUsize>,
    gate: &Arc<Semaphore>,
) -> BoxFuture<'static, Result<Read, CallError>> {
    let (count, gate) = (Arc::clone(count), Arc::clone(gate));
    async move {
        count.fetch_add(1, Ordering::Relaxed);
        gate.acquire().await.unwrap().forget();
        Ok(read())
    }
    .boxed()
}

struct World {
    flights: Arc<Flights>,
    count: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl World {
    fn new() -> Self {
        Self {
            flights: Arc::default(),
            count: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
        }
    }

    async fn ask(&self, alone: bool) -> (Result<Read, CallError>, Source) {
        let work = || work(&self.count, &self.gate);
        self.flights.answer(&key(), alone, || None, work).await
    }

    fn calls(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    fn is_empty(&self) -> bool {
        self.flights.lock().is_empty()
    }
}

#[tokio::test]
async fn equal_reads_at_the_same_time_are_one_call_and_later_ones_another() {
    let world = World::new();
    let asking = join_all((0..64).map(|_| world.ask(false)));
    let opening = async {
        yield_now().await;
        world.gate.add_permits(1);
    };
    let (answers, ()) = tokio::join!(asking, opening);
    let own = answers.iter().filter(|(_, source)| *source == Source::Own);
    assert_eq!((own.count(), world.calls()), (1, 1));
    assert!(answers.iter().all(|(result, _)| result.is_ok()));
    world.gate.add_permits(1);
    assert!(world.ask(false).await.0.is_ok());
    assert_eq!(world.calls(), 2);
    assert!(world.is_empty());
}

#[tokio::test]
async fn whoever_asks_alone_starts_a_call_that_later_ones_share() {
    let world = World::new();
    let first = world.ask(false);
    let alone = async {
        yield_now().await;
        world.ask(true).await
    };
    let later = async {
        yield_now().await;
        yield_now().await;
        let later = world.ask(false);
        let opening = async { world.gate.add_permits(2) };
        tokio::join!(later, opening).0
    };
    let (first, alone, later) = tokio::join!(first, alone, later);
    assert_eq!(
        [first.1, alone.1, later.1],
        [Source::Own, Source::Own, Source::Shared]
    );
    assert_eq!(world.calls(), 2);
    assert!(world.is_empty());
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_the_call_to_the_others() {
    let world = World::new();
    let mut first = Box::pin(world.ask(false));
    assert!((&mut first).now_or_never().is_none());
    let mut second = Box::pin(world.ask(false));
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    world.gate.add_permits(1);
    let (result, source) = timeout(Duration::from_secs(10), second).await.unwrap();
    assert!(result.is_ok() && source == Source::Shared);
    assert_eq!(world.calls(), 1);
    assert!(world.is_empty());
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_ends() {
    let world = World::new();
    let mut only = Box::pin(world.ask(false));
    assert!((&mut only).now_or_never().is_none());
    drop(only);
    assert!(world.is_empty());
    assert_eq!(Arc::strong_count(&world.gate), 1);
}

#[tokio::test]
async fn a_panic_is_an_error_to_all() {
    let flights = Arc::<Flights>::default();
    let ask = || {
        let work = || {
            async {
                yield_now().await;
                panic!("on purpose")
            }
            .boxed()
        };
        let flights = Arc::clone(&flights);
        async move { flights.answer(&key(), false, || None, work).await.0 }
    };
    for result in join_all([ask(), ask(), ask()]).await {
        assert_eq!(result.err(), Some(CallError::Lost));
    }
    assert!(flights.lock().is_empty());
}

#[test]
fn the_end_of_a_runtime_ends_who_follows() {
    let flights = Arc::<Flights>::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let asking = Arc::clone(&flights);
    runtime.block_on(async {
        let ask = || {
            let flights = Arc::clone(&asking);
            async move {
                let work = || pending().boxed();
                flights.answer(&key(), false, || None, work).await
            }
        };
        let leader = tokio::spawn(ask());
        tokio::spawn(ask());
        sleep(Duration::from_millis(1)).await;
        leader.abort();
        sleep(Duration::from_millis(1)).await;
    });
    drop(runtime);
    assert!(flights.lock().is_empty());
}

//! Reads that are under way, so that equal ones at the same time are one call.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt};
use tokio::{runtime::Handle, sync::watch};

use super::{key::Key, read::Read};
use crate::contract::CallError;

/// A call that is under way: what it came to, once it has ended.
struct Flight(watch::Sender<Option<Result<Read, CallError>>>);

/// The calls of one store that are under way.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Arc<Key>, Arc<Flight>>>);

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It was known.
    Known,
    /// Another's call.
    Shared,
    /// A call of its own.
    Own,
}

impl Source {
    /// As it is told in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known => "cache",
            Self::Shared => "a call that was under way",
            Self::Own => "the store",
        }
    }
}

/// What to do for an answer.
enum Way {
    Know(Read),
    Follow(watch::Receiver<Option<Result<Read, CallError>>>),
    Lead(Leader),
}

impl Flights {
    /// The answer to `key`: what is `known`, or what an equal call that is under way comes to, or
    /// `work`, in which others may then share; with `alone` always `work`. A caller that goes away
    /// leaves the call to the others.
    pub(super) async fn answer(
        self: &Arc<Self>,
        key: &Arc<Key>,
        alone: bool,
        known: impl FnOnce() -> Option<Read>,
        work: impl FnOnce() -> BoxFuture<'static, Result<Read, CallError>>,
    ) -> (Result<Read, CallError>, Source) {
        match self.way(key, alone, known, work) {
            Way::Know(read) => (Ok(read), Source::Known),
            Way::Follow(landing) => (follow(landing).await, Source::Shared),
            Way::Lead(leader) => (leader.fly().await, Source::Own),
        }
    }

    fn way(
        self: &Arc<Self>,
        key: &Arc<Key>,
        alone: bool,
        known: impl FnOnce() -> Option<Read>,
        work: impl FnOnce() -> BoxFuture<'static, Result<Read, CallError>>,
    ) -> Way {
        // What a call came to is known before the call is gone from here, so nobody asks again in
        // between.
        let mut flights = self.lock();
        if !alone {
            if let Some(read) = known() {
                return Way::Know(read);
            }
            if let Some(flight) = flights.get(key) {
                return Way::Follow(flight.0.subscribe());
            }
        }
        let flight = Arc::new(Flight(watch::Sender::new(None)));
        flights.insert(Arc::clone(key), Arc::clone(&flight));
        Way::Lead(Leader {
            flights: Arc::clone(self),
            key: Arc::clone(key),
            flight,
            work: Some(work()),
            left_alone: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<Key>, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn follow(
    mut landing: watch::Receiver<Option<Result<Read, CallError>>>,
) -> Result<Read, CallError> {
    match landing.wait_for(Option::is_some).await {
        Ok(landed) => landed.clone().unwrap_or(Err(CallError::Lost)),
        Err(_) => Err(CallError::Lost),
    }
}

/// Whoever does the work.
struct Leader {
    flights: Arc<Flights>,
    key: Arc<Key>,
    flight: Arc<Flight>,
    work: Option<BoxFuture<'static, Result<Read, CallError>>>,
    /// Whether its caller has gone away.
    left_alone: bool,
}

impl Leader {
    async fn fly(mut self) -> Result<Read, CallError> {
        let Some(work) = &mut self.work else {
            return Err(CallError::Lost);
        };
        // A panic is the end of one call, and not of all who share in it.
        let done = AssertUnwindSafe(work).catch_unwind().await;
        let result = done.unwrap_or(Err(CallError::Lost));
        self.work = None;
        self.leave(&mut self.flights.lock());
        self.flight.0.send_replace(Some(result.clone()));
        result
    }

    /// A later one may have taken the place.
    fn leave(&self, flights: &mut HashMap<Arc<Key>, Arc<Flight>>) {
        let place = flights.get(&self.key);
        if place.is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            flights.remove(&self.key);
        }
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else {
            return;
        };
        let mut flights = self.flights.lock();
        let runtime = Handle::try_current().ok().filter(|_| {
            // Where the runtime ends, so does the call.
            !self.left_alone && self.flight.0.receiver_count() > 0
        });
        let Some(runtime) = runtime else {
            self.leave(&mut flights);
            drop(flights);
            return;
        };
        drop(flights);
        let rest = Self {
            flights: Arc::clone(&self.flights),
            key: Arc::clone(&self.key),
            flight: Arc::clone(&self.flight),
            work: Some(work),
            left_alone: true,
        };
        runtime.spawn(rest.fly());
    }
}

#[cfg(test)]
mod tests;

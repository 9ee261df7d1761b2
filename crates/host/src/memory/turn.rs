//! Calls that wait, in order, until the pace of their store lets them start.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex as InOrder, Notify},
    time::{sleep_until, timeout},
};

use super::pace::{Ended, Pace, Start};
use crate::{
    contract::{CallError, Waited},
    stores::Place,
};

/// How long a call waits for a store that is throttled. Its caller may have a limit of its own.
const PACE_TIMEOUT: Duration = Duration::from_secs(30);
/// How many calls of one store wait so.
const MAX_PACED: usize = 1_000;

/// The calls of one store.
pub(super) struct Turns {
    pace: Mutex<Pace>,
    waiting: AtomicUsize,
    /// Held by the first of those that wait.
    first: InOrder<()>,
    ended: Notify,
    limit: Duration,
}

/// A call that has started. Where nothing is said of its end, it ends when dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    started: Instant,
    /// Until something is said of its end.
    runs: bool,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self {
            pace: Mutex::new(Pace::new(Instant::now())),
            waiting: AtomicUsize::new(0),
            first: InOrder::default(),
            ended: Notify::new(),
            limit: PACE_TIMEOUT,
        }
    }

    /// Waits for a turn of what was `asked` for then.
    ///
    /// # Errors
    /// [`CallError::Paced`] if that takes too long, or too many wait.
    pub(super) async fn next(self: &Arc<Self>, asked: Instant) -> Result<Turn, CallError> {
        // Nobody overtakes those that wait.
        if self.waiting.load(Ordering::Acquire) == 0 && self.start() == Start::Now {
            return Ok(self.turn());
        }
        let _place = Place::take(&self.waiting, MAX_PACED).map_err(CallError::Paced)?;
        let limit = self.limit.saturating_sub(asked.elapsed());
        let waited = timeout(limit, self.wait()).await;
        waited.map_err(|_| CallError::Paced(Waited::For(self.limit)))?;
        Ok(self.turn())
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many calls a second may start, if that is limited.
    pub(super) fn rate(&self) -> Option<f64> {
        self.pace().rate(Instant::now())
    }

    /// How many calls may run at once, if that is limited.
    pub(super) fn at_once(&self) -> Option<usize> {
        self.pace().at_once(Instant::now())
    }

    async fn wait(&self) {
        let _first = self.first.lock().await;
        loop {
            match self.start() {
                Start::Now => return,
                Start::At(moment) => sleep_until(moment.into()).await,
                Start::AfterAnother => self.ended.notified().await,
            }
        }
    }

    fn start(&self) -> Start {
        self.pace().start(Instant::now())
    }

    fn turn(self: &Arc<Self>) -> Turn {
        Turn {
            turns: Arc::clone(self),
            started: Instant::now(),
            runs: true,
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// When it started.
    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// It ended so. Gives the rate, in calls a second, if that has made the pace slower.
    pub(super) fn end(mut self, how: Ended) -> Option<f64> {
        self.leave(how)
    }

    fn leave(&mut self, how: Ended) -> Option<f64> {
        self.runs = false;
        let now = Instant::now();
        let mut pace = self.turns.pace();
        let slower = pace.end(now, self.started, how);
        let rate = pace.rate(now).filter(|_| slower);
        drop(pace);
        self.turns.ended.notify_one();
        rate
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.runs {
            self.leave(Ended::Otherwise);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt;
    use tokio::time::sleep;

    use super::*;

    /// Turns of a store that was throttled with one call at once.
    async fn slow(limit: Duration) -> Arc<Turns> {
        let turns = Arc::new(Turns {
            limit,
            ..Turns::new()
        });
        let turn = turns.next(Instant::now()).await.unwrap();
        assert!(turn.end(Ended::Throttled).is_some());
        turns
    }

    #[tokio::test]
    async fn nobody_waits_where_nothing_was_throttled() {
        let turns = Arc::new(Turns::new());
        let mut all = Vec::new();
        for _ in 0..10_000 {
            all.push(turns.next(Instant::now()).now_or_never().unwrap().unwrap());
        }
        assert_eq!(turns.rate(), None);
    }

    #[tokio::test]
    async fn a_throttled_store_is_asked_in_order_and_more_slowly() {
        let turns = slow(PACE_TIMEOUT).await;
        assert!(turns.rate().is_some_and(|rate| rate < 2.0));
        let order = Mutex::new(Vec::new());
        let call = async |number| {
            let turn = turns.next(Instant::now()).await.unwrap();
            order.lock().unwrap().push(number);
            sleep(Duration::from_millis(1)).await;
            turn.end(Ended::Good);
        };
        tokio::join!(call(0), call(1), call(2));
        assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
    }

    #[tokio::test]
    async fn whoever_waits_too_long_or_behind_too_many_is_told_so() {
        let turns = slow(Duration::from_millis(50)).await;
        let held = turns.next(Instant::now()).await.unwrap();
        let why = turns.next(Instant::now()).await.err().unwrap();
        assert_eq!(why, CallError::Paced(Waited::For(turns.limit)));
        drop(held);
        let turns = slow(PACE_TIMEOUT).await;
        let _held = turns.next(Instant::now()).await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..MAX_PACED {
            let mut one = Box::pin(turns.next(Instant::now()));
            assert!((&mut one).now_or_never().is_none());
            waiting.push(one);
        }
        let why = turns.next(Instant::now()).await.err().unwrap();
        assert_eq!(why, CallError::Paced(Waited::Behind(MAX_PACED)));
        assert_eq!(turns.waiting(), MAX_PACED);
        drop(waiting);
        assert_eq!(turns.waiting(), 0);
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_makes_room() {
        let turns = slow(PACE_TIMEOUT).await;
        let calling = async {
            let _turn = turns.next(Instant::now()).await.unwrap();
            pending::<()>().await;
        };
        let mut given_up = Box::pin(calling);
        assert!((&mut given_up).now_or_never().is_none());
        let next = turns.next(Instant::now());
        let giving_up = async {
            sleep(Duration::from_millis(5)).await;
            drop(given_up);
        };
        assert!(tokio::join!(next, giving_up).0.is_ok());
    }
}

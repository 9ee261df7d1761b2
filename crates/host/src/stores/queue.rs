//! Calls that wait for their turn.

use std::{sync::atomic::AtomicUsize, time::Duration};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::place::Place;
use crate::contract::{CallError, Waited};

/// How long a call may wait for its turn: three calls of the default `timeout` may run before it.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(120);
/// How many calls of one store may wait.
const MAX_QUEUED: usize = 1_000;

/// Lets so many calls of one store run at once, and the others wait for a while.
pub(super) struct Queue {
    turns: Semaphore,
    waiting: AtomicUsize,
    limit: Duration,
}

impl Queue {
    /// Of `at_once` calls, and at least one.
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            turns: Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)),
            waiting: AtomicUsize::new(0),
            limit: QUEUE_TIMEOUT,
        }
    }

    /// Waits for a turn, and then for what `work` makes.
    ///
    /// # Errors
    /// [`CallError::Busy`] if that takes too long, or too many wait; what `work` says.
    pub(super) async fn wait<T>(
        &self,
        work: impl Future<Output = Result<T, CallError>>,
    ) -> Result<(SemaphorePermit<'_>, T), CallError> {
        let _place = Place::take(&self.waiting, MAX_QUEUED).map_err(CallError::Busy)?;
        let turn_and_work = async {
            // Never closed; and if it were, the store would be gone with it.
            let turn = self.turns.acquire().await.map_err(|_| CallError::Lost)?;
            Ok((turn, work.await?))
        };
        let waited = timeout(self.limit, turn_and_work).await;
        waited.unwrap_or(Err(CallError::Busy(Waited::For(self.limit))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_call_that_gets_no_turn_ends_as_throttled() {
        let queue = Queue {
            limit: Duration::from_millis(20),
            ..Queue::new(1)
        };
        let (turn, ()) = queue.wait(ready(Ok(()))).await.unwrap();
        let why = queue.wait(ready(Ok(()))).await.err().unwrap();
        assert_eq!(why, CallError::Busy(Waited::For(queue.limit)));
        drop(turn);
        assert!(queue.wait(ready(Ok(()))).await.is_ok());
    }

    #[tokio::test]
    async fn no_more_wait_than_may() {
        let queue = Queue::new(usize::MAX);
        let mut waiting = Vec::new();
        for _ in 0..MAX_QUEUED {
            let mut one = Box::pin(queue.wait(pending::<Result<(), CallError>>()));
            assert!((&mut one).now_or_never().is_none());
            waiting.push(one);
        }
        let why = queue.wait(ready(Ok(()))).await.err().unwrap();
        assert_eq!(why, CallError::Busy(Waited::Behind(MAX_QUEUED)));
        waiting.pop();
        assert!(queue.wait(ready(Ok(()))).await.is_ok());
    }
}

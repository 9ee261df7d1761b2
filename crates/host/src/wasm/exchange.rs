//! Requests of an instance on their way. One at a time runs with the call that waits for it: to hand
//! it to a task of its own, and the answer back, costs more than to send it. The others run beside it.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use async_trait::async_trait;
use http::Response;
use wasmtime_wasi::{
    p2::Pollable,
    runtime::{AbortOnDropJoinHandle, spawn},
};
use wasmtime_wasi_http::{Error, WasiBody};

type Answer = Result<Response<WasiBody>, Error>;

/// The exchanges of one instance.
#[derive(Clone)]
pub(super) struct Exchanges {
    /// Of all instances.
    in_flight: Arc<AtomicUsize>,
    lone: Arc<Mutex<Lone>>,
}

/// The exchange that runs with the call, if there is one. It goes with the [`Exchange`].
#[derive(Default)]
struct Lone {
    running: Weak<Mutex<Running>>,
    /// Nobody has polled it yet.
    fresh: bool,
}

struct Running {
    sending: Option<Pin<Box<dyn Future<Output = Answer> + Send>>>,
    answer: Option<Answer>,
}

/// One request, from `handle` to its answer: what is behind a `future-incoming-response`. When it is
/// dropped, the request is given up.
pub(super) struct Exchange(Way);

enum Way {
    WithTheCall(Arc<Mutex<Running>>),
    Beside(AbortOnDropJoinHandle<Answer>),
    /// `None` when the answer was taken.
    Ended(Option<Answer>),
}

impl Exchanges {
    /// Of an instance among others; `in_flight` counts the exchanges of all.
    pub(super) fn new(in_flight: &Arc<AtomicUsize>) -> Self {
        Self {
            in_flight: Arc::clone(in_flight),
            lone: Arc::default(),
        }
    }

    /// Begins one. Where others are in flight it gets a task, so that every thread takes its part.
    pub(super) fn begin(&self, sending: impl Future<Output = Answer> + Send + 'static) -> Exchange {
        let alone = self.in_flight.fetch_add(1, Ordering::Relaxed) == 0;
        let counted = Counted(Arc::clone(&self.in_flight));
        let sending = async move {
            let _counted = counted;
            sending.await
        };
        if !alone {
            return Exchange(Way::Beside(spawn(sending)));
        }
        let running = Arc::new(Mutex::new(Running {
            sending: Some(Box::pin(sending)),
            answer: None,
        }));
        *lock(&self.lone) = Lone {
            running: Arc::downgrade(&running),
            fresh: true,
        };
        Exchange(Way::WithTheCall(running))
    }

    /// Runs a call of the instance, and with it the exchange that has no task.
    pub(super) async fn with<R>(&self, call: impl Future<Output = R>) -> R {
        let mut call = pin!(call);
        poll_fn(|context| {
            self.advance(context);
            loop {
                if let Poll::Ready(done) = call.as_mut().poll(context) {
                    return Poll::Ready(done);
                }
                // The call waits; what it began just now is polled for the first time. Where that
                // ends at once, nobody else would tell the call.
                if !lock(&self.lone).fresh || !self.advance(context) {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Polls the exchange that has no task, if there is one; whether it ended.
    fn advance(&self, context: &mut Context<'_>) -> bool {
        let running = {
            let mut lone = lock(&self.lone);
            lone.fresh = false;
            lone.running.upgrade()
        };
        let Some(running) = running else {
            return false;
        };
        let mut running = lock(&running);
        let Some(sending) = &mut running.sending else {
            return false;
        };
        let Poll::Ready(answer) = sending.as_mut().poll(context) else {
            return false;
        };
        running.sending = None;
        running.answer = Some(answer);
        true
    }
}

impl Exchange {
    /// The answer, once [`Pollable::ready`] was; `Some(None)` if it was taken before.
    pub(super) fn take(&mut self) -> Option<Option<Answer>> {
        match &mut self.0 {
            Way::Ended(answer) => Some(answer.take()),
            _ => None,
        }
    }
}

#[async_trait]
impl Pollable for Exchange {
    async fn ready(&mut self) {
        let answer = match &mut self.0 {
            // Nobody has to be woken: it is polled right before the call, in the same task.
            Way::WithTheCall(running) => {
                poll_fn(|_| {
                    lock(running)
                        .answer
                        .take()
                        .map_or(Poll::Pending, Poll::Ready)
                })
                .await
            }
            Way::Beside(task) => task.await,
            Way::Ended(_) => return,
        };
        self.0 = Way::Ended(Some(answer));
    }
}

/// One of those in flight.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_util::FutureExt;

    use super::*;

    async fn refused() -> Answer {
        Err(Error::ConnectionRefused)
    }

    fn is_refused(exchange: &mut Exchange) -> bool {
        let taken = exchange.take();
        matches!(taken, Some(Some(Err(Error::ConnectionRefused))))
    }

    #[tokio::test]
    async fn a_lone_exchange_runs_with_the_call_and_the_others_beside_it() {
        let exchanges = Exchanges::new(&Arc::default());
        let (mut one, mut other) = (exchanges.begin(refused()), exchanges.begin(refused()));
        assert!(matches!(one.0, Way::WithTheCall(_)) && matches!(other.0, Way::Beside(_)));
        assert!(one.take().is_none());
        exchanges
            .with(async {
                one.ready().await;
                other.ready().await;
            })
            .await;
        assert!(is_refused(&mut one) && is_refused(&mut other));
        assert!(matches!(one.take(), Some(None)), "only once");
        assert_eq!(exchanges.in_flight.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn one_that_the_call_begins_goes_on_while_the_call_waits_for_something_else() {
        let exchanges = Exchanges::new(&Arc::default());
        let (tell, told) = tokio::sync::oneshot::channel();
        let mut exchange = None;
        exchanges
            .with(async {
                exchange = Some(exchanges.begin(async move {
                    tokio::task::yield_now().await;
                    tell.send(()).ok();
                    refused().await
                }));
                told.await.unwrap();
            })
            .await;
        let mut exchange = exchange.unwrap();
        exchange.ready().now_or_never().unwrap();
        assert!(is_refused(&mut exchange));
    }

    #[tokio::test]
    async fn one_that_is_dropped_is_given_up_and_counts_no_longer() {
        let exchanges = Exchanges::new(&Arc::default());
        let held = Arc::new(());
        let kept = Arc::clone(&held);
        let exchange = exchanges.begin(async move {
            let _kept = kept;
            pending().await
        });
        assert!(exchanges.with(pending::<()>()).now_or_never().is_none());
        drop(exchange);
        assert_eq!(Arc::strong_count(&held), 1);
        assert_eq!(exchanges.in_flight.load(Ordering::Relaxed), 0);
    }
}

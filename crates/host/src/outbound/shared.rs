//! Answers that the instances of one store share: one asks, and the others get the same.
//!
//! No instance can tell another what it has learnt, and each of many that begin at once would ask a
//! service for the same. Where the store's type says which requests these are, equal ones at the same
//! time are one, and an answer may be given for a while to instances that have not had it. An
//! instance that asks again wants another answer, and gets one; it may be that what it had is no
//! good any more, so it is one that was asked for after the last other request of this instance.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::{BoxFuture, FutureExt, Shared as SharedFuture};
use http::{Method, Request, Response, Uri, header::CONTENT_LENGTH, request::Parts};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::{Error, WasiBody};
use zeroize::Zeroizing;

use super::answer::{Answer, same};

/// How long a request that is shared, and an answer that is kept, may be, in bytes.
const MAX_SHARED: usize = 64 << 10;
/// How many answers of one store are kept.
const MAX_KEPT_ANSWERS: usize = 8;
/// How many answers are remembered as had of an instance.
const MAX_HAD: usize = 32;

/// Says which requests of a store may share their answers.
pub trait Sharing: Send + Sync {
    /// `None` where the request is not one of these; else what must be equal besides method, URI and
    /// body: what else differs in their heads (a time, a signature) does not matter.
    fn sharing(&self, request: &Parts) -> Option<String>;

    /// For how long the answer of `uri` with this body may be given to others who ask the same; it
    /// came at `now`, by the clock of whoever answered where that is known.
    fn life(&self, uri: &Uri, now: SystemTime, body: &[u8]) -> Option<Duration>;
}

/// The answers that one store's instances share. It has no `Debug`: keys are in them.
pub(super) struct SharedAnswers {
    rules: Arc<dyn Sharing>,
    entries: Mutex<Entries>,
}

/// The answers that one instance has had.
#[derive(Clone, Default)]
pub(super) struct Had(Arc<Mutex<Past>>);

#[derive(Default)]
struct Past {
    numbers: Vec<u64>,
    /// When its last request began whose answer is not shared.
    last_other: Option<Instant>,
}

#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// How many there ever were.
    count: u64,
}

struct Entry {
    asked: Asked,
    number: u64,
    began: Instant,
    state: State,
}

/// What was asked.
#[derive(PartialEq, Eq)]
struct Asked {
    method: Method,
    uri: Uri,
    by: String,
    body: Zeroizing<Vec<u8>>,
}

#[derive(Clone)]
enum State {
    UnderWay(Flight),
    Kept { answer: Arc<Answer>, until: Instant },
}

/// What became of a request.
type Landed = Result<Arc<Answer>, Arc<Error>>;
/// A request that is under way.
type Flight = SharedFuture<BoxFuture<'static, Landed>>;

impl SharedAnswers {
    pub(super) fn new(rules: Arc<dyn Sharing>) -> Self {
        Self {
            rules,
            entries: Mutex::default(),
        }
    }

    /// What else must be equal for `request` to share its answer, if it may.
    pub(super) fn sharing(&self, request: &Parts) -> Option<String> {
        let length = request.headers.get(CONTENT_LENGTH);
        let length = length.map_or(Some(0), |it| it.to_str().ok()?.parse().ok());
        length.filter(|length: &usize| *length <= MAX_SHARED)?;
        self.rules.sharing(request)
    }

    /// The answer to `request` of an instance: one that it has not had. What nobody has asked for yet
    /// is sent by `send`.
    pub(super) async fn answer<F>(
        self: &Arc<Self>,
        request: Request<WasiBody>,
        by: String,
        had: &Had,
        send: impl FnOnce(Request<WasiBody>) -> F,
    ) -> Result<Response<WasiBody>, Error>
    where
        F: Future<Output = Result<Response<WasiBody>, Error>> + Send + 'static,
    {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let asked = Asked {
            method: head.method.clone(),
            uri: head.uri.clone(),
            by,
            body: Zeroizing::new(body.to_vec()),
        };
        let begin = |number| {
            let body = Full::new(body).map_err(|never| match never {});
            let sending = send(Request::from_parts(head, body.boxed_unsync()));
            let shared = Arc::clone(self);
            // In a task of its own: whoever began it may be gone before it ends.
            let asking = tokio::spawn(async move {
                let landed = Answer::of(sending).await.map_err(Arc::new);
                shared.land(number, &landed);
                landed
            });
            let flight = async move {
                let ended = asking.await;
                ended.unwrap_or_else(|_| Err(Arc::new(Error::ConnectionTerminated)))
            };
            flight.boxed().shared()
        };
        let (number, landed) = match self.way(asked, had, begin) {
            (number, State::Kept { answer, .. }) => (number, Ok(answer)),
            (number, State::UnderWay(flight)) => (number, flight.await),
        };
        match landed {
            Ok(answer) => {
                had.note(number);
                Ok(answer.response())
            }
            Err(why) => Err(Arc::try_unwrap(why).unwrap_or_else(|why| same(&why))),
        }
    }

    /// What there is for an instance that asks, or what `begin` begins for it; with its number.
    fn way(&self, asked: Asked, had: &Had, begin: impl FnOnce(u64) -> Flight) -> (u64, State) {
        let now = Instant::now();
        let mut entries = self.lock();
        entries.list.retain(|entry| match &entry.state {
            State::UnderWay(_) => true,
            State::Kept { until, .. } => *until > now,
        });
        let fits = |entry: &&Entry| entry.asked == asked && had.lacks(entry);
        if let Some(entry) = entries.list.iter().rev().find(fits) {
            return (entry.number, entry.state.clone());
        }
        entries.count += 1;
        let number = entries.count;
        // Still locked, so that it cannot land before it is there.
        let state = State::UnderWay(begin(number));
        entries.list.push(Entry {
            asked,
            number,
            began: now,
            state: state.clone(),
        });
        (number, state)
    }

    /// Keeps what came of a request in the place of what came of equal ones before.
    fn land(&self, number: u64, landed: &Landed) {
        let mut entries = self.lock();
        let Some(index) = entries.list.iter().position(|it| it.number == number) else {
            return;
        };
        let entry = entries.list.remove(index);
        let kept = landed.as_ref().ok().and_then(|answer| {
            if !answer.status.is_success() {
                return None;
            }
            let life = self
                .rules
                .life(&entry.asked.uri, answer.now(), &answer.body)?;
            let until = answer.at.checked_add(life)?;
            let answer = Arc::clone(answer);
            (answer.body.len() <= MAX_SHARED).then_some(State::Kept { answer, until })
        });
        let Some(state) = kept else {
            return;
        };
        let is_older =
            |it: &Entry| it.asked == entry.asked && matches!(it.state, State::Kept { .. });
        entries.list.retain(|it| !is_older(it));
        if entries.list.len() < MAX_KEPT_ANSWERS {
            entries.list.push(Entry { state, ..entry });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Had {
    /// Notes that a request begins whose answer is not shared.
    pub(super) fn note_other(&self) {
        self.lock().last_other = Some(Instant::now());
    }

    /// Whether what came, or comes, of `entry` is new to it.
    fn lacks(&self, entry: &Entry) -> bool {
        let past = self.lock();
        let since = past.last_other.filter(|_| !past.numbers.is_empty());
        !past.numbers.contains(&entry.number) && since.is_none_or(|last| entry.began > last)
    }

    fn note(&self, number: u64) {
        let numbers = &mut self.lock().numbers;
        if numbers.len() >= MAX_HAD {
            numbers.remove(0);
        }
        numbers.push(number);
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

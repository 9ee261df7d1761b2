//! Answers that the instances of one store share: one asks, and the others get the same.
//!
//! No instance can tell another what it has learnt, and each of many that begin at once would ask a
//! service for the same. Where the store's type says which requests these are, equal ones at the same
//! time are one, and an answer may be given for a while to instances that have not had it. An
//! instance that asks again wants another answer, and gets one: `had` says which.
//!
//! A request that is under way belongs to those who wait for it. One that nobody waits for ends, and
//! nobody joins one that is old, or that it has given up: a service that did not answer once costs
//! those who asked it then, and none who ask later. When a service gives nothing, the answer before is
//! given to those who have not had it, for as long as it is good.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use http::{Request, Response, Uri, header::CONTENT_LENGTH, request::Parts};
use http_body_util::{BodyExt, Full};
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, WasiBody};
use zeroize::Zeroizing;

use super::{
    answer::{Answer, same},
    entries::{Entries, Entry, Kept, Landed, MAX_SHARED, Proof, State},
    had::{Had, Question},
};

/// How long others join a request that is under way. Services that give keys answer within it.
const JOINING_TIME: Duration = Duration::from_secs(2);
/// How long an instance waits for a new answer while there is an older one that is good. Two such waits
/// leave time within the second that the metadata service is given.
const OLDER_ANSWER_AFTER: Duration = Duration::from_millis(300);
/// How long a request goes on whose instance went on with an older answer.
const UNAWAITED_LIFE: Duration = Duration::from_secs(10);

/// Says which requests of a store may share their answers.
pub trait Sharing: Send + Sync {
    /// `None` where the request is not one of these; else who asks. What else differs in the heads of
    /// requests (a time, a signature) does not matter.
    ///
    /// Requests of one asker, equal in method, URI and body, are one while it is under way. An answer
    /// that has come is for whoever asks the same.
    fn sharing(&self, request: &Parts) -> Option<String>;

    /// What is asked with `body`: all of it, but what only proves who asks.
    fn question(&self, body: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(body.to_vec())
    }

    /// For how long the answer of `uri` with this body may be given to others who ask the same; it
    /// came at `now`, by the clock of whoever answered where that is known. `None` where it does not
    /// give what was asked for.
    fn life(&self, uri: &Uri, now: SystemTime, body: &[u8]) -> Option<Life>;
}

/// For how long an answer may be given to others, from when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// So long it is given without asking for another.
    pub fresh: Duration,
    /// So long it is given where asking for another comes to nothing.
    pub whole: Duration,
    /// Whether it is then given again to those who have had it.
    pub repeatable: bool,
}

/// The answers that one store's instances share. It has no `Debug`: keys are in them.
pub(super) struct SharedAnswers {
    rules: Arc<dyn Sharing>,
    entries: Mutex<Entries>,
}

/// What there is for an instance that asks.
enum Way {
    There(Arc<Answer>),
    UnderWay(u64, Shared<BoxFuture<'static, Landed>>),
}

impl SharedAnswers {
    pub(super) fn new(rules: Arc<dyn Sharing>) -> Self {
        Self {
            rules,
            entries: Mutex::default(),
        }
    }

    /// Who asks by `request`, if it may share its answer.
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
        let question = Arc::new(Question {
            method: head.method.clone(),
            uri: head.uri.clone(),
            body: self.rules.question(&body),
        });
        let proof = Proof {
            by,
            body: Zeroizing::new(body.to_vec()),
        };
        let begin = |number| {
            let body = Full::new(body).map_err(|never| match never {});
            let sending = send(Request::from_parts(head, body.boxed_unsync()));
            let shared = Arc::clone(self);
            let flight = async move { shared.land(number, Answer::of(sending).await) };
            flight.boxed().shared()
        };
        let (number, mut flight) = match self.way(&question, proof, had, begin) {
            Way::There(answer) => return Ok(answer.response()),
            Way::UnderWay(number, flight) => (number, flight),
        };
        let landed = loop {
            if let Ok(landed) = timeout(OLDER_ANSWER_AFTER, &mut flight).await {
                break landed;
            }
            if let Some(older) = self.older(&question, had) {
                // It may yet come, for others.
                tokio::spawn(timeout(UNAWAITED_LIFE, flight));
                return Ok(older.response());
            }
        };
        match landed.until {
            Some(until) => had.got(number, until),
            None => {
                if let Some(older) = self.older(&question, had) {
                    return Ok(older.response());
                }
            }
        }
        match landed.came {
            Ok(answer) => Ok(answer.response()),
            Err(why) => Err(Arc::try_unwrap(why).unwrap_or_else(|why| same(&why))),
        }
    }

    /// What there is for an instance that asks, or what `begin` begins for it.
    fn way(
        &self,
        question: &Arc<Question>,
        proof: Proof,
        had: &Had,
        begin: impl FnOnce(u64) -> Shared<BoxFuture<'static, Landed>>,
    ) -> Way {
        let now = Instant::now();
        let mut entries = self.lock();
        entries.forget_ended(now);
        if let Some((entry, kept)) = entries.kept(question)
            && kept.fresh_until > now
            && had.lacks(question, entry.number, entry.began)
        {
            had.asks(question, entry.number, Some(kept.until));
            return Way::There(Arc::clone(&kept.answer));
        }
        if let Some((entry, flight)) = entries.under_way(question, &proof)
            && entry.began + JOINING_TIME > now
            && !had.has_asked(entry.number)
            && had.lacks(question, entry.number, entry.began)
        {
            had.asks(question, entry.number, None);
            return Way::UnderWay(entry.number, flight);
        }
        entries.count += 1;
        let number = entries.count;
        let flight = begin(number);
        if let Some(weak) = flight.downgrade() {
            entries.list.push(Entry {
                question: Arc::clone(question),
                proof,
                number,
                began: now,
                state: State::UnderWay(weak),
            });
        }
        had.asks(question, number, None);
        Way::UnderWay(number, flight)
    }

    /// An answer that is still good, for an instance to whom asking brought nothing.
    fn older(&self, question: &Arc<Question>, had: &Had) -> Option<Arc<Answer>> {
        let entries = self.lock();
        let (entry, kept) = entries.kept(question)?;
        let is_for_it = kept.repeatable || had.lacks(question, entry.number, entry.began);
        if !is_for_it || kept.until <= Instant::now() {
            return None;
        }
        had.asks(question, entry.number, Some(kept.until));
        Some(Arc::clone(&kept.answer))
    }

    /// Keeps what came of a request in the place of what came of equal ones before.
    fn land(&self, number: u64, came: Result<Arc<Answer>, Error>) -> Landed {
        let mut entries = self.lock();
        let index = entries.list.iter().position(|it| it.number == number);
        let entry = index.map(|index| entries.list.remove(index));
        let came = came.map_err(Arc::new);
        let kept = entry.as_ref().and_then(|entry| {
            let answer = came.as_ref().ok().filter(|it| it.status.is_success())?;
            let uri = &entry.question.uri;
            let life = self.rules.life(uri, answer.now(), &answer.body)?;
            Some(Kept {
                fresh_until: answer.at.checked_add(life.fresh)?,
                until: answer.at.checked_add(life.whole)?,
                repeatable: life.repeatable,
                answer: Arc::clone(answer),
            })
        });
        let until = kept.as_ref().map(|kept| kept.until);
        if let (Some(entry), Some(kept)) = (entry, kept) {
            entries.keep(entry, kept);
        }
        Landed { came, until }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

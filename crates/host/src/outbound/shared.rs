//! Answers that the instances of one store share: one asks, and the others get the same.
//!
//! No instance can tell another what it has learnt, and each of many that begin at once would ask a
//! service for the same. Where the store's type says which requests these are, equal ones at the same
//! time are one, and an answer may be given for a while to instances that have not had it. An
//! instance that asks again wants another answer, and gets one.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use futures_util::future::{BoxFuture, FutureExt, Shared as SharedFuture};
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{CONTENT_LENGTH, DATE},
    request::Parts,
};
use http_body_util::{BodyExt, Full};
use wasmtime_wasi_http::{Error, WasiBody};
use zeroize::Zeroizing;

/// How long a request that is shared, and an answer that is kept, may be, in bytes.
const MAX_SHARED: usize = 64 << 10;
/// How many answers of one store are kept.
const MAX_KEPT_ANSWERS: usize = 8;
/// How many answers are remembered as had of an instance.
const MAX_HAD: usize = 32;

/// Says which requests of a store may share their answers. Method, URI and body must be equal: what
/// differs in their heads (a time, a signature) must not matter.
pub trait Sharing: Send + Sync {
    /// Whether the request is one of these.
    fn applies(&self, request: &Parts) -> bool;

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
pub(super) struct Had(Arc<Mutex<Vec<u64>>>);

#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    /// How many there ever were.
    count: u64,
}

struct Entry {
    asked: Asked,
    number: u64,
    state: State,
}

/// What was asked.
#[derive(PartialEq, Eq)]
struct Asked {
    method: Method,
    uri: Uri,
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

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
    at: Instant,
}

impl SharedAnswers {
    pub(super) fn new(rules: Arc<dyn Sharing>) -> Self {
        Self {
            rules,
            entries: Mutex::default(),
        }
    }

    /// Whether `request` may share its answer.
    pub(super) fn applies(&self, request: &Parts) -> bool {
        let length = request.headers.get(CONTENT_LENGTH);
        let length = length.map_or(Some(0), |it| it.to_str().ok()?.parse().ok());
        length.is_some_and(|length: usize| length <= MAX_SHARED) && self.rules.applies(request)
    }

    /// The answer to `request` of an instance: one that it has not had. What nobody has asked for yet
    /// is sent by `send`.
    pub(super) async fn answer<F>(
        self: &Arc<Self>,
        request: Request<WasiBody>,
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
        let fits = |entry: &&Entry| entry.asked == asked && !had.has(entry.number);
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
    fn has(&self, number: u64) -> bool {
        self.lock().contains(&number)
    }

    fn note(&self, number: u64) {
        let mut had = self.lock();
        if had.len() >= MAX_HAD {
            had.remove(0);
        }
        had.push(number);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answer {
    async fn of(
        sending: impl Future<Output = Result<Response<WasiBody>, Error>>,
    ) -> Result<Arc<Self>, Error> {
        let (head, body) = sending.await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Arc::new(Self {
            status: head.status,
            headers: head.headers,
            body: Zeroizing::new(body.to_vec()),
            at: Instant::now(),
        }))
    }

    fn date(&self) -> Option<SystemTime> {
        let date = self.headers.get(DATE)?.to_str().ok()?;
        httpdate::parse_http_date(date).ok()
    }

    fn now(&self) -> SystemTime {
        self.date().unwrap_or_else(SystemTime::now)
    }

    /// As if it came now: its `Date` too, by which a component may reckon how old it is.
    fn response(&self) -> Response<WasiBody> {
        let body = Full::new(self.body.to_vec().into());
        let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = self.status;
        response.headers_mut().clone_from(&self.headers);
        if let Some(date) = self.date() {
            let now = httpdate::fmt_http_date(date + self.at.elapsed());
            if let Ok(now) = HeaderValue::from_str(&now) {
                response.headers_mut().insert(DATE, now);
            }
        }
        response
    }
}

/// The error again, for another who shares in it.
fn same(why: &Error) -> Error {
    match why {
        Error::DnsError { rcode, info_code } => Error::DnsError {
            rcode: rcode.clone(),
            info_code: *info_code,
        },
        Error::ConnectionRefused => Error::ConnectionRefused,
        Error::ConnectionTimeout => Error::ConnectionTimeout,
        Error::ConnectionReadTimeout => Error::ConnectionReadTimeout,
        Error::DestinationUnavailable => Error::DestinationUnavailable,
        Error::DestinationIpUnroutable => Error::DestinationIpUnroutable,
        Error::TlsProtocolError => Error::TlsProtocolError,
        Error::HttpProtocolError => Error::HttpProtocolError,
        Error::HttpResponseIncomplete => Error::HttpResponseIncomplete,
        Error::InternalError(why) => Error::InternalError(why.clone()),
        _ => Error::ConnectionTerminated,
    }
}

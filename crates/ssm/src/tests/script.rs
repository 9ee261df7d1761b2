//! A scripted transport with a virtual clock: a test says how the server answers, and no test
//! waits.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use serde_json::Value as Json;
use zeroize::Zeroizing;

pub(crate) use super::reply::Reply;
use crate::{
    Client, Config, CredentialChain, Credentials, Method, Now, Region, Request, Response,
    Transport, TransportError,
};

pub(crate) const SECRET_KEY: &str = "test-secret-key";
pub(crate) const TOKEN: &str = "test-token";

/// The virtual clock starts here, in Unix seconds.
pub(crate) const EPOCH: u64 = 1_700_000_000;

/// What the server was asked.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) authority: String,
    /// The action, or the path of a `GET`.
    pub(crate) action: String,
    pub(crate) body: Json,
    /// The body as it came.
    pub(crate) raw: Vec<u8>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) at: Duration,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// The transport: every request goes to `server`, a closure.
pub(crate) struct Script {
    world: Rc<World>,
    server: Box<dyn Fn(&Seen) -> Reply>,
}

#[derive(Default)]
pub(crate) struct World {
    now: Cell<Duration>,
    timers: RefCell<Vec<(Duration, Waker)>>,
    seen: RefCell<Vec<Seen>>,
    in_flight: Cell<usize>,
    peak: Cell<usize>,
}

impl World {
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.borrow().clone()
    }

    pub(crate) fn actions(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.action).collect()
    }

    pub(crate) fn count(&self, action: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.action == action)
            .count()
    }

    pub(crate) fn peak(&self) -> usize {
        self.peak.get()
    }

    pub(crate) fn now(&self) -> Duration {
        self.now.get()
    }

    /// Runs `future`, moving the clock whenever nothing else can happen.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(flag.clone());
        let mut future = pin!(future);
        loop {
            while flag.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return output;
                }
            }
            let mut timers = self.timers.borrow_mut();
            let next = timers
                .iter()
                .map(|(at, _)| *at)
                .min()
                .expect("a future that waits for nothing never ends");
            self.now.set(self.now.get().max(next));
            let due = timers.extract_if(.., |(at, _)| *at <= next);
            due.for_each(|(_, waker)| waker.wake());
        }
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Sleep {
    world: Rc<World>,
    until: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.world.now.get() >= self.until {
            return Poll::Ready(());
        }
        let timer = (self.until, context.waker().clone());
        self.world.timers.borrow_mut().push(timer);
        Poll::Pending
    }
}

/// Counts a request as in flight until it is answered or given up.
struct InFlight(Rc<World>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

impl Transport for Script {
    async fn send(&self, request: Request<'_>) -> Result<Response, TransportError> {
        let world = &self.world;
        let headers: BTreeMap<String, String> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let (action, body) = match request.method {
            Method::Get => {
                assert!(headers.is_empty() && request.body.is_empty());
                (request.path.to_owned(), Json::Null)
            }
            Method::Post => {
                assert_eq!(request.path, "/");
                let body = serde_json::from_slice(request.body).unwrap();
                (headers["x-tc-action"].clone(), body)
            }
        };
        let seen = Seen {
            authority: request.authority.to_owned(),
            action,
            body,
            raw: request.body.to_vec(),
            headers,
            at: world.now.get(),
        };
        world.seen.borrow_mut().push(seen.clone());
        world.in_flight.set(world.in_flight.get() + 1);
        world.peak.set(world.peak.get().max(world.in_flight.get()));
        let _in_flight = InFlight(world.clone());
        let reply = (self.server)(&seen);
        let head = reply.head.unwrap_or(reply.after);
        self.sleep(head).await;
        if reply.result.is_ok() || reply.head.is_some() {
            (request.arrived)();
        }
        self.sleep(reply.after - head).await;
        reply.result
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.world.now.get() + duration;
        let world = self.world.clone();
        Sleep { world, until }.await;
    }

    fn now(&self) -> Now {
        let monotonic = self.world.now.get();
        Now {
            monotonic,
            unix: Duration::from_secs(EPOCH) + monotonic,
        }
    }
}

/// A client whose server is `server`, and its world.
pub(crate) fn client(server: impl Fn(&Seen) -> Reply + 'static) -> (Client<Script>, Rc<World>) {
    client_with(|_| (), server)
}

pub(crate) fn client_with(
    configure: impl FnOnce(&mut Config),
    server: impl Fn(&Seen) -> Reply + 'static,
) -> (Client<Script>, Rc<World>) {
    client_of(given(), configure, server)
}

/// Temporary keys that nobody renews.
pub(crate) fn given() -> Credentials {
    let own = |text: &str| Zeroizing::new(text.to_owned());
    let credentials = Credentials::new(own("AKIDtest"), own(SECRET_KEY), Some(own(TOKEN)));
    credentials.ok().unwrap()
}

/// A client with keys of `chain`.
pub(crate) fn client_of(
    chain: impl Into<CredentialChain>,
    configure: impl FnOnce(&mut Config),
    server: impl Fn(&Seen) -> Reply + 'static,
) -> (Client<Script>, Rc<World>) {
    let mut config = Config::new(Region::parse("ap-guangzhou").unwrap(), chain);
    configure(&mut config);
    let world = Rc::new(World::default());
    let script = Script {
        world: world.clone(),
        server: Box::new(server),
    };
    (Client::new(config, script), world)
}

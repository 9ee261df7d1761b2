//! One connection of a caller, from its first byte to its end.

use std::{
    convert::Infallible,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{Request, Response};
use hyper::{
    body::{Body as _, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep,
};
use tower_service::Service as _;

use super::{
    Stop,
    activity::{Activity, CALLER_LINGER, Verdict},
    authority::AnyAuthority,
    bodies::{Answered, Timely},
    listen::Stream,
    watched::Watched,
};

/// How often a connection's limits in time are looked at.
const CALLER_CHECK: Duration = Duration::from_secs(5);
/// How long the other end may be silent before it is asked for a sign of life: daprd's limit.
const CALLER_PING: Duration = Duration::from_secs(10);
/// How long that sign may take: daprd's limit.
const CALLER_PONG_TIMEOUT: Duration = Duration::from_secs(5);
/// Lines in a request's head.
const MAX_HEADERS: usize = 500;
/// Bytes of a request's head where nothing else is said.
pub(crate) const MAX_HEAD: usize = 64 << 10;
/// What hyper needs to read a head at all.
const SMALLEST_BUFFER: usize = 8 << 10;
/// Calls at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 1_000;
/// What the paths of gRPC's own services begin with: nobody loses anything by the end of a call.
const GRPC_SERVICES: &str = "/grpc.";
/// A stream of requests may be silent for as long as its caller likes.
const STREAMS: &str = "/grpc.reflection.";

/// What answers the callers of one listener.
pub(crate) struct Front {
    /// What it is called in the log.
    pub(super) name: String,
    router: Router,
    builder: Builder<TokioExecutor>,
    is_grpc: bool,
    refuses: Option<Box<Refuses>>,
}

/// The answer for a request that is not let in, if it is not.
type Refuses = dyn Fn(&Request<Incoming>) -> Option<Response<Body>> + Send + Sync;

/// A caller's bytes, whatever brings them.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

impl Front {
    /// Speaks HTTP/1 and HTTP/2, with heads of up to `max_head` bytes.
    pub(crate) fn new(name: impl Into<String>, router: Router, max_head: usize) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // `Activity` has the limit, which tells idle callers from slow ones.
            .header_read_timeout(None)
            .half_close(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(max_head.max(SMALLEST_BUFFER));
        builder
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(CALLER_PING)
            .keep_alive_timeout(CALLER_PONG_TIMEOUT)
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(u32::try_from(max_head).unwrap_or(u32::MAX));
        Self {
            name: name.into(),
            router,
            builder,
            is_grpc: false,
            refuses: None,
        }
    }

    /// Speaks HTTP/2 alone, as gRPC does, and takes any `:authority` at a Unix socket.
    #[must_use]
    pub(crate) fn grpc(mut self) -> Self {
        self.builder = self.builder.http2_only();
        self.is_grpc = true;
        self
    }

    /// Gives the answer of `refuses` to a request, where there is one.
    #[must_use]
    pub(crate) fn refusing(
        mut self,
        refuses: impl Fn(&Request<Incoming>) -> Option<Response<Body>> + Send + Sync + 'static,
    ) -> Self {
        self.refuses = Some(Box::new(refuses));
        self
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(self: Arc<Self>, stream: Stream, stop: Stop) {
        let io: Box<dyn Io> = match stream {
            Stream::Tcp(stream) => Box::new(stream),
            Stream::Unix(stream) if self.is_grpc => Box::new(AnyAuthority::new(stream)),
            Stream::Unix(stream) => Box::new(stream),
        };
        let activity = Activity::new(Instant::now());
        let watched = TokioIo::new(Watched::new(io, activity.clone()));
        let service = service_fn(|request: Request<Incoming>| {
            let owed = !request.uri().path().starts_with(GRPC_SERVICES);
            let call = activity.call(owed);
            let answer = self.answer(request, owed.then(|| activity.clone()));
            async move {
                let answer = answer.await;
                Ok::<_, Infallible>(answer.map(|body| Answered::new(body, call)))
            }
        });
        let mut connection = pin!(self.builder.serve_connection(watched, service));
        let mut stop = Some(stop);
        let mut ending = false;
        loop {
            let wait = if ending {
                CALLER_LINGER / 4
            } else {
                CALLER_CHECK
            };
            tokio::select! {
                // What went wrong is the caller's to know.
                _ = connection.as_mut() => return,
                () = told(&mut stop) => {
                    stop = None;
                    connection.as_mut().graceful_shutdown();
                    ending = true;
                }
                () = sleep(wait) => match activity.verdict(Instant::now(), ending) {
                    Verdict::Keep => {}
                    Verdict::End => {
                        connection.as_mut().graceful_shutdown();
                        ending = true;
                    }
                    Verdict::Close => return,
                },
            }
        }
    }

    /// The answer to `request`, of a call on the connection of `activity` if it is owed.
    fn answer(
        &self,
        request: Request<Incoming>,
        activity: Option<Activity>,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let refused = self.refuses.as_ref().and_then(|it| it(&request));
        let mut router = self.router.clone();
        async move {
            if let Some(refused) = refused {
                return refused;
            }
            let is_stream = request.uri().path().starts_with(STREAMS);
            let request = request.map(|body| {
                if is_stream || body.is_end_stream() {
                    Body::new(body)
                } else {
                    Body::new(Timely::new(body, activity))
                }
            });
            // A router is always ready, and never fails.
            let Ok(answer) = router.call(request).await;
            answer
        }
    }
}

/// Waits for the stop that is still to come, if it is.
async fn told(stop: &mut Option<Stop>) {
    match stop {
        Some(stop) => stop.await,
        None => std::future::pending().await,
    }
}

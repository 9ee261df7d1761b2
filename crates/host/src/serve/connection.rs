//! One connection of a caller, from its first byte to its end.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
};
use futures_util::future::{BoxFuture, Shared};
use http::{Request, Response};
use hyper::{
    body::{Body as HttpBody, Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Sleep, sleep},
};
use tower_service::Service;

use super::{
    activity::{Activity, CALLER_LINGER, InCall, Verdict, Watched},
    gate::Gate,
};

/// From the end of a request's head to the end of its body.
const CALLER_BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a connection's limits in time are looked at.
const CALLER_CHECK: Duration = Duration::from_secs(5);
/// How long the other end may be silent before it is asked for a sign of life: daprd's limit.
const CALLER_PING: Duration = Duration::from_secs(10);
/// How long that sign may take: daprd's limit.
const CALLER_PONG_TIMEOUT: Duration = Duration::from_secs(5);
/// Lines in a request's head.
const MAX_HEADERS: usize = 500;
/// Bytes of a request's head where nothing else is said.
pub(super) const MAX_HEAD: usize = 64 << 10;
/// What hyper needs to read a head at all.
const SMALLEST_BUFFER: usize = 8 << 10;
/// Calls at once on one HTTP/2 connection.
const MAX_STREAMS: u32 = 1_000;

/// Ready once serving is to end.
pub(super) type Stop = Shared<BoxFuture<'static, ()>>;

/// A caller's bytes, whatever brings them.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// What answers callers at one or more listeners.
pub(super) struct Front {
    /// What it is called in the log.
    pub(super) name: &'static str,
    router: Router,
    builder: Builder<TokioExecutor>,
}

impl Front {
    /// Speaks HTTP/1 and HTTP/2, with heads of up to `max_head` bytes.
    pub(super) fn new(name: &'static str, router: Router, max_head: usize) -> Self {
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
            name,
            router,
            builder,
        }
    }

    /// Speaks HTTP/2 alone, as gRPC does.
    pub(super) fn http2_only(mut self) -> Self {
        self.builder = self.builder.http2_only();
        self
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(self: Arc<Self>, io: Box<dyn Io>, gate: Gate, stop: Stop) {
        let activity = Activity::new(Instant::now());
        let watched = TokioIo::new(Watched::new(io, activity.clone()));
        let calls = activity.clone();
        let service = service_fn(|request: Request<Incoming>| {
            let call = calls.call();
            let answer = self.answer(request, &gate);
            async move {
                let answer = answer.await;
                Ok::<_, Infallible>(answer.map(|body| Answered { body, _call: call }))
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

    fn answer(
        &self,
        request: Request<Incoming>,
        gate: &Gate,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let refused = gate.refuses(&request);
        let mut router = self.router.clone();
        async move {
            if let Some(refused) = refused {
                return refused;
            }
            // A stream of requests may be silent for as long as its caller likes.
            let is_stream = request.uri().path().starts_with("/grpc.reflection.");
            let request = request.map(|body| {
                if is_stream || body.is_end_stream() {
                    Body::new(body)
                } else {
                    Body::new(Timely::new(body))
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

/// An answer's body: its call lasts until it is dropped.
struct Answered {
    body: Body,
    _call: InCall,
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body, which fails when it is not whole in time.
struct Timely {
    body: Incoming,
    limit: Pin<Box<Sleep>>,
}

impl Timely {
    fn new(body: Incoming) -> Self {
        let limit = Box::pin(sleep(CALLER_BODY_TIMEOUT));
        Self { body, limit }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let late = self.limit.as_mut().poll(context);
        late.map(|()| {
            Some(Err(
                format!("it took longer than {CALLER_BODY_TIMEOUT:?}").into()
            ))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

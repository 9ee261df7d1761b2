//! The calls of one connection: which are in flight, and how long their requests may take to
//! arrive.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::{Status, service::Routes};
use tower_service::Service as _;

use super::NAME;

/// How long the message of a call may take to arrive once the call has begun.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// The calls of a connection that wait for an answer. A call whose message has not come is none of
/// them, nor is one of reflection or health: nobody loses anything by their end.
#[derive(Default)]
pub(super) struct Calls(AtomicUsize);

impl Calls {
    /// Whether there are any.
    pub(super) fn in_flight(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

/// One call, in flight from `arrived` until dropped.
struct Call {
    calls: Arc<Calls>,
    arrived: AtomicBool,
}

impl Call {
    fn arrived(&self) {
        if !self.arrived.swap(true, Ordering::AcqRel) {
            self.calls.0.fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if *self.arrived.get_mut() {
            self.calls.0.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Services whose calls are counted.
pub(super) struct Counted {
    routes: Routes,
    calls: Arc<Calls>,
}

impl Counted {
    pub(super) fn new(routes: Routes, calls: Arc<Calls>) -> Self {
        Self { routes, calls }
    }
}

impl hyper::service::Service<Request<Incoming>> for Counted {
    type Response = Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut routes = self.routes.clone();
        let path = request.uri().path().strip_prefix('/');
        let ours = path.is_some_and(|path| path.starts_with(NAME));
        if !ours {
            return Box::pin(routes.call(request));
        }
        let call = Arc::new(Call {
            calls: Arc::clone(&self.calls),
            arrived: AtomicBool::new(false),
        });
        let request = request.map(|inner| Received {
            inner,
            call: Arc::clone(&call),
            limit: Box::pin(sleep(REQUEST_TIMEOUT)),
        });
        let answer = routes.call(request);
        Box::pin(async move {
            let answered = answer.await?;
            Ok(answered.map(|inner| tonic::body::Body::new(Sent { inner, _call: call })))
        })
    }
}

/// A request's message.
struct Received {
    inner: Incoming,
    call: Arc<Call>,
    limit: Pin<Box<Sleep>>,
}

impl Body for Received {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        if this.inner.is_end_stream() || matches!(polled, Poll::Ready(None)) {
            this.call.arrived();
        }
        if polled.is_pending() && this.limit.as_mut().poll(cx).is_ready() {
            let why = format!("the request took longer than {REQUEST_TIMEOUT:?} to arrive");
            return Poll::Ready(Some(Err(Status::deadline_exceeded(why))));
        }
        polled.map_err(|why| Status::from_error(Box::new(why)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer, with which its call ends.
struct Sent {
    inner: tonic::body::Body,
    _call: Arc<Call>,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.get_mut().inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

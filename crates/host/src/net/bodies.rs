//! The bodies of a call, in either direction.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::Status;

use super::activity::{Activity, HalfACall, InCall};

/// From the end of a request's head to the end of its body.
const CALLER_BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// An answer's body: its call lasts until it is dropped, and knows whether there is more to take.
pub(super) struct Answered {
    body: Body,
    call: InCall,
}

impl Answered {
    pub(super) fn new(body: Body, call: InCall) -> Self {
        if !body.is_end_stream() {
            call.offers(Instant::now());
        }
        Self { body, call }
    }
}

impl HttpBody for Answered {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Whoever asks for more has taken what there was.
        self.call.is_taken();
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(Some(_))) && !self.body.is_end_stream() {
            self.call.offers(Instant::now());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A request's body, which fails when it is not whole in time.
pub(super) struct Timely {
    body: Incoming,
    limit: Pin<Box<Sleep>>,
    /// Of the connection, where the call is owed.
    activity: Option<Activity>,
    waiting: Option<HalfACall>,
}

impl Timely {
    pub(super) fn new(body: Incoming, activity: Option<Activity>) -> Self {
        Self {
            body,
            limit: Box::pin(sleep(CALLER_BODY_TIMEOUT)),
            activity,
            waiting: None,
        }
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
            self.waiting = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if self.waiting.is_none() {
            self.waiting = self.activity.as_ref().map(Activity::half_a_call);
        }
        // tonic finds a status among the causes of an error, and hands it on.
        let late = || format!("the request took longer than {CALLER_BODY_TIMEOUT:?} to arrive");
        let passed = self.limit.as_mut().poll(context);
        passed.map(|()| Some(Err(Status::deadline_exceeded(late()).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! The bodies of answers, bounded in time and size.

use std::{
    error::Error as StdError,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use wasmtime_wasi_http::Error;

/// A response body that fails when nothing of it comes for a while, or too much in all. `failed` is
/// told the cause.
pub(super) struct Bounded<B, F> {
    body: B,
    left: u64,
    between: Duration,
    /// There while nothing comes.
    timer: Option<Pin<Box<Sleep>>>,
    failed: F,
}

impl<B, F> Bounded<B, F> {
    pub(super) fn new(body: B, most: u64, between: Duration, failed: F) -> Self {
        Self {
            body,
            left: most,
            between,
            timer: None,
            failed,
        }
    }

    fn take(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Error> {
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let left = self.left.checked_sub(length);
        self.left = left.ok_or(Error::HttpResponseBodySize(None))?;
        Ok(frame)
    }
}

impl<B, F> Body for Bounded<B, F>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: StdError + 'static,
    F: Fn(&(dyn StdError + 'static)) + Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match pin!(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.timer = None;
                Poll::Ready(frame.map(|frame| match frame {
                    Ok(frame) => self.take(frame),
                    Err(why) => {
                        (self.failed)(&why);
                        Err(Error::HttpResponseIncomplete)
                    }
                }))
            }
            Poll::Pending => {
                let between = self.between;
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(between)));
                let late = timer.as_mut().poll(context);
                late.map(|()| Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    fn unheard(_: &(dyn StdError + 'static)) {}

    #[tokio::test]
    async fn a_response_that_is_too_long_fails_and_is_not_cut() {
        let all = Bytes::from_static(b"12345678");
        for (most, fits) in [(8, true), (7, false)] {
            let full = Full::new(all.clone());
            let body = Bounded::new(full, most, Duration::from_secs(1), unheard);
            match body.collect().await {
                Ok(taken) => assert!(fits && taken.to_bytes() == all),
                Err(why) => assert!(!fits && matches!(why, Error::HttpResponseBodySize(_))),
            }
        }
    }
}

//! Connections that died without a word: found out by a request that got no answer, so that no
//! second one is lost on the same connection, nor on those that fell silent with it.

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};

use futures_util::task::AtomicWaker;
use http::{Extensions, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{CaptureConnection, Connected, Connection},
    rt::TokioIo,
};
use tokio::net::TcpStream;

/// The connections that there are, by origin.
#[derive(Clone)]
pub(super) struct Watch {
    began: Instant,
    known: Arc<Mutex<HashMap<String, Vec<Weak<Line>>>>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            known: Arc::default(),
        }
    }

    /// `stream`, a new connection to `origin`, from now on watched.
    pub(super) fn watched(&self, origin: &Uri, stream: TcpStream) -> Watched {
        let line = Arc::new(Line {
            began: self.began,
            read: AtomicU64::new(0),
            written: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, lines| {
            lines.retain(|line| line.strong_count() > 0);
            !lines.is_empty()
        });
        let lines = known.entry(origin.to_string()).or_default();
        lines.push(Arc::downgrade(&line));
        drop(known);
        Watched {
            stream: TokioIo::new(stream),
            line,
        }
    }

    /// A request that is sent now on the connection that `captured` will know of.
    pub(super) fn sent(&self, captured: CaptureConnection, uri: &Uri) -> Sent {
        Sent {
            watch: self.clone(),
            since: self.began.elapsed().as_nanos(),
            captured,
            uri: uri.clone(),
            answered: false,
        }
    }

    /// Ends the connections to `origin` on which nothing came since `moment` and no request is.
    fn end_idle(&self, origin: &str, moment: u128) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = known.get(origin).into_iter().flatten();
        for line in lines.filter_map(Weak::upgrade) {
            if line.is_silent_since(moment) && line.is_idle() {
                line.dead.store(true, Ordering::Release);
                line.reader.wake();
            }
        }
    }
}

/// A request on its way. Dropped before [`Sent::answered`], it is taken for lost.
pub(super) struct Sent {
    watch: Watch,
    since: u128,
    captured: CaptureConnection,
    uri: Uri,
    answered: bool,
}

impl Sent {
    /// It was answered, or its connection failed by itself.
    pub(super) fn answered(&mut self) {
        self.answered = true;
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let origin = connected_to(&self.uri);
        let metadata = self.captured.connection_metadata();
        let Some(connected) = metadata.as_ref() else {
            tracing::debug!(origin, "given up while connecting");
            return;
        };
        tracing::debug!(origin, "given up while waiting for the answer");
        let mut extras = Extensions::new();
        connected.get_extras(&mut extras);
        let silent = |line: &Arc<Line>| line.is_silent_since(self.since);
        if !extras.get::<Arc<Line>>().is_some_and(silent) {
            return;
        }
        // Others may still wait on it: it takes no further request, and goes on.
        connected.poison();
        if !connected.is_negotiated_h2() {
            self.watch.end_idle(&origin, self.since);
        }
    }
}

/// What the pool connects to for a request to `uri`: scheme and authority.
fn connected_to(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default();
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}/")
}

/// What is known of one connection. Moments are nanoseconds since `began`.
struct Line {
    began: Instant,
    /// When something came last.
    read: AtomicU64,
    /// When something was sent last.
    written: AtomicU64,
    dead: AtomicBool,
    reader: AtomicWaker,
}

impl Line {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn is_silent_since(&self, moment: u128) -> bool {
        u128::from(self.read.load(Ordering::Relaxed)) < moment
    }

    /// On HTTP/1.1: what was sent was answered.
    fn is_idle(&self) -> bool {
        self.written.load(Ordering::Relaxed) <= self.read.load(Ordering::Relaxed)
    }
}

/// A TCP connection that is watched.
pub(super) struct Watched {
    stream: TokioIo<TcpStream>,
    line: Arc<Line>,
}

impl Connection for Watched {
    fn connected(&self) -> Connected {
        Connected::new().extra(Arc::clone(&self.line))
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if polled.is_ready() {
            self.line.read.store(self.line.now(), Ordering::Relaxed);
            return polled;
        }
        self.line.reader.register(context.waker());
        if self.line.dead.load(Ordering::Acquire) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.written.store(self.line.now(), Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.written.store(self.line.now(), Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }
}

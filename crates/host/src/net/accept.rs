//! Takes callers' connections, as many at once as there is room for.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future;
use rustix::io::Errno;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};

use super::{Stop, connection::Front, listen::Listener};

/// Connections at once to what is served together; further ones wait until one of these ends.
const MAX_CONNECTIONS: u32 = 4_096;
/// How long nothing is taken when the machine has nothing left to take it with.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long the log says nothing more of what it said already.
const ACCEPT_LOG_PAUSE: Duration = Duration::from_secs(60);

/// Has each front serve the connections of its listener, with one room for those of all, until
/// `stop` is ready. Then no listener is left, and it ends when the calls in flight have.
pub(crate) async fn serve(listening: Vec<(Listener, Front)>, stop: Stop) {
    let room = Room::new();
    let accepting = listening.into_iter().map(|(listener, front)| {
        let (room, stop) = (room.clone(), stop.clone());
        accept(listener, Arc::new(front), room, stop)
    });
    future::join_all(accepting).await;
    room.empty().await;
}

async fn accept(listener: Listener, front: Arc<Front>, room: Room, stop: Stop) {
    let (mut full, mut failing) = (Said::default(), Said::default());
    loop {
        let taken = async {
            let place = room.enter(&front, &mut full).await;
            (place, listener.accept().await)
        };
        let accepted = tokio::select! {
            biased;
            () = stop.clone() => return,
            accepted = taken => accepted,
        };
        match accepted {
            (Some(place), Ok(io)) => {
                let serving = Arc::clone(&front).serve(io, stop.clone());
                tokio::spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            (_, Err(why)) if !is_of_the_caller(&why) => {
                if failing.may() {
                    let name = &front.name;
                    tracing::error!("{name}: connections cannot be taken: {}", advice(&why));
                }
                tokio::select! {
                    () = stop.clone() => return,
                    () = sleep(ACCEPT_PAUSE) => {}
                }
            }
            _ => {}
        }
    }
}

/// Room for connections. Cheap to clone; clones share it.
#[derive(Clone)]
struct Room(Arc<Semaphore>);

impl Room {
    fn new() -> Self {
        // Fits: a semaphore counts to much more.
        Self(Arc::new(Semaphore::new(MAX_CONNECTIONS as usize)))
    }

    /// Waits until no connection is left.
    async fn empty(&self) {
        // Fails only where the semaphore is closed, and nobody closes it.
        let _ = self.0.acquire_many(MAX_CONNECTIONS).await;
    }

    /// Waits for room; nothing where there is none for good.
    async fn enter(&self, front: &Front, said: &mut Said) -> Option<OwnedSemaphorePermit> {
        if self.0.available_permits() == 0 && said.may() {
            let name = &front.name;
            tracing::warn!("{name}: {MAX_CONNECTIONS} connections are open, new ones wait");
        }
        Arc::clone(&self.0).acquire_owned().await.ok()
    }
}

/// Whether it only says that a caller went away again.
fn is_of_the_caller(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

fn advice(why: &io::Error) -> String {
    let files = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    if why.raw_os_error().is_some_and(|code| files.contains(&code)) {
        return format!("{why}: raise the limit of open files (ulimit -n)");
    }
    why.to_string()
}

/// When something was said last.
#[derive(Default)]
struct Said(Option<Instant>);

impl Said {
    /// Whether it is time to say it; then it counts as said.
    fn may(&mut self) -> bool {
        let due = self.0.is_none_or(|last| last.elapsed() >= ACCEPT_LOG_PAUSE);
        if due {
            self.0 = Some(Instant::now());
        }
        due
    }
}

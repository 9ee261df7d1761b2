//! What waits to be used again: given back when nobody needs it or others need its room.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

/// What waits in one place: the longest unused first, with the moment of its last use.
pub(super) struct Shelf<T>(Mutex<Vec<(Instant, T)>>);

/// What waits on a [`Shelf`].
pub(super) trait Weighs: Send {
    /// What it takes in memory, in bytes.
    fn bytes(&self) -> usize;
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shelf<T> {
    /// The one that was used last.
    pub(super) fn take(&self) -> Option<T> {
        self.lock().pop().map(|(_, item)| item)
    }

    /// Keeps `item`, which was just used.
    pub(super) fn put(&self, item: T) {
        self.lock().push((Instant::now(), item));
    }

    /// How many wait.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A shelf, whatever is on it. What is given back is dropped when the lock is free again.
trait Reaped: Send + Sync {
    /// How many wait.
    fn count(&self) -> usize;
    /// What they take in memory, in bytes.
    fn bytes(&self) -> usize;
    /// Since when the longest unused waits.
    fn longest(&self) -> Option<Instant>;
    /// Gives back the longest unused, if one is there.
    fn give_up_longest(&self);
    /// Gives back those that nobody needed for `life`, but for the one that was used last; and says
    /// when the next is due.
    fn give_up_unneeded(&self, now: Instant, life: Duration) -> Option<Instant>;
}

impl<T: Weighs> Reaped for Shelf<T> {
    fn count(&self) -> usize {
        Shelf::count(self)
    }

    fn bytes(&self) -> usize {
        self.lock().iter().map(|(_, item)| item.bytes()).sum()
    }

    fn longest(&self) -> Option<Instant> {
        self.lock().first().map(|(since, _)| *since)
    }

    fn give_up_longest(&self) {
        let mut waiting = self.lock();
        let given = (!waiting.is_empty()).then(|| waiting.remove(0));
        drop(waiting);
        drop(given);
    }

    fn give_up_unneeded(&self, now: Instant, life: Duration) -> Option<Instant> {
        let mut waiting = self.lock();
        let due = |since: &Instant| *since + life;
        let late = waiting.partition_point(|(since, _)| due(since) <= now);
        let last = waiting.len().saturating_sub(1);
        let given: Vec<_> = waiting.drain(..late.min(last)).collect();
        let next = waiting.first().filter(|_| waiting.len() > 1);
        let next = next.map(|(since, _)| due(since));
        drop(waiting);
        drop(given);
        next
    }
}

/// All shelves.
#[derive(Default)]
pub(super) struct Idle {
    shelves: Mutex<Shelves>,
    ended: Condvar,
}

#[derive(Default)]
struct Shelves {
    list: Vec<Weak<dyn Reaped>>,
    ended: bool,
}

impl Idle {
    /// Starts the thread that gives back, every time one is due, what nobody needed for `life`.
    pub(super) fn start(life: Duration) -> std::io::Result<Arc<Self>> {
        let idle = Arc::<Self>::default();
        let shared = Arc::clone(&idle);
        thread::Builder::new()
            .name("wasm-idle".to_owned())
            .spawn(move || shared.reap(life))?;
        Ok(idle)
    }

    /// Ends the thread.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.ended.notify_all();
    }

    /// A new shelf, which is looked after for as long as it lives.
    pub(super) fn shelf<T: Weighs + 'static>(&self) -> Arc<Shelf<T>> {
        let shelf = Arc::<Shelf<T>>::default();
        let reaped: Arc<dyn Reaped> = shelf.clone();
        let mut shelves = self.lock();
        shelves.list.retain(|known| known.strong_count() > 0);
        shelves.list.push(Arc::downgrade(&reaped));
        shelf
    }

    /// Gives back the one that waits longest anywhere; whether there was one.
    pub(super) fn give_up_longest(&self) -> bool {
        let longest = self
            .all()
            .into_iter()
            .filter_map(|shelf| Some((shelf.longest()?, shelf)))
            .min_by_key(|(since, _)| *since);
        // Taken meanwhile: then it runs, and there may be another.
        longest.map(|(_, shelf)| shelf.give_up_longest()).is_some()
    }

    /// How many wait on all shelves.
    pub(super) fn count(&self) -> usize {
        self.all().iter().map(|shelf| shelf.count()).sum()
    }

    /// What all that waits takes in memory, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.all().iter().map(|shelf| shelf.bytes()).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<dyn Reaped>> {
        self.lock().list.iter().filter_map(Weak::upgrade).collect()
    }

    fn reap(&self, life: Duration) {
        loop {
            let now = Instant::now();
            // Whatever is put away from now on is due later than this.
            let mut next = now + life;
            for shelf in self.all() {
                let due = shelf.give_up_unneeded(now, life);
                next = due.map_or(next, |due| due.min(next));
            }
            let wait = next.saturating_duration_since(Instant::now());
            let going = |shelves: &mut Shelves| !shelves.ended;
            let woken = self.ended.wait_timeout_while(self.lock(), wait, going);
            let (shelves, _) = woken.unwrap_or_else(PoisonError::into_inner);
            if shelves.ended {
                return;
            }
        }
    }
}

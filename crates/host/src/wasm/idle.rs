//! Instances that wait for a call: kept by their store, and given back when nobody needs them or
//! others need their room.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use super::{engine::Engine, instance::SecretStore};

/// The instances of one store that wait for a call. They are dropped with it.
pub(crate) struct Waiting {
    engine: Arc<Engine>,
    shelf: Arc<Shelf>,
}

impl Waiting {
    pub(super) fn new(engine: &Arc<Engine>) -> Self {
        let shelf = Arc::<Shelf>::default();
        let engine = Arc::clone(engine);
        let mut shelves = engine.idle.lock();
        shelves.list.retain(|known| known.strong_count() > 0);
        shelves.list.push(Arc::downgrade(&shelf));
        drop(shelves);
        Self { engine, shelf }
    }

    /// The one that was used last.
    pub(crate) fn take(&self) -> Option<SecretStore> {
        self.shelf.lock().pop().map(|(_, instance)| instance)
    }

    /// Keeps `instance`, which was just used.
    pub(crate) fn put(&self, instance: SecretStore) {
        self.shelf.lock().push((Instant::now(), instance));
        self.engine.freed.notify_one();
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.shelf.lock().len()
    }
}

/// The longest unused first, with the moment of its last call.
#[derive(Default)]
struct Shelf(Mutex<Vec<(Instant, SecretStore)>>);

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, SecretStore)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes those out that nobody needed for `life`, but for the one that was used last; and says
    /// when the next is due.
    fn unneeded(&self, now: Instant, life: Duration) -> (Vec<SecretStore>, Option<Instant>) {
        let mut waiting = self.lock();
        let due = |since: &Instant| *since + life;
        let late = waiting.partition_point(|(since, _)| due(since) <= now);
        let last = waiting.len().saturating_sub(1);
        let given = waiting.drain(..late.min(last));
        let given = given.map(|(_, instance)| instance).collect();
        let next = waiting.first().filter(|_| waiting.len() > 1);
        (given, next.map(|(since, _)| due(since)))
    }
}

/// The waiting instances of all stores of an engine.
#[derive(Default)]
pub(super) struct Idle {
    shelves: Mutex<Shelves>,
    ended: Condvar,
}

#[derive(Default)]
struct Shelves {
    list: Vec<Weak<Shelf>>,
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

    /// Gives back the one that waits longest anywhere; whether there was one.
    pub(super) fn give_up_longest(&self) -> bool {
        let first = |shelf: Arc<Shelf>| {
            let since = shelf.lock().first().map(|(since, _)| *since)?;
            Some((since, shelf))
        };
        let shelves = self.all();
        let longest = shelves.into_iter().filter_map(first);
        let Some((_, shelf)) = longest.min_by_key(|(since, _)| *since) else {
            return false;
        };
        let mut waiting = shelf.lock();
        // Gone meanwhile: then it runs, and there may be another.
        let given = (!waiting.is_empty()).then(|| waiting.remove(0));
        drop(waiting);
        drop(given);
        true
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Shelf>> {
        self.lock().list.iter().filter_map(Weak::upgrade).collect()
    }

    fn reap(&self, life: Duration) {
        loop {
            let now = Instant::now();
            // Whatever is put away from now on is due later than this.
            let mut next = now + life;
            for shelf in self.all() {
                let (given, due) = shelf.unneeded(now, life);
                drop(given);
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

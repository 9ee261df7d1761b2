//! Lets compiled code be interrupted: moves the engine's epoch on while a call runs.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use wasmtime::{Engine, EngineWeak};

/// How long a component may compute before other tasks get their turn.
const EPOCH_TICK: Duration = Duration::from_millis(10);

/// Moves the epoch on while at least one [`Running`] lives; asleep else.
pub(super) struct Ticker {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    running: usize,
    /// Whether the thread waits to be told: a call costs no system call where it does not.
    asleep: bool,
    ended: bool,
}

/// A call that may have to be interrupted.
pub(super) struct Running {
    shared: Arc<Shared>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let engine = engine.weak();
        let thread_shared = Arc::clone(&shared);
        thread::Builder::new()
            .name("wasm-epoch".to_owned())
            .spawn(move || tick(&thread_shared, &engine))?;
        Ok(Self { shared })
    }

    pub(super) fn running(&self) -> Running {
        let mut state = self.shared.lock();
        state.running += 1;
        let asleep = state.asleep;
        drop(state);
        if asleep {
            self.shared.changed.notify_one();
        }
        Running {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.lock().running -= 1;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tick(shared: &Shared, engine: &EngineWeak) {
    loop {
        let idle = |state: &mut State| {
            state.asleep = state.running == 0 && !state.ended;
            state.asleep
        };
        let state = shared.changed.wait_while(shared.lock(), idle);
        if state.unwrap_or_else(PoisonError::into_inner).ended {
            return;
        }
        thread::sleep(EPOCH_TICK);
        let Some(engine) = engine.upgrade() else {
            return;
        };
        engine.increment_epoch();
    }
}

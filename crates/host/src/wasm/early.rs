//! A timer that is due before all others, while there are calls: a runtime's thread that waits has to
//! be woken by a system call for every timer that is earlier than those it knows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// When it is due. Deadlines of calls and requests are later.
const EARLY_TIMER: Duration = Duration::from_millis(500);

/// Sees to it that there is one.
#[derive(Default)]
pub(super) struct Early(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_there: AtomicBool,
    needed: AtomicBool,
}

impl Early {
    /// A call begins, on this thread's runtime.
    pub(super) fn needed(&self) {
        self.0.needed.store(true, Ordering::Relaxed);
        if !self.0.is_there.load(Ordering::Relaxed)
            && !self.0.is_there.swap(true, Ordering::Relaxed)
        {
            tokio::spawn(keep(There(Arc::clone(&self.0))));
        }
    }
}

/// Ends when no call began for as long as it takes, or with the runtime.
async fn keep(there: There) {
    while there.0.needed.swap(false, Ordering::Relaxed) {
        tokio::time::sleep(EARLY_TIMER).await;
    }
}

struct There(Arc<Shared>);

impl Drop for There {
    fn drop(&mut self) {
        self.0.is_there.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_when_no_call_began_or_its_runtime_ended_and_comes_again() {
        let early = Early::default();
        let is_there = || early.0.is_there.load(Ordering::Relaxed);
        for _ in 0..2 {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .unwrap();
            runtime.block_on(async {
                early.needed();
                early.needed();
                assert!(is_there());
                tokio::time::sleep(EARLY_TIMER * 4).await;
                assert!(!is_there());
                early.needed();
            });
            assert!(is_there());
            drop(runtime);
            assert!(!is_there());
        }
    }
}

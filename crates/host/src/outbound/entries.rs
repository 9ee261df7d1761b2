//! The answers that are there for the instances of one store, and the requests that are under way.

use std::{sync::Arc, time::Instant};

use futures_util::future::{BoxFuture, Shared, WeakShared};
use wasmtime_wasi_http::Error;
use zeroize::Zeroizing;

use super::{answer::Answer, had::Question};

/// How long a request that is shared, and an answer that is kept, may be, in bytes.
pub(super) const MAX_SHARED: usize = 64 << 10;
/// How many answers of one store are kept.
const MAX_KEPT_ANSWERS: usize = 8;

/// What there is of one store. It has no `Debug`: keys are in it.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) list: Vec<Entry>,
    /// How many there ever were.
    pub(super) count: u64,
}

pub(super) struct Entry {
    pub(super) question: Arc<Question>,
    pub(super) proof: Proof,
    pub(super) number: u64,
    pub(super) began: Instant,
    pub(super) state: State,
}

/// Who asks, with the whole body.
#[derive(PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) by: String,
    pub(super) body: Zeroizing<Vec<u8>>,
}

pub(super) enum State {
    /// It ends when nobody waits for it.
    UnderWay(WeakShared<BoxFuture<'static, Landed>>),
    Kept(Kept),
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) answer: Arc<Answer>,
    pub(super) fresh_until: Instant,
    pub(super) until: Instant,
    pub(super) repeatable: bool,
}

/// What became of a request.
#[derive(Clone)]
pub(super) struct Landed {
    pub(super) came: Result<Arc<Answer>, Arc<Error>>,
    /// Until when it is good, if it gives what was asked for.
    pub(super) until: Option<Instant>,
}

impl Entries {
    /// Forgets what is good no longer, and what nobody waits for.
    pub(super) fn forget_ended(&mut self, now: Instant) {
        self.list.retain(|entry| match &entry.state {
            State::UnderWay(flight) => flight.upgrade().is_some(),
            State::Kept(kept) => kept.until > now,
        });
    }

    /// The answer to `question` that is there.
    pub(super) fn kept(&self, question: &Question) -> Option<(&Entry, &Kept)> {
        self.list.iter().find_map(|entry| match &entry.state {
            State::Kept(kept) if *entry.question == *question => Some((entry, kept)),
            _ => None,
        })
    }

    /// The newest request for it of the same asker that is under way.
    pub(super) fn under_way(
        &self,
        question: &Question,
        proof: &Proof,
    ) -> Option<(&Entry, Shared<BoxFuture<'static, Landed>>)> {
        let mut newest_first = self.list.iter().rev();
        newest_first.find_map(|entry| match &entry.state {
            State::UnderWay(flight) if *entry.question == *question && entry.proof == *proof => {
                Some((entry, flight.upgrade()?))
            }
            _ => None,
        })
    }

    /// Keeps what came of `entry`, unless what is there was asked for later.
    pub(super) fn keep(&mut self, entry: Entry, kept: Kept) {
        let before = self.kept(&entry.question).map(|(it, _)| it.number);
        if before.is_some_and(|number| number > entry.number) || kept.answer.body.len() > MAX_SHARED
        {
            return;
        }
        self.list.retain(|it| Some(it.number) != before);
        let all = self.list.iter();
        let count = all.filter(|it| matches!(it.state, State::Kept(_)));
        if count.count() < MAX_KEPT_ANSWERS {
            self.list.push(Entry {
                state: State::Kept(kept),
                ..entry
            });
        }
    }
}

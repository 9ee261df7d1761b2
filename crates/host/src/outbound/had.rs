//! What one instance has asked for, and which answers it has had.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::{Method, Uri};
use zeroize::Zeroizing;

/// How many answers are remembered of an instance.
const MAX_HAD: usize = 32;

/// What is asked. It has no `Debug`: what names a key or a role may be in it.
#[derive(PartialEq, Eq)]
pub(super) struct Question {
    pub(super) method: Method,
    pub(super) uri: Uri,
    /// The body, or what of it is the question.
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// The answers that one instance has had, each by its number. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Had(Arc<Mutex<Past>>);

#[derive(Default)]
struct Past {
    asked: Vec<Asked>,
    /// When its last request began whose answer is not shared.
    last_other: Option<Instant>,
}

struct Asked {
    question: Arc<Question>,
    number: u64,
    /// Until when what it got is good, if it got it.
    until: Option<Instant>,
}

impl Had {
    /// Notes that a request begins whose answer is not shared.
    pub(super) fn note_other(&self) {
        self.lock().last_other = Some(Instant::now());
    }

    /// Notes that it asks, and what it gets if that is known.
    pub(super) fn asks(&self, question: &Arc<Question>, number: u64, until: Option<Instant>) {
        let asked = &mut self.lock().asked;
        if asked.len() >= MAX_HAD {
            asked.remove(0);
        }
        asked.push(Asked {
            question: Arc::clone(question),
            number,
            until,
        });
    }

    /// Notes that it gets what it asked for, good until then.
    pub(super) fn got(&self, number: u64, until: Instant) {
        let mut past = self.lock();
        let asked = past.asked.iter_mut().filter(|it| it.number == number);
        asked.for_each(|it| it.until = Some(until));
    }

    /// Whether it waits for the request of this number, or did so.
    pub(super) fn has_asked(&self, number: u64) -> bool {
        self.lock().asked.iter().any(|it| it.number == number)
    }

    /// Whether the answer of this number, to a request that `began` then, is new to it. Who asks again
    /// before the answer that it has is over may have been refused with it: new is then what was asked
    /// for after its last other request.
    pub(super) fn lacks(&self, question: &Question, number: u64, began: Instant) -> bool {
        let past = self.lock();
        let mut had = past.asked.iter().filter(|it| it.until.is_some());
        if had.clone().any(|it| it.number == number) {
            return false;
        }
        let last = had.rfind(|it| *it.question == *question);
        let is_good = last.is_some_and(|it| it.until > Some(Instant::now()));
        !is_good || past.last_other.is_none_or(|other| began > other)
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_may_have_been_refused_is_not_given_again_nor_what_was_asked_for_before() {
        let question = Arc::new(Question {
            method: Method::GET,
            uri: Uri::from_static("http://m.test/"),
            body: Zeroizing::default(),
        });
        let (had, start) = (Had::default(), Instant::now());
        let lacks = |number, began| had.lacks(&question, number, began);
        let hour = Duration::from_secs(3_600);
        had.asks(&question, 1, None);
        assert!(had.has_asked(1) && !had.has_asked(2));
        // It gave that up, and does not wait for it again; but did not get it.
        assert!(lacks(1, start));
        had.got(1, start + hour);
        assert!(!lacks(1, start) && lacks(2, start));
        had.note_other();
        assert!(!lacks(2, start) && lacks(3, Instant::now() + hour));
        // It is over: nobody refused it.
        had.got(1, start);
        assert!(!lacks(1, start) && lacks(2, start));
    }
}

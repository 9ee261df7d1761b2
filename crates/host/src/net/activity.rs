//! What a connection does, as seen from below HTTP: enough to tell a slow caller from an idle one,
//! and both from one that works.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// From the first byte of a request to the end of its head: daprd's limit.
const CALLER_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller may take nothing of an answer that waits for it.
const CALLER_STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may be open without a call: daprd's limit for gRPC.
const CALLER_IDLE_TIMEOUT: Duration = Duration::from_secs(180);
/// How long a connection that is to end may still be silent.
pub(super) const CALLER_LINGER: Duration = Duration::from_millis(200);
/// What HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What is to be done with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Keep,
    /// End it in the way of its protocol.
    End,
    /// Close it as it is.
    Close,
}

/// What one connection does. Cheap to clone; clones are of the same connection.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<State>>);

struct State {
    /// How much of [`PREFACE`] has come; `None` once it is known to be HTTP/1.
    preface: Option<usize>,
    /// How many calls are being answered.
    calls: usize,
    /// How many of them somebody waits for once the connection is to end.
    owed: usize,
    /// How many of these have not come whole: nobody loses anything by their end.
    half: usize,
    /// Since when none is.
    idle_since: Instant,
    /// When the head began to come that is not there yet.
    head_since: Option<Instant>,
    /// Since when the caller takes nothing.
    blocked_since: Option<Instant>,
    /// Answers of which there is more to take, by the number of their call, and since when.
    untaken: HashMap<u64, Instant>,
    /// The number of the next call.
    next: u64,
    /// When a byte went either way.
    moved: Instant,
}

impl Activity {
    pub(super) fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(State {
            preface: Some(0),
            calls: 0,
            owed: 0,
            half: 0,
            idle_since: now,
            // Whoever connects is about to ask.
            head_since: Some(now),
            blocked_since: None,
            untaken: HashMap::new(),
            next: 0,
            moved: now,
        })))
    }

    /// A call begins, and ends when what is given here is dropped. One that is not `owed` does not
    /// keep up the end of the connection.
    pub(super) fn call(&self, owed: bool) -> InCall {
        let mut state = self.state();
        state.calls += 1;
        state.owed += usize::from(owed);
        state.head_since = None;
        let number = state.next;
        state.next += 1;
        let activity = self.clone();
        InCall {
            activity,
            owed,
            number,
        }
    }

    /// A call that is owed has not come whole until what is given here is dropped.
    pub(super) fn half_a_call(&self) -> HalfACall {
        self.state().half += 1;
        HalfACall(self.clone())
    }

    /// What is to be done at `now`; `ending` once the connection was told to end.
    pub(super) fn verdict(&self, now: Instant, ending: bool) -> Verdict {
        let state = self.state();
        let since = |start: Instant| now.saturating_duration_since(start);
        if let Some(blocked) = state.blocked_since {
            return close_if(since(blocked) >= CALLER_STALL_TIMEOUT);
        }
        // Of HTTP/2 a caller may take everything but one answer.
        let mut untaken = state.untaken.values();
        if untaken.any(|start| since(*start) >= CALLER_STALL_TIMEOUT) {
            return Verdict::Close;
        }
        if ending {
            let owes = state.owed > state.half;
            return close_if(!owes && since(state.moved) >= CALLER_LINGER);
        }
        if state.calls > 0 {
            return Verdict::Keep;
        }
        match state.head_since {
            Some(head) => close_if(since(head) >= CALLER_HEAD_TIMEOUT),
            None if since(state.idle_since) >= CALLER_IDLE_TIMEOUT => Verdict::End,
            None => Verdict::Keep,
        }
    }

    pub(super) fn read(&self, bytes: &[u8], now: Instant) {
        let mut state = self.state();
        state.moved = now;
        let begins = state.calls == 0 && state.head_since.is_none();
        match state.preface {
            // From here on callers may be silent, and ask without a byte of their own in between.
            Some(PREFACE_LENGTH) => {}
            Some(seen) => {
                let expected = &PREFACE[seen..];
                let length = bytes.len().min(expected.len());
                if bytes[..length] != expected[..length] {
                    state.preface = None;
                } else {
                    state.preface = Some(seen + length);
                    if seen + length == PREFACE_LENGTH {
                        state.head_since = None;
                    }
                }
            }
            None if begins => state.head_since = Some(now),
            None => {}
        }
    }

    pub(super) fn wrote(&self, now: Instant) {
        let mut state = self.state();
        state.moved = now;
        state.blocked_since = None;
    }

    pub(super) fn blocked(&self, now: Instant) {
        self.state().blocked_since.get_or_insert(now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const PREFACE_LENGTH: usize = PREFACE.len();

fn close_if(condition: bool) -> Verdict {
    if condition {
        Verdict::Close
    } else {
        Verdict::Keep
    }
}

/// One call, from its head to the end of its answer.
pub(super) struct InCall {
    activity: Activity,
    owed: bool,
    number: u64,
}

impl InCall {
    /// There is more of its answer for the caller to take.
    pub(super) fn offers(&self, now: Instant) {
        self.activity.state().untaken.insert(self.number, now);
    }

    /// The caller has taken what there was.
    pub(super) fn is_taken(&self) {
        self.activity.state().untaken.remove(&self.number);
    }
}

impl Drop for InCall {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        state.calls -= 1;
        state.owed -= usize::from(self.owed);
        state.untaken.remove(&self.number);
        state.idle_since = Instant::now();
    }
}

/// The time in which somebody waits for the rest of a call.
pub(super) struct HalfACall(Activity);

impl Drop for HalfACall {
    fn drop(&mut self) {
        self.0.state().half -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_nobody_takes_ends_the_connection_though_others_are_taken() {
        let start = Instant::now();
        let activity = Activity::new(start);
        let (taken, left) = (activity.call(true), activity.call(true));
        left.offers(start);
        let late = start + CALLER_STALL_TIMEOUT;
        taken.offers(late);
        assert_eq!(activity.verdict(late - CALLER_LINGER, false), Verdict::Keep);
        for ending in [false, true] {
            assert_eq!(activity.verdict(late, ending), Verdict::Close);
        }
        left.is_taken();
        assert_eq!(activity.verdict(late, false), Verdict::Keep);
        left.offers(start);
        drop(left);
        assert_eq!(activity.verdict(late, false), Verdict::Keep);
    }

    #[test]
    fn a_head_has_its_time_from_its_first_byte() {
        let start = Instant::now();
        let silent = Activity::new(start);
        assert_eq!(silent.verdict(start, false), Verdict::Keep);
        assert_eq!(
            silent.verdict(start + CALLER_HEAD_TIMEOUT, false),
            Verdict::Close
        );

        let slow = Activity::new(start);
        slow.read(b"GET /", start + CALLER_HEAD_TIMEOUT / 2);
        assert_eq!(
            slow.verdict(start + CALLER_HEAD_TIMEOUT, false),
            Verdict::Close
        );
        drop(slow.call(true));
        let idle = Instant::now() + CALLER_HEAD_TIMEOUT;
        assert_eq!(slow.verdict(idle, false), Verdict::Keep);
        slow.read(b"GET", idle);
        assert_eq!(
            slow.verdict(idle + CALLER_HEAD_TIMEOUT, false),
            Verdict::Close
        );
    }

    #[test]
    fn an_idle_connection_ends_and_one_with_a_call_goes_on() {
        let start = Instant::now();
        let activity = Activity::new(start);
        let call = activity.call(true);
        let later = start + 2 * CALLER_IDLE_TIMEOUT;
        assert_eq!(activity.verdict(later, false), Verdict::Keep);
        assert_eq!(activity.verdict(later, true), Verdict::Keep);
        drop(call);
        assert_eq!(activity.verdict(later, false), Verdict::End);
        assert_eq!(activity.verdict(later, true), Verdict::Close);
    }

    #[test]
    fn only_calls_that_are_whole_and_owed_keep_up_the_end() {
        let start = Instant::now();
        let activity = Activity::new(start);
        let later = start + 2 * CALLER_IDLE_TIMEOUT;
        let stream = activity.call(false);
        assert_eq!(activity.verdict(later, false), Verdict::Keep);
        assert_eq!(activity.verdict(later, true), Verdict::Close);
        let half = activity.call(true);
        let waiting = activity.half_a_call();
        assert_eq!(activity.verdict(later, true), Verdict::Close);
        drop(waiting);
        assert_eq!(activity.verdict(later, true), Verdict::Keep);
        drop((stream, half));
        assert_eq!(activity.verdict(later, true), Verdict::Close);
    }

    #[test]
    fn http_2_may_be_silent_once_it_has_begun() {
        let start = Instant::now();
        let activity = Activity::new(start);
        activity.read(&PREFACE[..3], start);
        assert_eq!(
            activity.verdict(start + CALLER_HEAD_TIMEOUT, false),
            Verdict::Close
        );
        activity.read(&PREFACE[3..], start);
        activity.read(b"a ping", start);
        assert_eq!(
            activity.verdict(start + CALLER_HEAD_TIMEOUT, false),
            Verdict::Keep
        );
        let idle = start + CALLER_IDLE_TIMEOUT;
        assert_eq!(activity.verdict(idle, false), Verdict::End);
    }

    #[test]
    fn whoever_takes_nothing_of_an_answer_is_let_go() {
        let start = Instant::now();
        let activity = Activity::new(start);
        let _call = activity.call(true);
        activity.blocked(start);
        let later = start + CALLER_STALL_TIMEOUT;
        assert_eq!(activity.verdict(later, false), Verdict::Close);
        activity.wrote(later);
        assert_eq!(activity.verdict(later, false), Verdict::Keep);
    }
}

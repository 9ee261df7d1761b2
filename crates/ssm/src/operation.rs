//! What a user of the client asked for: several calls under one deadline, and where they are.

use alloc::format;
use core::{
    cell::{Cell, RefCell},
    time::Duration,
};

use crate::{
    config::duration_text,
    error::{Error, ErrorKind},
    service::Service,
    transport::Step,
};

/// Several calls under one deadline.
pub(crate) struct Operation {
    /// A moment of the monotonic clock.
    pub(crate) deadline: Duration,
    /// Whether it sends many requests by itself, and so keeps to a pace.
    pub(crate) bulk: bool,
    /// Whether it repeats what is throttled.
    pub(crate) retry_throttled: bool,
    last_failure: RefCell<Option<Error>>,
    /// Calls that wait for their turn under the client's own pace.
    held: Cell<usize>,
    /// Requests that wait for the head of their answer.
    waiting: Cell<usize>,
    /// Requests whose answer has begun.
    reading: Cell<usize>,
    /// Requests that SSM has answered.
    answered: Cell<usize>,
    /// Who is asked at this moment.
    asked: Cell<Service>,
}

impl Operation {
    /// One that repeats what may pass. `deadline` is a moment of the monotonic clock.
    pub(crate) fn until(deadline: Duration) -> Self {
        Self {
            deadline,
            bulk: false,
            retry_throttled: true,
            last_failure: RefCell::new(None),
            held: Cell::new(0),
            waiting: Cell::new(0),
            reading: Cell::new(0),
            answered: Cell::new(0),
            asked: Cell::new(Service::Ssm),
        }
    }

    /// Takes note that `service` is asked, until dropped.
    pub(crate) fn asks(&self, service: Service) -> Asks<'_> {
        let before = self.asked.replace(service);
        Asks {
            operation: self,
            before,
        }
    }

    /// Who is asked at this moment.
    pub(crate) fn asked(&self) -> Service {
        self.asked.get()
    }

    /// One that sends many requests by itself.
    pub(crate) fn in_bulk(self) -> Self {
        Self { bulk: true, ..self }
    }

    /// One that repeats what is throttled, or leaves that to its caller.
    pub(crate) fn retrying_throttled(self, retry_throttled: bool) -> Self {
        Self {
            retry_throttled,
            ..self
        }
    }

    /// Takes note of a failure that is retried.
    pub(crate) fn failed(&self, error: Error) {
        self.last_failure.replace(Some(error));
    }

    /// Takes note of an answer.
    pub(crate) fn answered(&self) {
        add(&self.answered);
    }

    /// Counts a call as held back by the client's own pace, until dropped.
    pub(crate) fn hold(&self) -> Counted<'_> {
        Counted::new(&self.held)
    }

    /// Counts a request as sent, until dropped.
    pub(crate) fn attempt(&self) -> Attempt<'_> {
        Attempt {
            operation: self,
            step: Cell::new(Step::Answer),
            counted: RefCell::new(Counted::new(&self.waiting)),
        }
    }

    /// The error for this operation, now that its deadline passed after `timeout`: what it waits for
    /// at this moment, of `origin`.
    pub(crate) fn deadline_error(&self, subject: &str, timeout: Duration, origin: &str) -> Error {
        let last = self.last_failure.borrow();
        let property = self.asked.get().property();
        let limit = duration_text(timeout);
        let mut message = format!("{subject} did not end within {limit} (the setting timeout)");
        let (held, waiting, reading) = (self.held.get(), self.waiting.get(), self.reading.get());
        if held > 0 {
            message.push_str(&format!(
                "; its own pace held it back: {} requests were answered, {} are under way and {held} \
                 wait their turn; read fewer at once (names, prefix), raise timeout, or \
                 maxRequestsPerSecond if SSM allows the account more",
                self.answered.get(),
                waiting + reading,
            ));
        }
        if let Some(last) = &*last {
            message.push_str("; the last failure on the way: ");
            message.push_str(&last.message);
        } else if held == 0 {
            let what = match (waiting, reading) {
                (0, 0) => "",
                (0, _) => " did not end its answer",
                _ => " did not answer",
            };
            message.push_str("; ");
            if !what.is_empty() {
                message.extend([origin, what, "; check the network and ", property, ", or "]);
            }
            message.push_str("raise timeout");
        }
        Error::new(ErrorKind::Timeout, message)
            .with_code(last.as_ref().and_then(|last| last.code.clone()))
            .with_request_id(last.as_ref().and_then(|last| last.request_id.clone()))
            .retryable()
    }
}

/// That somebody is asked, until dropped.
pub(crate) struct Asks<'a> {
    operation: &'a Operation,
    before: Service,
}

impl Drop for Asks<'_> {
    fn drop(&mut self) {
        self.operation.asked.set(self.before);
    }
}

/// A request that was sent.
pub(crate) struct Attempt<'a> {
    operation: &'a Operation,
    step: Cell<Step>,
    counted: RefCell<Counted<'a>>,
}

impl Attempt<'_> {
    /// Takes note that the answer has begun.
    pub(crate) fn arrived(&self) {
        let reading = Counted::new(&self.operation.reading);
        self.counted.replace(reading);
        self.step.set(Step::Read);
    }

    /// Where it has got to, as far as the transport tells.
    pub(crate) fn step(&self) -> Step {
        self.step.get()
    }
}

/// One in a count, until dropped.
pub(crate) struct Counted<'a>(&'a Cell<usize>);

impl<'a> Counted<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        add(count);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

fn add(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

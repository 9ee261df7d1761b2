//! Whatever answers in the place of SSM, STS and the metadata service: nothing panics or goes on for
//! ever, no answer is taken for another secret's, and no message holds a key or breaks the line.
//!
//! An input is a letter for the operation, and the answers, separated by `\x1e`: a line with the
//! status, a line with the `Date` header, the body.

#![no_main]

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    hash::{DefaultHasher, Hash, Hasher},
    pin::pin,
    slice::Split,
    task::{Context, Poll, Waker},
    time::Duration,
};

use libfuzzer_sys::fuzz_target;
use ssm::{
    Client, Config, CredentialChain, CredentialSource, Credentials, Error, Now, OnError, Region,
    Request, Response, Role, SecretName, SecretType, Selection, Step, Transport, TransportError,
    VersionId,
};
use zeroize::Zeroizing;

/// A call that is polled more often than this goes round in circles.
const MAX_POLLS: usize = 100_000;

/// Answers what the input says, and then not at all. Time passes only when all wait.
struct Script<'a> {
    answers: RefCell<Split<'a, u8, fn(&u8) -> bool>>,
    clock: Cell<Duration>,
    next: Cell<Option<Duration>>,
}

impl Transport for &Script<'_> {
    async fn send(&self, _: Request<'_>) -> Result<Response, TransportError> {
        let answer = self.answers.borrow_mut().next();
        let answer = answer.ok_or_else(|| TransportError::Failed(Step::Connect, String::new()))?;
        let mut parts = answer.splitn(3, |byte| *byte == b'\n');
        let mut text = || str::from_utf8(parts.next().unwrap_or_default()).unwrap_or_default();
        let (status, date) = (text().parse().unwrap_or(200), text().to_owned());
        Ok(Response {
            status,
            date: Some(date).filter(|date| !date.is_empty()),
            body: Zeroizing::new(parts.next().unwrap_or_default().to_vec()),
        })
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.clock.get().saturating_add(duration);
        poll_fn(|_| {
            if self.clock.get() >= until {
                return Poll::Ready(());
            }
            let next = self.next.get().map_or(until, |next| next.min(until));
            self.next.set(Some(next));
            Poll::Pending
        })
        .await;
    }

    fn now(&self) -> Now {
        Now {
            monotonic: self.clock.get(),
            unix: self
                .clock
                .get()
                .saturating_add(Duration::from_secs(1_700_000_000)),
        }
    }
}

fn run<R>(
    clock: &Cell<Duration>,
    next: &Cell<Option<Duration>>,
    work: impl Future<Output = R>,
) -> R {
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MAX_POLLS {
        if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
            return result;
        }
        if let Some(next) = next.take() {
            clock.set(next.max(clock.get()));
        }
    }
    panic!("it does not end");
}

fn is_separator(byte: &u8) -> bool {
    *byte == 0x1e
}

/// The key, other for every input: what compares it with a message teaches libFuzzer to write it
/// into answers, which messages quote. The name of a secret, which messages tell, cannot hold it.
fn key_for(data: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    format!("k3y!{:016x}", hasher.finish())
}

fn check(error: &Error, key: &str) {
    let parts = [
        Some(&error.message),
        error.code.as_ref(),
        error.request_id.as_ref(),
    ];
    for text in parts.into_iter().flatten() {
        assert!(!text.contains(key), "{text}");
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((operation, answers)) = data.split_first() else {
        return;
    };
    let key = &*key_for(data);
    let own = |text: &str| Zeroizing::new(text.to_owned());
    let keys = Credentials::new(own("AKIDx"), own(key), None).ok().unwrap();
    let role = || {
        let arn = "qcs::cam::uin/1:roleName/x".to_owned();
        Role::new(
            arn,
            "fuzz".to_owned(),
            Role::DEFAULT_DURATION,
            Some(own(key)),
        )
    };
    let mut chain = CredentialChain::new(match operation {
        b'm' | b'i' => CredentialSource::CvmRole { name: None },
        b'w' => CredentialSource::WebIdentity {
            token: own(key),
            provider_id: "x".to_owned(),
            role: role().ok().unwrap(),
        },
        _ => CredentialSource::Fixed(keys),
    });
    if matches!(operation, b'a' | b'i') {
        chain.role = role().ok();
    }
    let mut config = Config::new(Region::parse("ap-guangzhou").unwrap(), chain);
    if matches!(operation, b'h' | b'k') {
        config.secret_types = SecretType::ALL.to_vec();
    }
    let script = Script {
        answers: RefCell::new(answers.split(is_separator as fn(&u8) -> bool)),
        clock: Cell::default(),
        next: Cell::default(),
    };
    let client = Client::new(config, &script);
    let (clock, next) = (&script.clock, &script.next);
    let name = SecretName::parse("db").unwrap();
    let version = VersionId::parse("v1").unwrap();
    let previous = VersionId::parse("previous").unwrap();
    match operation {
        b'v' => match run(clock, next, client.get(&name, Some(&version))) {
            Ok(secret) => assert_eq!((&*secret.name, &*secret.version_id), ("db", "v1")),
            Err(error) => check(&error, key),
        },
        b'i' => match run(clock, next, client.identity()) {
            Ok(identity) => {
                let text = format!("{identity:?}");
                assert!(!text.contains(key) && !text.contains(char::is_control));
            }
            Err(error) => check(&error, key),
        },
        b'c' | b'm' | b'w' | b'a' | b'h' => match run(clock, next, client.get(&name, None)) {
            Ok(secret) => assert_eq!(secret.name, "db"),
            Err(error) => check(&error, key),
        },
        b'r' => match run(clock, next, client.get(&name, Some(&previous))) {
            Ok(secret) => assert_eq!(secret.name, "db"),
            Err(error) => check(&error, key),
        },
        b'p' => match run(clock, next, client.ping()) {
            Ok(()) => {}
            Err(error) => check(&error, key),
        },
        other => {
            let on_error = if *other == b'f' {
                OnError::Fail
            } else {
                OnError::Skip
            };
            let all = Selection::Prefix("d".to_owned());
            match run(clock, next, client.bulk_get(&all, None, on_error)) {
                Ok(secrets) => {
                    assert!(secrets.is_sorted_by(|one, next| one.name < next.name));
                    assert!(secrets.iter().all(|secret| secret.name.starts_with('d')));
                }
                Err(error) => check(&error, key),
            }
        }
    }
});

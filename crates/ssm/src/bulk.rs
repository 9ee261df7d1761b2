//! Reading many secrets: lists and reads at once, in one bounded set of requests in flight.

use alloc::{borrow::ToOwned, collections::VecDeque, format, string::String, vec::Vec};

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::{
    actions::{Action, ListSecrets, SecretValue, SecretsPage},
    call::{Call, Caller},
    error::{Error, ErrorKind},
    listing::{Listing, Range},
    names::{SecretName, VersionId},
    operation::Operation,
    sorted,
    transport::Transport,
    versions::{self, Versions},
};

/// Which secrets a bulk read is about.
pub enum Selection {
    /// The secrets of these names, each of which must exist. A name that stands there twice is
    /// read once.
    Named(Vec<SecretName>),
    /// All enabled custom secrets whose name starts with this text; with an empty one, all of
    /// them.
    Prefix(String),
}

/// What one failed secret does to a bulk read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The whole read fails.
    Fail,
    /// The secret is left out, if its failure is its own and for good: it is denied, say, or its
    /// answer cannot be accepted. What may succeed later, and refused keys, still fail the read.
    Skip,
}

/// What one bulk read is to do.
pub(crate) struct BulkRead<'a> {
    pub(crate) selection: &'a Selection,
    /// The version to read of each; `None` is the current one.
    pub(crate) version: Option<&'a VersionId>,
    pub(crate) on_error: OnError,
    /// How many requests are kept in flight; 0 counts as 1.
    pub(crate) max_in_flight: usize,
}

enum Task {
    Page(Range),
    Value(String),
}

enum Done {
    Page(Range, Result<SecretsPage, Error>),
    Value(Result<SecretValue, Error>),
}

/// Reads what `wanted` says. Pages go before values, so that no read waits for a name.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    versions: &Versions,
    wanted: &BulkRead<'_>,
) -> Result<Vec<SecretValue>, Error> {
    let mut queue: VecDeque<String> = VecDeque::new();
    let mut listing = None;
    let prefix = match wanted.selection {
        Selection::Named(names) => {
            let mut distinct = Vec::new();
            for name in names {
                sorted::insert(&mut distinct, name.as_str(), |name| name);
            }
            queue.extend(distinct.into_iter().map(str::to_owned));
            ""
        }
        Selection::Prefix(prefix) => {
            listing = Some(Listing::new());
            prefix
        }
    };

    let version = wanted.version;
    let run = |task| async move {
        match task {
            Task::Page(range) => Done::Page(range, read_page(caller, operation, range).await),
            Task::Value(name) => {
                Done::Value(versions::read(caller, operation, versions, &name, version).await)
            }
        }
    };
    let mut secrets = Vec::new();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < wanted.max_in_flight.max(1) {
            let page = listing
                .as_mut()
                .and_then(Listing::next_page)
                .map(Task::Page);
            let Some(task) = page.or_else(|| queue.pop_front().map(Task::Value)) else {
                break;
            };
            running.push(run(task));
        }
        match running.next().await {
            None => return Ok(secrets),
            Some(Done::Page(range, page)) => {
                let page = page?;
                if let Some(listing) = &mut listing {
                    let names = listing.accept(range, page).map_err(no_list)?;
                    queue.extend(names.into_iter().filter(|name| name.starts_with(prefix)));
                }
            }
            Some(Done::Value(Ok(secret))) => {
                sorted::insert(&mut secrets, secret, |secret| &secret.name);
            }
            Some(Done::Value(Err(error))) => {
                let vanished = listing.is_some() && is_gone(&error, version);
                if !vanished && !may_skip(&error, wanted.on_error) {
                    return Err(error);
                }
            }
        }
    }
}

/// What was being done, in the messages about a listing.
const LISTING: &str = "listing the secrets";

async fn read_page<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    range: Range,
) -> Result<SecretsPage, Error> {
    let parameters = ListSecrets::page(range.start, range.len());
    let call = Call::new(Action::ListSecrets, &parameters, LISTING)?;
    let answer = caller.call(operation, &call).await?;
    answer.fields(LISTING, SecretsPage::read)
}

/// Whether a secret that was listed is no longer there to be read. A version that was asked for and
/// that it lacks is another matter: whoever reads that wants it of every secret.
fn is_gone(error: &Error, version: Option<&VersionId>) -> bool {
    error.kind == ErrorKind::NotFound
        && !error.about_keys
        && (version.is_none()
            || error.has_code("ResourceNotFound.SecretNotExist")
            || error.has_code("ResourceUnavailable"))
}

fn may_skip(error: &Error, on_error: OnError) -> bool {
    let of_the_secret = !error.about_keys && error.kind != ErrorKind::Unauthenticated;
    on_error == OnError::Skip && !error.retryable && of_the_secret
}

fn no_list(why: &str) -> Error {
    let message = format!("{LISTING} failed: the answer {why}; nothing was read. Check endpoint");
    Error::new(ErrorKind::Internal, message)
}

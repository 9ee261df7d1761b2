//! Reading many secrets: lists and reads at once, in one bounded set of requests in flight.

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::{
    actions::{Action, ListSecrets, SecretValue, SecretsPage, TagFilter},
    call::{Call, Caller},
    error::{Error, ErrorKind},
    listing::{Listing, Range},
    names::{SecretName, VersionId},
    operation::Operation,
    secret::{self, Known},
    secret_type::SecretType,
    sorted,
    transport::Transport,
};

/// Which secrets a bulk read is about.
pub enum Selection {
    /// The secrets of these names, each of which must exist. A name that stands there twice is
    /// read once.
    Named(Vec<SecretName>),
    /// All enabled secrets of the client's types and tags whose name starts with this text; with an
    /// empty one, all of them.
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
    /// The types to list, and the tags that what is listed has.
    pub(crate) types: &'a [SecretType],
    pub(crate) tag_filters: &'a [TagFilter],
    /// The version to read of each; `None` is the current one.
    pub(crate) version: Option<&'a VersionId>,
    pub(crate) on_error: OnError,
    /// How many requests are kept in flight; 0 counts as 1.
    pub(crate) max_in_flight: usize,
}

/// The lists are told apart by their place among the types.
enum Task {
    Page(usize, SecretType, Range),
    Value(String, Option<SecretType>),
}

enum Done {
    Page(usize, Range, Result<SecretsPage, Error>),
    Value(Result<SecretValue, Error>),
}

/// Reads what `wanted` says. Pages go before values, so that no read waits for a name, and the lists
/// of all types at the same time.
pub(crate) async fn read<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    known: &Known,
    wanted: &BulkRead<'_>,
) -> Result<Vec<SecretValue>, Error> {
    let mut queue: Vec<(String, Option<SecretType>)> = Vec::new();
    let mut listings: Vec<Listing> = Vec::new();
    let mut distinct: Vec<String> = Vec::new();
    let prefix = match wanted.selection {
        Selection::Named(names) => {
            for name in names {
                sorted::insert(&mut distinct, name.as_str().to_owned(), |name| name);
            }
            queue.extend(distinct.drain(..).map(|name| (name, None)));
            ""
        }
        Selection::Prefix(prefix) => {
            listings.extend(wanted.types.iter().copied().map(Listing::new));
            prefix
        }
    };

    let (version, tag_filters) = (wanted.version, wanted.tag_filters);
    let run = |task| async move {
        match task {
            Task::Page(list, kind, range) => {
                let page = read_page(caller, operation, kind, tag_filters, range).await;
                Done::Page(list, range, page)
            }
            Task::Value(name, kind) => {
                Done::Value(secret::read(caller, operation, known, &name, kind, version).await)
            }
        }
    };
    let mut secrets = Vec::new();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < wanted.max_in_flight.max(1) {
            let mut lists = listings.iter_mut().enumerate();
            let page = lists.find_map(|(list, listing)| {
                let range = listing.next_page()?;
                Some(Task::Page(list, listing.kind, range))
            });
            let value = || queue.pop().map(|(name, kind)| Task::Value(name, kind));
            let Some(task) = page.or_else(value) else {
                break;
            };
            running.push(run(task));
        }
        match running.next().await {
            None => return Ok(secrets),
            Some(Done::Page(list, range, page)) => {
                let page = page?;
                if let Some(listing) = listings.get_mut(list) {
                    let kind = listing.kind;
                    let names = listing
                        .accept(range, page)
                        .map_err(|why| no_list(kind, why))?;
                    for name in names {
                        if name.starts_with(prefix)
                            && sorted::insert(&mut distinct, name.clone(), |name| name)
                        {
                            queue.push((name, Some(kind)));
                        }
                    }
                }
            }
            Some(Done::Value(Ok(secret))) => {
                sorted::insert(&mut secrets, secret, |secret| &secret.name);
            }
            Some(Done::Value(Err(error))) => {
                let vanished = !listings.is_empty() && is_gone(&error, version);
                if !vanished && !may_skip(&error, wanted.on_error) {
                    return Err(error);
                }
            }
        }
    }
}

async fn read_page<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    kind: SecretType,
    tag_filters: &[TagFilter],
    range: Range,
) -> Result<SecretsPage, Error> {
    let subject = subject(kind);
    let parameters = ListSecrets::page(range.start, range.len(), kind, tag_filters);
    let call = Call::new(Action::ListSecrets, &parameters, &subject)?;
    let answer = caller.call(operation, &call).await.map_err(|mut error| {
        if error.kind == ErrorKind::InvalidRequest {
            error.message.push_str(refused(kind, tag_filters));
        }
        error
    })?;
    answer.fields(&subject, SecretsPage::read)
}

/// What is being done, in the messages about a listing.
fn subject(kind: SecretType) -> String {
    match kind {
        SecretType::Custom => "listing the secrets".to_owned(),
        _ => format!("listing the secrets of type {}", kind.name()),
    }
}

/// What to change where SSM refuses what a list is narrowed to.
fn refused(kind: SecretType, tag_filters: &[TagFilter]) -> &'static str {
    match (kind.is_listed(), tag_filters.is_empty()) {
        (false, _) => UNLISTED,
        (true, false) => "; check secretTypes and tagFilters",
        (true, true) if kind == SecretType::Custom => "",
        (true, true) => "; check secretTypes",
    }
}

/// Of a type that SSM does not document for its lists.
const UNLISTED: &str = "; it is not known whether SSM lists this type: take it out of secretTypes, \
     and read these secrets by their names";

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

fn no_list(kind: SecretType, why: &str) -> Error {
    let subject = subject(kind);
    let unlisted = if kind.is_listed() { "" } else { UNLISTED };
    let message =
        format!("{subject} failed: the answer {why}; nothing was read. Check endpoint{unlisted}");
    Error::new(ErrorKind::Internal, message)
}

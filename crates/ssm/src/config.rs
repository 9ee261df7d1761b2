//! What a client is told, and what holds where nothing is set.

use alloc::{format, string::String, vec, vec::Vec};
use core::time::Duration;

use crate::{
    actions::TagFilter, credentials::CredentialChain, endpoint::Endpoint, names::Region,
    secret_type::SecretType,
};

/// The deadline of one operation when none is set.
pub const DEFAULT_OPERATION_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a failed request is repeated when nothing is set.
pub const DEFAULT_MAX_RETRIES: u32 = 3;
/// How many GetSecretValue bulk reads send in a second when nothing is set: SSM's documented rate.
pub const DEFAULT_MAX_REQUESTS_PER_SECOND: u32 = 300;
/// How many requests a bulk read keeps in flight when nothing is set; chosen by `just bench`.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 64;

/// What a client needs to know. It has no `Debug`: it holds a key.
pub struct Config {
    /// The origin that requests go to.
    pub endpoint: Endpoint,
    /// The region whose secrets are read, sent as `X-TC-Region`.
    pub region: Region,
    /// Where the keys come from that sign every request.
    pub credentials: CredentialChain,
    /// The deadline of one operation: everything it sends, waits and repeats.
    pub timeout: Duration,
    /// How often one failed request is repeated, within the deadline. 0 means never.
    ///
    /// Repeated are throttling, HTTP 5xx, `InternalError`, `FailedOperation`,
    /// `ServiceUnavailable`, connections that fail or break, and attempts without an answer.
    /// All requests are reads, so repeating one is safe. It counts for STS and the metadata service
    /// too.
    pub max_retries: u32,
    /// Whether single reads repeat what SSM throttles. Not where somebody else sets their pace, who
    /// must hear of it at once and repeats them in turn; bulk reads and pings always do.
    pub retry_throttled: bool,
    /// How many requests a bulk read keeps in flight; at least 1.
    pub max_in_flight: usize,
    /// How many GetSecretValue bulk reads send in a second at most; the other actions in the proportion
    /// of SSM's documented rates, at least one a second. 0 means no pace at all. Single reads have none.
    pub max_requests_per_second: u32,
    /// How a single read looks for the current version.
    pub version_lookup: VersionLookup,
    /// The types of secrets that bulk reads list. With SSH keys among them, single reads try the
    /// action of SSH keys where GetSecretValue fails, and first where they are the only type.
    pub secret_types: Vec<SecretType>,
    /// What bulk reads list: secrets that have every one of these tags. Single reads and secrets that
    /// are asked for by name do not go by it.
    pub tag_filters: Vec<TagFilter>,
}

impl Config {
    /// The defaults for `region` and `credentials`: a key, or a [`CredentialChain`].
    pub fn new(region: Region, credentials: impl Into<CredentialChain>) -> Self {
        Self {
            endpoint: Endpoint::default(),
            region,
            credentials: credentials.into(),
            timeout: DEFAULT_OPERATION_TIMEOUT,
            max_retries: DEFAULT_MAX_RETRIES,
            retry_throttled: true,
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            max_requests_per_second: DEFAULT_MAX_REQUESTS_PER_SECOND,
            version_lookup: VersionLookup::Sequential,
            secret_types: vec![SecretType::Custom],
            tag_filters: Vec::new(),
        }
    }
}

/// How the current version of a secret is looked for of which nothing is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionLookup {
    /// `SSM_Current` first, and the list of versions where it is missing.
    Sequential,
    /// Both at the same time: a round trip less where it is missing, a request more where it is not.
    Parallel,
}

/// A duration as settings are written: `30s`, `1500ms`. Parts of a millisecond are left out.
pub fn duration_text(duration: Duration) -> String {
    let millis = duration.as_millis() as u64;
    match millis % 1_000 {
        0 => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

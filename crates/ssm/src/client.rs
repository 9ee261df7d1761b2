//! The client: its memory and its operations.

use alloc::{format, vec::Vec};
use core::{mem::take, pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    actions::{Action, GetServiceStatus, SecretValue, TagFilter},
    bulk::{self, BulkRead, OnError, Selection},
    call::{Call, Caller},
    config::Config,
    credentials::Identity,
    error::{Error, ErrorKind},
    names::{SecretName, VersionId},
    operation::Operation,
    secret::{self, Known},
    secret_type::SecretType,
    transport::Transport,
};

/// Reads secrets from SSM over `T`.
///
/// It remembers, for its own life: temporary keys until they are replaced, the difference between its
/// clock and the server's, what its bulk reads sent in the last second, of secrets without a current
/// version the id of the newest one, and which secrets are SSH key pairs. It never remembers a value.
pub struct Client<T> {
    pub(crate) caller: Caller<T>,
    timeout: Duration,
    retry_throttled: bool,
    max_in_flight: usize,
    secret_types: Vec<SecretType>,
    tag_filters: Vec<TagFilter>,
    known: Known,
}

impl<T: Transport> Client<T> {
    /// A client that has sent nothing yet.
    pub fn new(mut config: Config, transport: T) -> Self {
        Self {
            timeout: config.timeout,
            retry_throttled: config.retry_throttled,
            max_in_flight: config.max_in_flight,
            known: Known::new(config.version_lookup, &config.secret_types),
            secret_types: take(&mut config.secret_types),
            tag_filters: take(&mut config.tag_filters),
            caller: Caller::new(config, transport),
        }
    }

    /// Reads one secret: `version`, or the current one.
    ///
    /// The current version is `SSM_Current`; of a secret that has no version of this name, it is
    /// the newest by its time of creation. The version `previous` is the one before the current, by
    /// its time of creation, unless the secret has a version of this name.
    ///
    /// What a name stands for SSM does not say: see [`Config::secret_types`].
    ///
    /// # Errors
    /// All kinds.
    pub async fn get(
        &self,
        name: &SecretName,
        version: Option<&VersionId>,
    ) -> Result<SecretValue, Error> {
        let name = name.as_str();
        let subject = format!("reading the secret {name}");
        let operation = self.operation().retrying_throttled(self.retry_throttled);
        self.within_deadline(&subject, operation, async |operation| {
            secret::read(&self.caller, operation, &self.known, name, None, version).await
        })
        .await
    }

    /// Reads many secrets, up to [`Config::max_in_flight`] at once. The result is sorted by name
    /// and holds each name once.
    ///
    /// # Errors
    /// All kinds; one failure fails the whole, unless `on_error` says otherwise.
    pub async fn bulk_get(
        &self,
        selection: &Selection,
        version: Option<&VersionId>,
        on_error: OnError,
    ) -> Result<Vec<SecretValue>, Error> {
        let wanted = BulkRead {
            selection,
            types: &self.secret_types,
            tag_filters: &self.tag_filters,
            version,
            on_error,
            max_in_flight: self.max_in_flight,
        };
        let operation = self.operation().in_bulk();
        self.within_deadline("reading many secrets", operation, async |operation| {
            bulk::read(&self.caller, operation, &self.known, &wanted).await
        })
        .await
    }

    /// Asks for the service's status. Succeeds if SSM answered a signed request at all: a CAM
    /// policy that denies this action still proves the road.
    ///
    /// # Errors
    /// `Unauthenticated`, `Throttled`, `Unavailable`, `Timeout`, `Internal`, and `InvalidConfig`
    /// if what answers is not SSM in this region.
    pub async fn ping(&self) -> Result<(), Error> {
        let subject = "asking for SSM's status";
        let result = self
            .within_deadline(subject, self.operation(), async |operation| {
                let call = Call::new(Action::GetServiceStatus, &GetServiceStatus {}, subject)?;
                self.caller.call(operation, &call).await
            })
            .await;
        match result {
            Err(error) if !proves_the_road(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// Asks STS who the keys belong to (GetCallerIdentity), and tells who gave them.
    ///
    /// # Errors
    /// All kinds but `InvalidRequest` and `NotFound`.
    pub async fn identity(&self) -> Result<Identity, Error> {
        let subject = "asking who the keys belong to";
        let said = self
            .within_deadline(subject, self.operation(), async |operation| {
                self.caller.caller_identity(operation).await
            })
            .await?;
        let now = self.caller.transport.now().monotonic;
        Ok(self.caller.keyring.identity(now, said))
    }

    /// An operation that begins now.
    fn operation(&self) -> Operation {
        Operation::until(self.caller.transport.now().monotonic + self.timeout)
    }

    /// Runs `work` of `operation` until it ends or the deadline passes.
    ///
    /// The deadline is the client's own timer beside everything else: hosts' own time limits
    /// have holes (a TLS handshake that stalls, for one).
    async fn within_deadline<R>(
        &self,
        subject: &str,
        operation: Operation,
        work: impl AsyncFnOnce(&Operation) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let timeout = self.timeout;
        let work = pin!(work(&operation));
        let deadline = pin!(self.caller.transport.sleep(timeout));
        match select(work, deadline).await {
            Either::Left((result, _)) => result,
            // The work is still there, so that what it waits for can be told.
            Either::Right(_) => {
                let origin = self.caller.endpoint(operation.asked()).origin();
                Err(operation.deadline_error(subject, timeout, &origin))
            }
        }
    }
}

fn proves_the_road(error: &Error) -> bool {
    use ErrorKind::*;
    error.code.is_some()
        && !error.about_keys
        && match error.kind {
            PermissionDenied | NotFound | InvalidRequest => true,
            Unavailable => !error.retryable,
            _ => false,
        }
}

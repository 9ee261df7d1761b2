//! Asking about one secret.

use crate::{
    actions::{Action, OfSecret},
    answer::Answer,
    call::{Call, Caller},
    error::Error,
    operation::Operation,
    transport::Transport,
};

/// Calls `action` for the secret `name`, in one place, because every call costs code. `subject` as in
/// [`Call::new`].
pub(crate) async fn ask<T: Transport>(
    caller: &Caller<T>,
    operation: &Operation,
    action: Action,
    name: &str,
    version: Option<&str>,
    subject: &str,
) -> Result<Answer, Error> {
    let parameters = OfSecret {
        secret_name: name,
        version_id: version,
    };
    let call = Call::new(action, &parameters, subject)?;
    caller.call(operation, &call).await
}

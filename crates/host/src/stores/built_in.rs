//! What the stores that are no components make of their data.

use crate::contract::{CallError, Kind, Secret, StoreError};

/// An error that no component says: of a store that is built in, or of properties that are the host's.
pub(crate) fn error(kind: Kind, message: String) -> CallError {
    CallError::Store(StoreError {
        kind,
        message,
        code: None,
        request_id: None,
        retryable: false,
    })
}

/// A secret of a store that is built in.
pub(super) fn secret(name: &str, data: impl IntoIterator<Item = (String, String)>) -> Secret {
    let wiped = |(key, value): (String, String)| (key, value.into());
    Secret {
        name: name.to_owned(),
        data: data.into_iter().map(wiped).collect(),
        version_id: String::new(),
        request_id: String::new(),
    }
}

//! The contract `dapr:secretstores`, as the host sees it: its records, its errors, its bindings.

pub(crate) mod bindings;
mod error;
mod secret;

pub use dapr_secrets_api::{Kind, Metadata};
pub use error::{CallError, StoreError, Waited};
pub use secret::Secret;

//! What every secret store can do.

use async_trait::async_trait;

use crate::contract::{CallError, Metadata, Secret, Secrets};

/// A configured secret store that takes any number of calls at once.
#[async_trait]
pub trait Store: Send + Sync {
    /// Its optional abilities, in Dapr's notation.
    async fn features(&self) -> Result<Vec<String>, CallError>;
    /// Reads one secret.
    async fn get(&self, name: &str, metadata: &Metadata) -> Result<Secret, CallError>;
    /// Reads many secrets, sorted by name.
    async fn bulk_get(&self, metadata: &Metadata) -> Result<Secrets, CallError>;
    /// Asks whether its backend answers.
    async fn ping(&self) -> Result<(), CallError>;
}

//! Stores of components whose files changed.

use std::sync::Arc;

use tokio::signal::unix::Signal;

use super::service::Service;
use crate::{files::Changes, loader::Sources, stores::StoreTypes};

/// Starts the stores of a [`Plug`](super::Plug) anew when another component serves their type. A
/// store that does not start with it goes on as it was, and so do the calls in flight.
pub struct Renewer {
    pub(super) services: Vec<Arc<Service>>,
    pub(super) types: StoreTypes,
}

impl Renewer {
    /// Reads `sources` whenever they change, and on every signal of `hang_up`, for as long as it is
    /// polled.
    pub async fn follow(&self, sources: Arc<Sources>, mut hang_up: Signal) {
        let mut changes = Changes::of(&[], &[]).await;
        loop {
            let told = async { _ = hang_up.recv().await };
            let changed = sources.next(&mut changes, told, &self.types).await;
            for service in &self.services {
                if changed.contains(service.store_type()) {
                    service.renew().await;
                }
            }
        }
    }
}

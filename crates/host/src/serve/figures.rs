//! Figures for Prometheus, on a port of their own.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{Router, extract::State};
use futures_util::future::{self, FutureExt};

use super::{
    ListenerKind, ServeError,
    accept::{Room, accept},
    connection::{Front, MAX_HEAD},
    gate::{Gate, Protocol},
    listen::{Listener, listen},
};
use crate::metrics::Metrics;

/// Serves `metrics` under every path at the port on each address, until the process ends. Gives
/// the addresses.
///
/// # Errors
/// If the port is in use.
pub fn serve_metrics(
    addresses: &[IpAddr],
    port: u16,
    metrics: &Metrics,
) -> Result<Vec<SocketAddr>, ServeError> {
    let bound = listen(addresses, port).map_err(|why| ServeError::Port {
        listener: ListenerKind::Metrics,
        port,
        why,
    })?;
    let text = async |State(metrics): State<Arc<Metrics>>| metrics.text();
    let router = Router::new()
        .fallback(text)
        .with_state(Arc::new(metrics.clone()));
    let front = Arc::new(Front::new("metrics", router, MAX_HEAD));
    let (room, never) = (Room::new(), future::pending().boxed().shared());
    let served_at = bound.iter().filter_map(Listener::address).collect();
    for listener in bound {
        let gate = Gate::open(Protocol::Http);
        let (front, room, never) = (Arc::clone(&front), room.clone(), never.clone());
        tokio::spawn(accept(listener, front, gate, room, never));
    }
    Ok(served_at)
}

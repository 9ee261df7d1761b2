//! Figures for Prometheus, on a port of their own.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{Router, extract::State};
use futures_util::future::{self, FutureExt};

use super::{
    ListenerKind, ServeError,
    gate::{Gate, Protocol},
};
use crate::{
    metrics::Metrics,
    net::{self, Front, Listener, MAX_HEAD, listen},
};

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
    let never = future::pending().boxed().shared();
    let served_at = bound.iter().filter_map(Listener::address).collect();
    let front = |listener| {
        let gate = Gate::open(Protocol::Http);
        let front = Front::new("metrics", router.clone(), MAX_HEAD);
        (
            listener,
            front.refusing(move |request| gate.refuses(request)),
        )
    };
    tokio::spawn(net::serve(bound.into_iter().map(front).collect(), never));
    Ok(served_at)
}

//! Callers that ask a server, and how long they wait.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::StatusCode;
use tokio::task::JoinSet;

use crate::running::{client, get_from};

/// What a round showed.
pub(crate) struct Round {
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// So many requests for `path`, with so many callers at once. Each says who it is in metadata that
/// no store reads: equal reads at the same time would be one call.
pub(crate) async fn round(
    address: SocketAddr,
    path: &str,
    callers: usize,
    requests: usize,
) -> Round {
    let client = client();
    let left = Arc::new(AtomicUsize::new(requests));
    let started = Instant::now();
    let mut asking = JoinSet::new();
    for caller in 0..callers {
        let (client, left) = (client.clone(), Arc::clone(&left));
        let path = format!("{path}?metadata.caller={caller}");
        asking.spawn(async move {
            let mut taken = Vec::new();
            while another(&left) {
                let started = Instant::now();
                let status = get_from(&client, address, &path).await;
                assert_eq!(status, Some(StatusCode::OK), "{path}");
                taken.push(started.elapsed());
            }
            taken
        });
    }
    let mut taken = asking.join_all().await.concat();
    let seconds = started.elapsed().as_secs_f64();
    taken.sort();
    Round {
        per_second: requests as f64 / seconds,
        p50: taken[taken.len() / 2],
        p99: taken[taken.len() * 99 / 100],
    }
}

fn another(left: &AtomicUsize) -> bool {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    });
    taken.is_ok()
}

/// The median of each figure, printed beside `what`.
pub(crate) fn shown(what: &str, mut rounds: Vec<Round>) -> Round {
    let middle = rounds.len() / 2;
    rounds.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    let per_second = rounds[middle].per_second;
    let least = rounds.first().map_or(0.0, |round| round.per_second);
    let most = rounds.last().map_or(0.0, |round| round.per_second);
    rounds.sort_by_key(|round| round.p50);
    let p50 = rounds[middle].p50;
    rounds.sort_by_key(|round| round.p99);
    let p99 = rounds[middle].p99;
    println!(
        "  {what:30} {per_second:>6.0} a second ({least:.0} to {most:.0}), median {p50:.1?}, p99 \
         {p99:.1?}"
    );
    Round {
        per_second,
        p50,
        p99,
    }
}

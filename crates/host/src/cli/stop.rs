//! How the command ends.

use std::{io, time::Duration};

use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::sleep,
};

use super::manager;

/// How long calls in flight may take to end where nothing else is said: daprd's default.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// The heading in `--help` of what is about the process.
pub(super) const RUNNING: &str = "Running";

#[derive(Args)]
#[command(next_help_heading = RUNNING)]
pub(super) struct StopOptions {
    /// How long calls in flight may take to end once the command is told to stop; less than
    /// nothing is the default, as for daprd
    #[arg(
        long,
        default_value_t = SHUTDOWN_GRACE.as_secs().cast_signed(),
        value_name = "SECONDS",
        allow_negative_numbers = true
    )]
    dapr_graceful_shutdown_seconds: i64,
}

/// Set once the process is told to end. Cheap to clone; clones are of the same process.
#[derive(Clone)]
pub(super) struct Stop(watch::Sender<bool>);

impl Stop {
    /// Listens for SIGINT and SIGTERM.
    pub(super) fn on_signal() -> io::Result<Self> {
        let stop = Self(watch::Sender::new(false));
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let told = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            told.tell();
        });
        Ok(stop)
    }

    /// Tells the process to end.
    pub(super) fn tell(&self) {
        if !self.0.send_replace(true) {
            tracing::info!("stopping");
            manager::stopping();
        }
    }

    /// Ends when the process is told to.
    pub(super) async fn wait(self) {
        let mut told = self.0.subscribe();
        // The sender is here.
        let _ = told.wait_for(|told| *told).await;
    }
}

impl StopOptions {
    /// Runs `work`, which ends by itself after `stop` unless a call takes longer than allowed.
    pub(super) async fn bounded<E>(
        &self,
        stop: Stop,
        work: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let seconds = u64::try_from(self.dapr_graceful_shutdown_seconds);
        let grace = seconds.map_or(SHUTDOWN_GRACE, Duration::from_secs);
        tokio::select! {
            ended = work => ended,
            () = async { stop.wait().await; sleep(grace).await } => {
                tracing::warn!("calls were still in flight after {grace:?}");
                Ok(())
            }
        }
    }
}

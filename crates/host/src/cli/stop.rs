//! How the command ends.

use std::{io, time::Duration};

use clap::Args;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::sleep,
};

/// How long calls in flight may take to end where nothing else is said: daprd's default.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(super) struct StopOptions {
    /// How long calls in flight may take to end once the command is told to stop
    #[arg(long, default_value_t = SHUTDOWN_GRACE.as_secs(), value_name = "SECONDS")]
    dapr_graceful_shutdown_seconds: u64,
}

/// Set once the process is told to end.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Listens for SIGINT and SIGTERM.
    pub(super) fn on_signal() -> io::Result<Self> {
        let (told, stop) = watch::channel(false);
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
            told.send_replace(true);
        });
        Ok(Self(stop))
    }

    /// Ends when the process is told to.
    pub(super) async fn wait(mut self) {
        // The sender ends only with the runtime.
        let _ = self.0.wait_for(|told| *told).await;
    }
}

impl StopOptions {
    /// Runs `work`, which ends by itself after `stop` unless a call takes longer than allowed.
    pub(super) async fn bounded<E>(
        &self,
        stop: Stop,
        work: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let grace = Duration::from_secs(self.dapr_graceful_shutdown_seconds);
        tokio::select! {
            ended = work => ended,
            () = async { stop.wait().await; sleep(grace).await } => {
                tracing::warn!("calls were still in flight after {grace:?}");
                Ok(())
            }
        }
    }
}

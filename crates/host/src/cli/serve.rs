//! `dapr-wasm-host serve`.

use std::{error::Error, fs, net::IpAddr, path::PathBuf, process::ExitCode};

use clap::Args;
use dapr_secrets_api::Token;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    log::LogOptions,
    setup::{MetricsOptions, Setup, SetupOptions},
    stop::{Stop, StopOptions},
};
use crate::{
    resources::{self, Scopes},
    serve::{Changes, Reloader, ServeOptions, Server},
    stores::environment::set,
};

#[derive(Args)]
pub(super) struct ServeCommand {
    /// The port of the HTTP API
    #[arg(long, default_value_t = 3500, value_name = "PORT")]
    dapr_http_port: u16,
    /// The port of the gRPC API
    #[arg(long, default_value_t = 50001, value_name = "PORT")]
    dapr_grpc_port: u16,
    /// Where the APIs listen
    #[arg(
        long,
        default_value = "127.0.0.1,::1",
        value_delimiter = ',',
        value_name = "ADDRESSES"
    )]
    #[arg(value_parser = address)]
    dapr_listen_addresses: Vec<IpAddr>,
    /// A Dapr Configuration, of which spec.secrets.scopes counts; may be given again
    #[arg(long, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// The port of the metrics
    #[arg(long, default_value_t = 9090, value_name = "PORT")]
    metrics_port: u16,
    /// Serve metrics
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL")]
    enable_metrics: bool,
    #[command(flatten)]
    metrics: MetricsOptions,
    #[command(flatten)]
    setup: SetupOptions,
    #[command(flatten)]
    stop: StopOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl ServeCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.log.start();
        let stop = Stop::on_signal()?;
        let scopes = self.scopes()?;
        let Setup {
            loader, metrics, ..
        } = self.setup.setup_with_resources()?;
        if self.enable_metrics {
            self.metrics.start(self.metrics_port, &metrics).await?;
        }
        // From before they are read, so that no change falls in between.
        let changes = Changes::of(&loader.folders);
        let (server, outcome) = Server::start(ServeOptions {
            addresses: self.dapr_listen_addresses.clone(),
            http_port: self.dapr_http_port,
            grpc_port: self.dapr_grpc_port,
            token: set(Token::VARIABLE).map(Token::new),
            scopes,
            loader,
            metrics,
        })
        .await?;
        outcome.log();
        if let Some(failure) = outcome.fatal() {
            let why = format!(
                "{} does not start; mend it, or set its spec.ignoreErrors to go on without it",
                failure.name
            );
            return Err(why.into());
        }
        for address in server.http_addresses() {
            tracing::info!(%address, "HTTP API");
        }
        for address in server.grpc_addresses() {
            tracing::info!(%address, "gRPC API");
        }
        follow(server.reloader(), changes)?;
        let serving = server.serve(stop.clone().wait());
        self.stop.bounded(stop, serving).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn scopes(&self) -> Result<Scopes, Box<dyn Error>> {
        let mut scopes = Scopes::default();
        for file in &self.config {
            let failed = |why: String| format!("--config {}: {why}", file.display());
            let text = fs::read_to_string(file).map_err(|why| failed(why.to_string()))?;
            let more = resources::scopes(&text).map_err(failed)?;
            scopes.merge(more).map_err(failed)?;
        }
        Ok(scopes)
    }
}

/// Reloads on SIGHUP and on every change of a file.
fn follow(reloader: Reloader, changes: notify::Result<Changes>) -> Result<(), Box<dyn Error>> {
    let mut hang_up = signal(SignalKind::hangup())?;
    let by_signal = reloader.clone();
    tokio::spawn(async move {
        while hang_up.recv().await.is_some() {
            by_signal.reload().await;
        }
    });
    match changes {
        Ok(changes) => {
            tokio::spawn(async move { reloader.follow(changes).await });
        }
        Err(why) => {
            tracing::warn!("changes of files are not seen, send SIGHUP instead: {why}");
        }
    }
    Ok(())
}

/// daprd takes IPv6 addresses in brackets.
fn address(text: &str) -> Result<IpAddr, std::net::AddrParseError> {
    text.trim_start_matches('[').trim_end_matches(']').parse()
}

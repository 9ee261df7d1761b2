//! `dapr-wasm-host serve`.

use std::{error::Error, net::IpAddr, path::PathBuf, process::ExitCode};

use clap::Args;
use dapr_secrets_api::Token;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    log::LogOptions,
    setup::{MetricsOptions, Setup, SetupOptions},
    stop::{Stop, StopOptions},
};
use crate::{
    serve::{Changes, ServeOptions, Server},
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
        // Until it is followed it must not end the process.
        let hang_up = signal(SignalKind::hangup())?;
        let Setup {
            loader, metrics, ..
        } = self.setup.setup_with_resources()?;
        if self.enable_metrics {
            self.metrics.start(self.metrics_port, &metrics).await?;
        }
        // From before they are read, so that no change falls in between.
        let changes = Changes::of(&loader.folders, &self.config).await;
        let (server, outcome) = Server::start(ServeOptions {
            addresses: self.dapr_listen_addresses.clone(),
            http_port: self.dapr_http_port,
            grpc_port: self.dapr_grpc_port,
            token: set(Token::VARIABLE).map(Token::new),
            configurations: self.config.clone(),
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
        let reloader = server.reloader();
        tokio::spawn(async move { reloader.follow(changes, hang_up).await });
        let serving = server.serve(stop.clone().wait());
        self.stop.bounded(stop, serving).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// daprd takes IPv6 addresses in brackets.
fn address(text: &str) -> Result<IpAddr, std::net::AddrParseError> {
    text.trim_start_matches('[').trim_end_matches(']').parse()
}

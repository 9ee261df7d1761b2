//! `dapr-wasm-host serve`.

use std::{convert::Infallible, error::Error, path::PathBuf, process::ExitCode, slice};

use clap::Args;
use dapr_secrets_api::Token;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    addresses::{Address, resolved},
    built_in::StoresKeys,
    daprd::DaprdOptions,
    flag,
    log::LogOptions,
    manager,
    setup::{METRICS, MetricsOptions, STORES, Setup, SetupOptions, with_option},
    stop::{RUNNING, Stop, StopOptions},
    variables::after_help,
};
use crate::{
    serve::{Changes, ServeOptions, Server},
    stores::environment::set,
};

const CALLERS: &str = "Callers";

#[derive(Args)]
#[command(
    next_help_heading = "APIs",
    args_override_self = true,
    after_help = after_help!(
        "daprd's other flags are taken too, and mean nothing here.\n\n",
        "  DAPR_API_TOKEN          what callers must send in the header dapr-api-token\n  \
           NOTIFY_SOCKET           the service manager to tell when callers are answered\n"
    )
)]
pub(super) struct ServeCommand {
    /// The port of the HTTP API
    #[arg(long, default_value_t = 3500, value_name = "PORT")]
    dapr_http_port: u16,
    /// The port of the gRPC API
    #[arg(long, default_value_t = 50001, value_name = "PORT")]
    dapr_grpc_port: u16,
    /// Where the APIs listen: addresses, or names such as localhost
    #[arg(long, default_value = "127.0.0.1,::1", value_name = "ADDRESSES")]
    #[arg(value_delimiter = ',', action = clap::ArgAction::Set)]
    dapr_listen_addresses: Vec<Address>,
    /// Another port for health and metadata alone, without a token: for a kubelet
    #[arg(long, value_name = "PORT")]
    dapr_public_port: Option<u16>,
    /// Where the public port listens
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDRESS")]
    dapr_public_listen_address: Address,
    /// Make Unix sockets in a folder, instead of listening on ports
    #[arg(long, value_name = "FOLDER")]
    unix_domain_socket: Option<PathBuf>,
    /// Another name by which callers may reach a loopback address; may be given again
    #[arg(long, value_name = "NAME", help_heading = CALLERS)]
    allowed_host: Vec<String>,
    /// Origins whose pages may read answers in a browser, such as https://shop.example
    #[arg(long, value_name = "ORIGINS", value_delimiter = ',', help_heading = CALLERS)]
    allowed_origins: Vec<String>,
    /// The most that a request's body, or a message over gRPC, may have
    #[arg(
        long,
        default_value = "4Mi",
        value_name = "QUANTITY",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = flag::quantity, help_heading = CALLERS)]
    max_body_size: usize,
    /// As --max-body-size, in MiB
    #[arg(long, hide = true, value_parser = flag::mebibytes, allow_hyphen_values = true)]
    dapr_http_max_request_size: Option<usize>,
    /// The most that a request's head may have; less than the default is the default
    #[arg(
        long,
        default_value = "64Ki",
        value_name = "QUANTITY",
        allow_hyphen_values = true
    )]
    #[arg(value_parser = flag::quantity, help_heading = CALLERS)]
    read_buffer_size: usize,
    /// As --read-buffer-size, in KiB
    #[arg(long, hide = true, value_parser = flag::kibibytes, allow_hyphen_values = true)]
    dapr_http_read_buffer_size: Option<usize>,
    /// A Dapr Configuration, of which spec.secrets.scopes counts; may be given again
    #[arg(long, value_name = "FILE", value_delimiter = ',', help_heading = STORES)]
    config: Vec<PathBuf>,
    /// The port of the metrics
    #[arg(long, default_value_t = 9090, value_name = "PORT", help_heading = METRICS)]
    metrics_port: u16,
    /// Serve metrics
    #[arg(long, default_value = "true", action = clap::ArgAction::Set, value_name = "BOOL")]
    #[arg(num_args = 0..=1, default_missing_value = "true", value_parser = flag::boolean)]
    #[arg(help_heading = METRICS)]
    enable_metrics: bool,
    /// Wait until a server at --dapr-http-port is ready, and end
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(
        default_value = "false",
        hide_default_value = true,
        hide_possible_values = true
    )]
    #[arg(value_parser = flag::boolean, action = clap::ArgAction::Set, value_name = "BOOL")]
    #[arg(help_heading = RUNNING)]
    wait: bool,
    #[command(flatten)]
    metrics: MetricsOptions,
    #[command(flatten)]
    setup: SetupOptions,
    #[command(flatten)]
    stop: StopOptions,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    daprd: DaprdOptions,
}

impl ServeCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if self.wait {
            return Ok(super::wait::until_ready(self.dapr_http_port).await);
        }
        self.log.start();
        self.daprd.log();
        raise_file_limit();
        let stop = Stop::on_signal()?;
        // Until it is followed it must not end the process.
        let hang_up = signal(SignalKind::hangup())?;
        let Setup {
            loader, metrics, ..
        } = self
            .setup
            .setup_with_resources(None, &StoresKeys::default())?;
        if self.enable_metrics {
            self.metrics.start(self.metrics_port, &metrics)?;
        }
        // From before they are read, so that no change falls in between.
        let changes = Changes::of(&loader.folders, &self.config).await;
        let options = ServeOptions {
            configurations: self.config.clone(),
            ..self.options(ServeOptions::new(loader, metrics)).await?
        };
        let (server, outcome) = Server::start(options).await.map_err(with_option)?;
        outcome.log();
        if let Some(failure) = outcome.fatal() {
            let why = format!(
                "{} does not start; mend it, or set its spec.ignoreErrors to go on without it",
                failure.name
            );
            return Err(why.into());
        }
        log_addresses(&server);
        let reloader = server.reloader();
        tokio::spawn(async move { reloader.follow(changes, hang_up).await });
        let (asked, told) = (server.asked_to_end(), stop.clone());
        tokio::spawn(async move {
            asked.await;
            told.tell();
        });
        let ready = server.ready();
        tokio::spawn(async move {
            ready.await;
            manager::ready();
        });
        if server.is_ready() {
            let stores = outcome.stores.all().count();
            tracing::info!(stores, "ready");
        } else {
            tracing::error!("not ready: no Component could be read, see the lines above");
        }
        let until = stop.clone().wait();
        let serving = async {
            server.serve(until).await;
            Ok::<_, Infallible>(())
        };
        self.stop.bounded(stop, serving).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// `options` with what the command line says.
    async fn options(&self, options: ServeOptions) -> Result<ServeOptions, Box<dyn Error>> {
        let token = set(Token::VARIABLE).map(Token::new);
        let is_for_all = self.allowed_origins.iter().any(|origin| origin == "*");
        if is_for_all && token.is_none() {
            tracing::warn!(
                "--allowed-origins is *, and there is no DAPR_API_TOKEN: every page in a browser \
                 on this machine can read secrets"
            );
        }
        let public = match self.dapr_public_port {
            Some(port) => {
                let public = &self.dapr_public_listen_address;
                Some((resolved(slice::from_ref(public)).await?, port))
            }
            None => None,
        };
        let old = self.dapr_http_read_buffer_size;
        let max_head = old.unwrap_or(self.read_buffer_size).max(options.max_head);
        Ok(ServeOptions {
            addresses: resolved(&self.dapr_listen_addresses).await?,
            http_port: self.dapr_http_port,
            grpc_port: self.dapr_grpc_port,
            public,
            socket_folder: self.unix_domain_socket.clone(),
            allowed_hosts: self.allowed_host.clone(),
            allowed_origins: self.allowed_origins.clone(),
            max_body: self
                .dapr_http_max_request_size
                .unwrap_or(self.max_body_size),
            max_head,
            token,
            ..options
        })
    }
}

fn log_addresses(server: &Server) {
    for address in server.http_addresses() {
        tracing::info!(%address, "HTTP API");
    }
    for address in server.grpc_addresses() {
        tracing::info!(%address, "gRPC API");
    }
    for address in server.public_addresses() {
        tracing::info!(%address, "health and metadata");
    }
    for socket in server.sockets() {
        tracing::info!(socket = %socket.display(), "API");
    }
}

/// Every connection is a file. Whoever starts this process may set less as the hard limit.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(why) = setrlimit(Resource::Nofile, raised) {
        tracing::debug!("the limit of open files stays: {why}");
    }
}

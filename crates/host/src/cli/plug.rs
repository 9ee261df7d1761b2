//! `dapr-wasm-host plug`.

use std::{
    convert::Infallible, env, error::Error, ffi::OsString, path::PathBuf, process::ExitCode,
};

use clap::Args;
use futures_util::FutureExt;
use tokio::signal::unix::{SignalKind, signal};

use super::{
    built_in::{BUILT_IN, StoresKeys, VARIABLES, WASM},
    log::LogOptions,
    manager,
    setup::{METRICS, MetricsOptions, Setup, SetupOptions},
    stop::{Stop, StopOptions},
    variables::after_help,
    wait,
};
use crate::{
    plug::{Plug, PlugOptions, socket_name},
    stores::{StoreType, StoreTypes},
};

/// daprd's variable, and how others of Dapr's programs spell it.
const FOLDER_VARIABLES: [&str; 3] = [
    "DAPR_COMPONENTS_SOCKETS_FOLDER",
    "DAPR_COMPONENT_SOCKETS_FOLDER",
    "DAPR_COMPONENT_SOCKET_FOLDER",
];
const DEFAULT_FOLDER: &str = "/tmp/dapr-components-sockets";

#[derive(Args)]
#[command(
    next_help_heading = "Sockets",
    after_help = after_help!(
        "",
        "  NOTIFY_SOCKET           the service manager to tell when callers are answered\n"
    )
)]
pub(super) struct PlugCommand {
    /// Where the sockets go [default: DAPR_COMPONENTS_SOCKETS_FOLDER, or
    /// /tmp/dapr-components-sockets]
    #[arg(long, value_name = "FOLDER")]
    sockets_folder: Option<PathBuf>,
    /// Take the place of daprd's built-in secretstores.tencentcloud.ssm too
    #[arg(long)]
    drop_in: bool,
    /// Offer this type and no others that are not named so; may be given again [default: the
    /// built-in store and those of --component, but for types that another process serves]
    #[arg(long, value_name = "TYPE", conflicts_with = "drop_in")]
    offer: Vec<String>,
    /// The sockets' permission bits; daprd must be able to write to them
    #[arg(long, default_value = "600", value_parser = mode, value_name = "OCTAL")]
    socket_mode: u32,
    /// Serve metrics on this port [default: none]
    #[arg(long, value_name = "PORT", help_heading = METRICS)]
    metrics_port: Option<u16>,
    /// Wait until the sockets that this command line would make are served, and end
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    metrics: MetricsOptions,
    #[command(flatten)]
    setup: SetupOptions,
    #[command(flatten)]
    stop: StopOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl PlugCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        if self.wait {
            return Ok(wait::until_plugged_in(&self.sockets()?).await);
        }
        self.log.start();
        // Before anything is there to clean up, and compiled before a socket is there to be found.
        let stop = Stop::on_signal()?;
        let hang_up = signal(SignalKind::hangup())?;
        let Setup {
            types,
            loader,
            metrics,
            others,
            ..
        } = self.setup.setup(None, &StoresKeys::default())?;
        if let Some(port) = self.metrics_port {
            self.metrics.start(port, &metrics)?;
        }
        let offered = self.offered(&types, others)?;
        let sources = loader.sources.clone();
        let with_resources = !self.setup.resources_path.is_empty();
        let plug = Plug::bind(&PlugOptions {
            folder: self.folder(),
            mode: self.socket_mode,
            offered,
            all: !self.offer.is_empty(),
            types,
            loader: with_resources.then_some(loader),
            variables: &VARIABLES,
            metrics,
        })
        .await?;
        for path in plug.paths() {
            tracing::info!(socket = %path.display(), "plugged in");
        }
        if let Some(sources) = sources {
            let renewer = plug.renewer();
            tokio::spawn(async move { renewer.follow(sources, hang_up).await });
        }
        // Whoever connects from now on is answered.
        manager::ready();
        let serving = plug.serve(stop.clone().wait()).map(Ok::<(), Infallible>);
        self.stop.bounded(stop, serving).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn offered(
        &self,
        types: &StoreTypes,
        others: Vec<StoreType>,
    ) -> Result<Vec<StoreType>, Box<dyn Error>> {
        let mut offered = Vec::new();
        for text in &self.offer {
            let known = text.parse::<StoreType>().ok();
            let known = known.filter(|known| types.names().contains(&known.as_str()));
            let store_type = known.ok_or_else(|| {
                let names = types.names().join(", ");
                format!(
                    "--offer {text}: there is no such type, only {names}; others are loaded with \
                     --component {text}=FILE.wasm"
                )
            })?;
            if !offered.contains(&store_type) {
                offered.push(store_type);
            }
        }
        if offered.is_empty() {
            return self.unchosen(others);
        }
        Ok(offered)
    }

    /// What is offered where `--offer` chooses nothing.
    fn unchosen(&self, others: Vec<StoreType>) -> Result<Vec<StoreType>, Box<dyn Error>> {
        let mut offered = vec![WASM.parse()?];
        if self.drop_in {
            offered.push(BUILT_IN.parse()?);
        }
        offered.extend(others);
        Ok(offered)
    }

    /// Where the sockets of what is offered are, whoever serves them.
    fn sockets(&self) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let offered = if self.offer.is_empty() {
            self.unchosen(self.setup.other_types()?)?
        } else {
            let chosen = self.offer.iter().map(|text| text.parse());
            chosen.collect::<Result<_, _>>()?
        };
        let folder = self.folder();
        let paths = offered.iter().map(|it| folder.join(socket_name(it)));
        Ok(paths.collect())
    }

    fn folder(&self) -> PathBuf {
        let from_environment = || {
            let set = FOLDER_VARIABLES.iter().filter_map(env::var_os);
            set.into_iter().find(|folder: &OsString| !folder.is_empty())
        };
        let folder = self.sockets_folder.clone();
        folder
            .or_else(|| from_environment().map(PathBuf::from))
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
    }
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok();
    mode.filter(|mode| *mode <= 0o777)
        .ok_or_else(|| "say it in octal digits, such as 660".to_owned())
}

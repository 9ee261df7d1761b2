//! What `cargo run` shows.

mod serve_samples;
mod table;

use std::{env, error::Error, ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use dapr_wasm_host::{
    CallError, Kind, Metadata, Secret,
    cli::{self, Profile},
    stores::Properties,
};

use self::table::Table;

/// Without a command: serves sample secrets from an emulator on this machine through Dapr's
/// Secrets API, and reads one.
#[derive(Parser)]
#[command(bin_name = "cargo run --", args_conflicts_with_subcommands = true)]
struct Options {
    /// End after the first read instead of serving until Ctrl-C
    #[arg(long)]
    once: bool,
    /// The port of the HTTP API; 0 for any that is free
    #[arg(long, default_value_t = 3500, value_name = "PORT")]
    dapr_http_port: u16,
    /// The port of the gRPC API; 0 for any that is free
    #[arg(long, default_value_t = 50001, value_name = "PORT")]
    dapr_grpc_port: u16,
    /// Serve the stores of this folder of Component YAML instead (as dapr-wasm-host serve does,
    /// which has more options)
    #[arg(long, value_name = "FOLDER")]
    resources_path: Vec<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Read one secret from Tencent Cloud, with the key in the environment (TENCENTCLOUD_SECRET_ID and
    /// TENCENTCLOUD_SECRET_KEY), else of tccli's profile or ~/.tencentcloud/credentials, else of the
    /// identity that this pod or CVM has
    Get {
        /// The secret's name
        name: String,
        /// Its region, such as ap-guangzhou; else the profile's
        #[arg(long, env = "TENCENTCLOUD_REGION")]
        region: Option<String>,
        /// The profile of tccli to take the key from [default: TCCLI_PROFILE, or default]
        #[arg(long, value_name = "NAME")]
        profile: Option<String>,
        /// A version; else the current one
        #[arg(long)]
        version_id: Option<String>,
        /// Another endpoint than ssm.tencentcloudapi.com
        #[arg(long, env = "TENCENTCLOUD_SSM_ENDPOINT")]
        endpoint: Option<String>,
        /// Print the value too
        #[arg(long)]
        reveal: bool,
    },
}

/// Runs the demonstration with the arguments of this process.
#[tokio::main]
pub async fn main() -> ExitCode {
    let options = Options::parse();
    if !options.resources_path.is_empty() {
        return cli::main(options.serve()).await;
    }
    let result = match options.command {
        None => serve_samples::show(&options).await,
        Some(command) => get(command).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    /// The command line of `dapr-wasm-host` that serves these folders on these ports.
    fn serve(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["dapr-wasm-host".into(), "serve".into()];
        for folder in &self.resources_path {
            arguments.extend(["--resources-path".into(), folder.into()]);
        }
        for (name, port) in [
            ("--dapr-http-port", self.dapr_http_port),
            ("--dapr-grpc-port", self.dapr_grpc_port),
        ] {
            arguments.extend([name.into(), port.to_string().into()]);
        }
        arguments
    }
}

/// Has the store tell the kind of a value, in an entry beside it.
const KINDS: (&str, &str) = ("legacyKeys", "true");

async fn get(command: Command) -> Result<(), Box<dyn Error>> {
    let Command::Get {
        name,
        region,
        profile,
        version_id,
        endpoint,
        reveal,
    } = command;
    let is_keyed = env::var_os("TENCENTCLOUD_SECRET_ID").is_some();
    let profile = match profile {
        Some(name) => Some(Profile::named(&name)?),
        None if is_keyed => None,
        None => Profile::of_user()?,
    };
    let warnings = profile.iter().flat_map(|profile| &profile.warnings);
    warnings.for_each(|warning| eprintln!("warning: {warning}"));
    let of_profile = profile
        .as_ref()
        .and_then(|it| it.variable("TENCENTCLOUD_REGION"));
    let region = region.or_else(|| of_profile.map(str::to_owned));
    let region = region.or_else(|| env::var("TKE_REGION").ok());
    let region = region.ok_or("say with --region where the secret is, such as ap-guangzhou")?;
    let pair = |(name, value): (&str, String)| (name.to_owned(), value);
    let properties = [("region", region), (KINDS.0, KINDS.1.to_owned())]
        .into_iter()
        .chain(endpoint.map(|endpoint| ("endpoint", endpoint)));
    let properties = Properties::new(properties.map(pair));
    let store = cli::built_in_store(properties, profile.as_ref()).await?;
    let is_keyless = !is_keyed && profile.is_none();

    let mut metadata = Metadata::new();
    metadata.extend(version_id.map(|id| ("version_id".to_owned(), id)));
    let result: Result<Secret, CallError> = store.get(&name, &metadata).await;
    let mut table = if reveal {
        Table::with_values()
    } else {
        Table::without_values()
    };
    table.add(&name, &result);
    println!("{table}");
    match result {
        Ok(_) => Ok(()),
        Err(why) if is_keyless && may_want_keys(&why) => Err(KEYLESS.into()),
        Err(_) => Err("the secret was not read".into()),
    }
}

/// What is said where nobody gave a key.
const KEYLESS: &str = "the secret was not read, and no key was given: set TENCENTCLOUD_SECRET_ID and \
                       TENCENTCLOUD_SECRET_KEY, or name a profile of tccli with --profile (tccli \
                       configure makes one). Without these, the identity of this pod or CVM is asked";

/// Whether the secret was perhaps not asked for, because there are no keys.
fn may_want_keys(why: &CallError) -> bool {
    let kinds = [
        Kind::InvalidConfig,
        Kind::Timeout,
        Kind::Unauthenticated,
        Kind::Unavailable,
    ];
    kinds.contains(&why.kind())
}

//! What `cargo run` shows.

mod table;

use std::{
    env,
    error::Error,
    fs,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Parser, Subcommand};
use dapr_wasm_host::{
    CallError, Component, InstanceOptions, Metadata, Outbound, Runtime, RuntimeConfig, Secret,
    SecretStore,
};

use self::table::Table;
use crate::{
    component,
    emulator::{Config, Emulator},
    harness::properties,
};

/// Reads secrets through the WebAssembly component: without a command, sample secrets from an
/// emulator on this machine.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Read one secret from Tencent Cloud, with the key in the environment variables
    /// TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY (and TENCENTCLOUD_TOKEN)
    Get {
        /// The secret's name
        name: String,
        /// Its region, such as ap-guangzhou
        #[arg(long, env = "TENCENTCLOUD_REGION")]
        region: String,
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
    let result = match Options::parse().command {
        None => show_samples().await,
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

type Shown = Result<(), Box<dyn Error>>;

/// Legacy entries tell the kind of a value.
const KINDS: (&str, &str) = ("legacyKeys", "true");

async fn show_samples() -> Shown {
    let component = load()?;
    let config = Config {
        latency: Duration::from_millis(20),
        ..Config::sample()
    };
    let emulator = Emulator::start(config).await?;
    eprintln!(
        "emulator      {} (20 ms an answer; verifies every signature)\n",
        emulator.url()
    );
    let outbound = Outbound::builder().native_roots(false);
    let outbound = outbound.allow(&emulator.url())?.build()?;
    let mut store = component
        .instantiate(&outbound, &InstanceOptions::default())
        .await?;
    store.init(&properties(&emulator.url(), &[KINDS])).await?;

    let mut table = Table::with_values();
    for name in ["api-token", "payment-service", "tls-key", "db-password"] {
        table.add(name, &store.get(name, &vec![]).await);
    }
    let first = vec![("version_id".to_owned(), "v1".to_owned())];
    let by_version = store.get("db-password", &first).await;
    table.add("db-password (version_id v1)", &by_version);
    for name in ["retired", "no-such-secret"] {
        table.add(name, &store.get(name, &vec![]).await);
    }
    println!("{table}");

    emulator.clear_requests();
    let started = Instant::now();
    let all = store.bulk_get(&vec![]).await?;
    println!(
        "all {} in bulk: {} ms, {} requests, up to {} at once",
        all.len(),
        started.elapsed().as_millis(),
        emulator.requests().len(),
        emulator.peak_in_flight(),
    );
    Ok(())
}

async fn get(command: Command) -> Shown {
    let Command::Get {
        name,
        region,
        version_id,
        endpoint,
        reveal,
    } = command;
    let component = load()?;
    let mut outbound = Outbound::builder().allow("https://*.tencentcloudapi.com")?;
    if let Some(endpoint) = &endpoint {
        outbound = outbound.allow(endpoint)?;
    }
    let mut store = component
        .instantiate(&outbound.build()?, &InstanceOptions::default())
        .await?;
    initialise(&mut store, region, endpoint).await?;

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
    if result.is_err() {
        return Err("the secret was not read".into());
    }
    Ok(())
}

async fn initialise(
    store: &mut SecretStore,
    region: String,
    endpoint: Option<String>,
) -> Result<(), Box<dyn Error>> {
    let key = |variable: &str| {
        env::var(variable).map_err(|_| format!("set {variable}, which holds a part of the key"))
    };
    let mut properties = vec![
        ("region".to_owned(), region),
        ("secretId".to_owned(), key("TENCENTCLOUD_SECRET_ID")?),
        ("secretKey".to_owned(), key("TENCENTCLOUD_SECRET_KEY")?),
        (KINDS.0.to_owned(), KINDS.1.to_owned()),
    ];
    if let Ok(token) = env::var("TENCENTCLOUD_TOKEN") {
        properties.push(("token".to_owned(), token));
    }
    properties.extend(endpoint.map(|endpoint| ("endpoint".to_owned(), endpoint)));
    Ok(store.init(&properties).await?)
}

/// Builds and compiles the component, and says so meanwhile: the first time takes a while.
fn load() -> Result<Component, Box<dyn Error>> {
    eprintln!("building      the component (cargo build --release --target wasm32-wasip2)");
    let file = component::build(false)?;
    let bytes = fs::read(&file)?;
    eprintln!("compiling     {} ({} bytes)", file.display(), bytes.len());
    let runtime = Runtime::new(&RuntimeConfig::default())?;
    Ok(runtime.load(&bytes)?)
}

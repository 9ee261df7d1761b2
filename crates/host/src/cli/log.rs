//! Logs, on standard error.

use std::io;

use clap::{Args, ValueEnum};
use tracing::Level;
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

#[derive(Args)]
pub(super) struct LogOptions {
    /// What to log
    #[arg(long, value_enum, default_value = "info", value_name = "LEVEL")]
    log_level: LogLevel,
    /// Log JSON, an object a line
    #[arg(long)]
    log_as_json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
}

impl LogOptions {
    /// Logs this crate's own lines and no library's: theirs may hold what ours never do.
    pub(super) fn start(&self) {
        let level = match self.log_level {
            LogLevel::Debug => Level::DEBUG,
            LogLevel::Info => Level::INFO,
            LogLevel::Warn => Level::WARN,
            LogLevel::Error => Level::ERROR,
        };
        let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
        let format = fmt::layer().with_writer(io::stderr).with_target(false);
        let logs = tracing_subscriber::registry().with(ours);
        // Fails only where this process logs already, and one log is enough.
        let _ = if self.log_as_json {
            logs.with(format.json().flatten_event(true)).try_init()
        } else {
            logs.with(format.with_ansi(false)).try_init()
        };
    }
}

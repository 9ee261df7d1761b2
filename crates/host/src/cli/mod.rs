//! The command `dapr-wasm-host`. Flags and environment variables are daprd's where daprd has them.

mod addresses;
mod allow;
mod built_in;
mod check;
mod daprd;
mod documents;
mod escape;
mod flag;
mod identity;
mod log;
mod manager;
mod memory;
mod plug;
mod profile;
mod reading;
mod serve;
mod setup;
mod stop;
mod variables;
mod version;
mod wait;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use self::{
    profile::{Profile, ProfileError},
    reading::built_in_store,
};

const NAME: &str = "dapr-wasm-host";

/// Serves Dapr secret stores that are WebAssembly components: Tencent Cloud Secrets Manager, which
/// is built in, and others.
#[derive(Parser)]
#[command(name = NAME, version, long_version = version::ALL.as_str(), propagate_version = true)]
#[command(
    after_help = "Begin with dapr-wasm-host check --resources-path FOLDER, where FOLDER has the \
                  YAML of Dapr Components. Each command has its own --help."
)]
struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Offer the stores to an unmodified daprd, as pluggable components
    Plug(plug::PlugCommand),
    /// Serve Dapr's Secrets API to applications, without daprd
    Serve(Box<serve::ServeCommand>),
    /// Load the stores, ask their backends, and show what would be served
    Check(check::CheckCommand),
    /// Print a script that completes this command's line in a shell
    Completions(documents::CompletionsCommand),
    /// Print the manual page, of this command or of one of its commands
    Man(documents::ManCommand),
}

impl Options {
    fn read(arguments: impl IntoIterator<Item = OsString>) -> Self {
        // All commands are of one program, whose name stands before its version.
        let named = Self::command().mut_subcommands(|command| command.display_name(NAME));
        let read = named.get_matches_from(flag::with_two_dashes(arguments));
        Self::from_arg_matches(&read).unwrap_or_else(|why| why.exit())
    }
}

/// Runs the command with `arguments`, the program's name first.
pub async fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = match Options::read(arguments).command {
        Command::Plug(options) => options.run().await,
        Command::Serve(options) => options.run().await,
        Command::Check(options) => options.run().await,
        Command::Completions(options) => options.run(Options::command()),
        Command::Man(options) => options.run(Options::command()),
    };
    done.unwrap_or_else(|why| {
        eprintln!("error: {}", escape::line(&why.to_string()));
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_fit_together() {
        Options::command().debug_assert();
    }
}

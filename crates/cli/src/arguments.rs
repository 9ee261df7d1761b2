//! The command line.

use clap::{Args, Parser, Subcommand};

/// Read secrets from the secret store that this command is composed with.
///
/// The store takes its configuration from the environment. Secrets go to standard output, errors
/// to standard error: `KIND: what happened and what to do next`. The exit status is 0, or 1 on an
/// error.
#[derive(Debug, Parser, PartialEq, Eq)]
#[command(name = "secrets", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum Action {
    /// Print one secret: its value, or a JSON object if it has several
    Get {
        /// The secret's name
        name: String,
        /// The version to read, else the current one
        #[arg(long)]
        version: Option<String>,
        /// Print the whole answer, or the error, as one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Print the names of all secrets, one a line; reads every value for that
    ///
    /// The contract has no call that only lists: the store reads each secret with its value, so this
    /// takes as long as `bulk`, needs the same permissions, and is as visible to whoever audits reads.
    /// The values are dropped unprinted.
    List {
        /// Which, and how errors are printed.
        #[command(flatten)]
        many: Many,
    },
    /// Print all secrets as one JSON object: names, each with its keys and values
    Bulk {
        /// Which, and how errors are printed.
        #[command(flatten)]
        many: Many,
    },
    /// Ask whether the store's backend answers and accepts the credentials
    Ping {
        /// Print an error as one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Which secrets, where there are many.
#[derive(Args, Debug, PartialEq, Eq)]
pub struct Many {
    /// Only these, else all that the store may list
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    pub names: Vec<String>,
    /// Print an error as one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Action {
    /// Whether errors are printed as JSON.
    pub fn json(&self) -> bool {
        match self {
            Self::Get { json, .. } | Self::Ping { json } => *json,
            Self::List { many } | Self::Bulk { many } => many.json,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn list_says_that_it_reads_every_value() {
        let mut command = Arguments::command();
        let all = command.render_help().to_string();
        assert!(all.contains("reads every value"), "{all}");
        let list = command.find_subcommand_mut("list").unwrap();
        let help = list.render_long_help().to_string();
        assert!(help.contains("reads each secret with its value"), "{help}");
    }

    #[test]
    fn names_are_separated_by_commas() {
        let parsed = Arguments::try_parse_from(["secrets", "bulk", "--names", "one,two"]);
        let Ok(Arguments {
            action: Action::Bulk { many },
        }) = parsed
        else {
            unreachable!("{parsed:?}");
        };
        assert_eq!(many.names, ["one", "two"]);
    }
}

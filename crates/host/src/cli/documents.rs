//! What is made of the definition of the command line: completions and manual pages.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

#[derive(Args)]
pub(super) struct CompletionsCommand {
    /// The shell; its manual says where such a script goes
    shell: Shell,
}

#[derive(Args)]
pub(super) struct ManCommand {
    /// One of the commands, such as serve
    command: Option<String>,
}

impl CompletionsCommand {
    pub(super) fn run(&self, mut whole: Command) -> Result<ExitCode, Box<dyn Error>> {
        let name = whole.get_name().to_owned();
        let mut written = Vec::new();
        clap_complete::generate(self.shell, &mut whole, &name, &mut written);
        // For bash clap_complete writes a name with dashes in two ways, and then finds no command
        // (https://github.com/clap-rs/clap/issues/6421).
        let (wrong, right) = (name.replace('-', "__subcmd__"), name.replace('-', "__"));
        let script = String::from_utf8(written)?.replace(&wrong, &right);
        print(script.as_bytes())
    }
}

impl ManCommand {
    pub(super) fn run(&self, mut whole: Command) -> Result<ExitCode, Box<dyn Error>> {
        // Gives commands their full names.
        whole.build();
        let command = match &self.command {
            None => &whole,
            Some(name) => whole
                .find_subcommand(name)
                .ok_or_else(|| format!("there is no command {name:?}, see --help"))?,
        };
        let mut page = Vec::new();
        Man::new(command.clone()).render(&mut page)?;
        print(&page)
    }
}

/// Whoever reads may have enough and close the pipe.
fn print(document: &[u8]) -> Result<ExitCode, Box<dyn Error>> {
    match io::stdout().write_all(document) {
        Err(why) if why.kind() != io::ErrorKind::BrokenPipe => Err(why.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

//! `stopleak completions SHELL`: completion scripts, generated from the definition of the command line.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;

/// Print a completion script for a shell
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self, _: &Environment, mut command_line: clap::Command) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command_line, "stopleak", &mut script);
        io::stdout().write_all(&script)?;
        Ok(ExitCode::Complete)
    }
}

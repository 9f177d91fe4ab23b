//! `stopleak man`: manual pages, generated from the definition of the command line.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;

/// Print the manual page
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write one page for each command into this folder instead of stdout
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(self, _: &Environment, command_line: clap::Command) -> anyhow::Result<ExitCode> {
        if let Some(dir) = self.dir {
            std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
            clap_mangen::generate_to(command_line, &dir).with_context(|| dir.display().to_string())?;
            return Ok(ExitCode::Complete);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command_line).render(&mut page)?;
        io::stdout().write_all(&page)?;
        Ok(ExitCode::Complete)
    }
}

//! `stopleak man`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::cli::exit_code::ExitCode;

/// Print the manual page
#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// Write one page for each command into this folder instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(dir) = self.dir {
            std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
            clap_mangen::generate_to(crate::cli::command(), &dir)
                .with_context(|| dir.display().to_string())?;
            return Ok(ExitCode::Complete);
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(crate::cli::command()).render(&mut page)?;
        io::stdout().write_all(&page)?;
        Ok(ExitCode::Complete)
    }
}

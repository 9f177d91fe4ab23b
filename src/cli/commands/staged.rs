//! `stopleak staged`: the changes in the index.

use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::ScanOptions;
use crate::cli::target_scan;
use crate::scan::Target;

/// Scan what `git commit` is about to record
///
/// Reads the index as git will commit it. Only newly staged secrets block a commit. Removing one, renaming its
/// file or editing nearby lines does not: a secret that the replaced content already contained is reported as
/// old.
#[derive(Args, Debug)]
pub(crate) struct StagedArgs {
    #[command(flatten)]
    options: ScanOptions,
}

impl StagedArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        target_scan::run(&Target::Staged, &env.directory, &self.options, env)
    }
}

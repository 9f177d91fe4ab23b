//! `stopleak history`: every object of a repository.

use std::path::PathBuf;

use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::ScanOptions;
use crate::cli::target_scan;
use crate::scan::Target;

/// Scan every object of a repository
///
/// Reachable, stashed, only in the reflog, or dangling: everything that a clone or a backup may contain.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// The repository, or a folder in it
    #[arg(value_name = "REPO", default_value = ".")]
    repo: PathBuf,

    /// Scan every object in full, not only what git's deltas change in it. Slower, with the same findings: to
    /// verify a result
    #[arg(long)]
    full_scan: bool,

    /// Scan the histories of submodules too
    ///
    /// Findings are reported below the submodule's path. A submodule of HEAD that was not fetched makes the run
    /// incomplete.
    #[arg(long)]
    recurse_submodules: bool,

    #[command(flatten)]
    options: ScanOptions,
}

impl HistoryArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let start = self.repo.clone();
        let target =
            Target::History { repo: self.repo, full: self.full_scan, recurse: self.recurse_submodules };
        target_scan::run(&target, &start, &self.options, env)
    }
}

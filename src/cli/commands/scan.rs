//! `stopleak scan`: files, folders or standard input.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::ScanOptions;
use crate::cli::target_scan;
use crate::scan::Target;

/// Scan files and folders
///
/// In a git work tree: tracked files, and untracked files that are not ignored. Symbolic links that lead out of
/// the tree are not followed.
#[derive(Args, Debug)]
pub(crate) struct ScanArgs {
    /// Files and folders, or - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Scan ignored files too
    #[arg(long)]
    no_ignore: bool,

    #[command(flatten)]
    options: ScanOptions,
}

impl ScanArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let has_stdin = self.paths.iter().any(|path| path.as_os_str() == "-");
        if has_stdin && self.paths.len() > 1 {
            bail!("- reads standard input and cannot be combined with other paths (for a file named -: ./-)");
        }
        if has_stdin {
            let target = Target::Stdin { name: "stdin".to_owned() };
            return target_scan::run(&target, &env.directory, &self.options, env);
        }
        let start = self.paths[0].clone();
        let target = Target::Paths { paths: self.paths, no_ignore: self.no_ignore };
        target_scan::run(&target, &start, &self.options, env)
    }
}

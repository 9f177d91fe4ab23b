//! The commands that scan: paths, what is staged, a range, a whole history. They differ in their target.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{ScanOptions, TrustOptions};
use crate::cli::range_scan;
use crate::cli::range_scan::{Asked, PolicyOf};
use crate::cli::setup::Setup;
use crate::cli::{messages, output, stats};
use crate::git::repo::RepoError;
use crate::model::ScanReport;
use crate::scan;
use crate::scan::{Commits, Target};

/// Scans `target` and delivers the report. The configuration is that of the repository with `start`.
pub(crate) fn run(
    target: &Target,
    start: &Path,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check(&options.output)?;
    let setup = Setup::new(env, start, &options.rules, &options.grades)?;
    let settings = scan::Settings { stats: options.output.stats, ..setup.scan_settings(env)? };
    finish(&scan::run(target, &settings)?, options, env)
}

/// Delivers the report and says what the process returns.
pub(crate) fn finish(
    report: &ScanReport,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::deliver(report, &options.output, env)?;
    if let Some(text) = stats::text(&report.effort) {
        messages::note(&text);
    }
    Ok(ExitCode::of(report.verdict(), options.output.exit_zero))
}

/// Scan files and folders
///
/// In a git work tree: tracked files, and others that are not ignored. A link is not followed out of the
/// tree.
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
        let stdin = self.paths.iter().any(|path| path.as_os_str() == "-");
        if stdin && self.paths.len() > 1 {
            bail!("- reads standard input and cannot be joined with other paths (a file named -: ./-)");
        }
        if stdin {
            let target = Target::Stdin { name: "stdin".to_owned() };
            return run(&target, &env.directory, &self.options, env);
        }
        let start = self.paths[0].clone();
        let target = Target::Paths { paths: self.paths, no_ignore: self.no_ignore };
        run(&target, &start, &self.options, env)
    }
}

/// Scan what `git commit` is about to record
///
/// Reads the index as git will commit it. A secret that the replaced content already held is shown as old
/// and does not block.
#[derive(Args, Debug)]
pub(crate) struct StagedArgs {
    #[command(flatten)]
    options: ScanOptions,
}

impl StagedArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        run(&Target::Staged, &env.directory, &self.options, env)
    }
}

/// Scan every commit of B that A lacks
///
/// By hand: stopleak range origin/main..HEAD. In CI: stopleak ci. Configuration, baseline, rules and marks are
/// those of the commit where B branches off from A.
#[derive(Args, Debug)]
pub(crate) struct RangeArgs {
    /// Two revisions
    #[arg(value_name = "A..B", required_unless_present = "pre_push")]
    range: Option<String>,

    /// Take the range from PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF, as the pre-commit framework sets
    /// them for a pre-push hook
    ///
    /// As in every hook on your own machine, the policy is that of the checked-out files.
    #[arg(long, conflicts_with = "range")]
    pre_push: bool,

    #[command(flatten)]
    trust: TrustOptions,

    #[command(flatten)]
    options: ScanOptions,
}

impl RangeArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let (spec, policy) = match self.range {
            // One revision alone means all that it reaches, which nobody expects of a range.
            Some(spec) if !spec.contains("..") => return Err(RepoError::NotARange { spec }.into()),
            Some(spec) => (spec, self.trust.policy(PolicyOf::Base)),
            None => (pushed(env)?, PolicyOf::WorkTree),
        };
        let asked = Asked {
            command: "range",
            name: spec.clone(),
            commits: Commits::Spec(spec),
            policy,
            remedy: None,
            notes: Vec::new(),
            gaps: Vec::new(),
        };
        range_scan::run(asked, range_scan::open(env)?, &self.options, env)
    }
}

/// What the pre-commit framework says is being pushed. It gives two revisions, or none of both when the
/// whole branch is new to the remote: then all of it is scanned. Run by hand it gives nothing, and HEAD is
/// what would be pushed.
fn pushed(env: &Environment) -> anyhow::Result<String> {
    let get = |name: &str| -> anyhow::Result<Option<String>> {
        let Some(value) = env.get(name) else { return Ok(None) };
        match value.to_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => bail!("{name}: expected UTF-8 text"),
        }
    };
    match (get("PRE_COMMIT_FROM_REF")?, get("PRE_COMMIT_TO_REF")?) {
        (Some(from), Some(to)) => Ok(format!("{from}..{to}")),
        (None, Some(to)) => Ok(to),
        (Some(_), None) => bail!("PRE_COMMIT_FROM_REF is set and PRE_COMMIT_TO_REF is not"),
        (None, None) => match get("PRE_COMMIT_LOCAL_BRANCH")? {
            Some(branch) => Ok(branch),
            None => {
                messages::note(
                    "stopleak: no PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF; scanning all of HEAD",
                );
                Ok("HEAD".to_owned())
            }
        },
    }
}

/// Scan every object of a repository
///
/// Reachable, stashed, only in the reflog, or dangling: whatever a clone or a backup may hold.
#[derive(Args, Debug)]
pub(crate) struct HistoryArgs {
    /// The repository, or a folder in it
    #[arg(value_name = "REPO", default_value = ".")]
    repo: PathBuf,

    /// Scan every object whole instead of what git stores of it as a change. Slower, with the same
    /// findings: for doubt
    #[arg(long)]
    full_scan: bool,

    /// Read the histories of submodules too
    ///
    /// Their findings are told below the submodule's path. One that HEAD has and that was not fetched makes the
    /// run incomplete.
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
        run(&target, &start, &self.options, env)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frameworks_variables_give_a_range_and_less_of_them_a_larger_one() {
        let spec = |variables: &[(&str, &str)]| pushed(&Environment::of_variables(variables)).ok();
        let (from, to) = (("PRE_COMMIT_FROM_REF", "a"), ("PRE_COMMIT_TO_REF", "b"));
        let branch = ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/x");
        assert_eq!(spec(&[from, to, branch]).as_deref(), Some("a..b"));
        assert_eq!(spec(&[to]).as_deref(), Some("b"));
        assert_eq!(spec(&[branch]).as_deref(), Some("refs/heads/x"));
        assert_eq!(spec(&[]).as_deref(), Some("HEAD"));
        assert_eq!(spec(&[from]), None);
    }
}

//! `stopleak range A..B`: the commits of one side that the other does not contain.

use anyhow::bail;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::{ScanOptions, TrustOptions};
use crate::cli::policy_files::PolicyOf;
use crate::cli::range_scan;
use crate::cli::range_scan::RangeRequest;
use crate::git::repo::RepoError;
use crate::model::Command;
use crate::scan::RevisionRange;

/// Scan the commits reachable from B but not from A (as in `git log A..B`)
///
/// By hand: stopleak range origin/main..HEAD. In CI: stopleak ci. Configuration, baseline, rules and allow
/// comments are those of A.
#[derive(Args, Debug)]
pub(crate) struct RangeArgs {
    /// Two revisions
    #[arg(value_name = "A..B", required_unless_present = "pre_push")]
    range: Option<String>,

    /// Use the range in PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF, which the pre-commit framework sets for
    /// pre-push hooks
    ///
    /// As in every local hook, configuration, baseline, rules and allow comments are those of the checked-out
    /// files.
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
            // A single revision would mean everything reachable from it, which is not what a range suggests.
            Some(spec) if !spec.contains("..") => return Err(RepoError::NotARange { spec }.into()),
            Some(spec) => (spec, self.trust.policy(PolicyOf::Base)),
            None => (pre_push_range(env)?, PolicyOf::WorkTree),
        };
        let request = RangeRequest {
            command: Command::Range,
            name: spec.clone(),
            commits: RevisionRange::Spec(spec),
            policy,
            remedy: None,
            notes: Vec::new(),
            unscanned: Vec::new(),
        };
        range_scan::run(request, range_scan::open(env)?, &self.options, env)
    }
}

/// Returns the range that the pre-commit framework pushes, from its variables. The framework sets two revisions,
/// or neither when the whole branch is new to the remote: then the whole branch is scanned. Without any variable,
/// as on the command line, HEAD is scanned.
fn pre_push_range(env: &Environment) -> anyhow::Result<String> {
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
                    "stopleak: PRE_COMMIT_FROM_REF and PRE_COMMIT_TO_REF are not set; scanning everything \
                     reachable from HEAD",
                );
                Ok("HEAD".to_owned())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_variables_of_the_framework_select_a_larger_range() {
        let spec = |variables: &[(&str, &str)]| pre_push_range(&Environment::from_variables(variables)).ok();
        let (from, to) = (("PRE_COMMIT_FROM_REF", "a"), ("PRE_COMMIT_TO_REF", "b"));
        let branch = ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/x");
        assert_eq!(spec(&[from, to, branch]).as_deref(), Some("a..b"));
        assert_eq!(spec(&[to]).as_deref(), Some("b"));
        assert_eq!(spec(&[branch]).as_deref(), Some("refs/heads/x"));
        assert_eq!(spec(&[]).as_deref(), Some("HEAD"));
        assert_eq!(spec(&[from]), None);
    }
}

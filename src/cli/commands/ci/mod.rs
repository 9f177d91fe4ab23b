//! `stopleak ci`: scans the commits that triggered a CI run, from the variables of the CI system.
//!
//! Each system has one file that reads its variables; [`run`] looks the commits up and scans them.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod github;
mod gitlab;
mod jenkins;
mod lookup;
mod plan;
mod proposal;
mod run;

use anyhow::bail;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{ScanOptions, TrustOptions};
use crate::cli::range_scan;
use crate::source::unscanned::SHALLOW_REMEDY;

use plan::{CiSystem, CommitName, Plan, USAGE_HINT, is_zero};
use run::CiRun;

/// Scan the commits that triggered a CI run
///
/// Reads the variables of GitHub Actions, GitLab CI, Bitbucket Pipelines, Azure Pipelines, CircleCI, Jenkins or
/// Buildkite, and scans the commits of the pull request or push; on a schedule the whole history. Configuration,
/// baseline, rules and allow comments are those of the target branch. On other systems: stopleak ci --base REV
#[derive(Args, Debug)]
pub(crate) struct CiArgs {
    /// Scan the commits that are not reachable from this one, regardless of the CI system's variables
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Scan the commits reachable from this one [default: from the CI system's variables, or HEAD]
    #[arg(long, value_name = "REV")]
    head: Option<String>,

    #[command(flatten)]
    trust: TrustOptions,

    #[command(flatten)]
    options: ScanOptions,
}

/// Reads the variables of a system; `None` if the process runs on another one. The error is the name of an event that
/// does not contain which commits are new.
type Detect = fn(&Environment) -> Option<Result<Plan, String>>;

const SYSTEMS: [(CiSystem, Detect); 7] = [
    (github::SYSTEM, github::plan),
    (gitlab::SYSTEM, gitlab::plan),
    (bitbucket::SYSTEM, bitbucket::plan),
    (azure::SYSTEM, azure::plan),
    (circleci::SYSTEM, circleci::plan),
    (buildkite::SYSTEM, buildkite::plan),
    // Last: the variables of a Jenkins agent stay set when it starts the tools of another system.
    (jenkins::SYSTEM, jenkins::plan),
];

const NO_SYSTEM: CiSystem = CiSystem { name: "--base", full_clone: SHALLOW_REMEDY };

impl CiArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let (system, plan) = self.plan(env)?;
        let view = range_scan::open(env)?;
        CiRun { system, view, trust: &self.trust, options: &self.options, env }.run(plan)
    }

    /// Returns what to scan, and the CI system that it comes from.
    fn plan(&self, env: &Environment) -> anyhow::Result<(CiSystem, Plan)> {
        for (flag, value) in [("--base", &self.base), ("--head", &self.head)] {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                bail!("{flag} is empty (is a variable not set?); {USAGE_HINT}");
            }
        }
        let found = SYSTEMS.iter().find_map(|(system, detect)| Some((*system, detect(env)?)));
        let revision = |text: &String| CommitName::Revision(text.clone());
        let (system, plan) = match (found, &self.base) {
            (None, None) => bail!("no variables of a known CI system are set; {USAGE_HINT}"),
            (None, Some(_)) => (NO_SYSTEM, None),
            (Some((system, Ok(plan))), _) => (system, Some(plan)),
            (Some((system, Err(_))), Some(_)) => (system, None),
            (Some((system, Err(event))), None) => {
                bail!(
                    "{}: the event `{event}` does not contain which commits are new; {USAGE_HINT}",
                    system.name
                )
            }
        };
        let own_head = match &plan {
            Some(Plan::Proposal { head, .. } | Plan::Push { head, .. }) => Some(head.clone()),
            _ => None,
        };
        let head = self.head.as_ref().map(revision);
        Ok((
            system,
            match (plan, &self.base) {
                (plan, Some(base)) => {
                    let head = head.or(own_head).unwrap_or(CommitName::Revision("HEAD".to_owned()));
                    match (plan, is_zero(base)) {
                        (Some(Plan::Push { branch, default, .. }), true) => {
                            Plan::Push { before: None, head, branch, default }
                        }
                        (_, true) => Plan::Push { before: None, head, branch: None, default: None },
                        (_, false) => Plan::proposal(revision(base), None, head),
                    }
                }
                (Some(Plan::Proposal { base, base_kind, target, target_tip, head: own }), None) => {
                    Plan::Proposal { base, base_kind, target, target_tip, head: head.unwrap_or(own) }
                }
                (Some(Plan::Push { before, head: own, branch, default }), None) => {
                    Plan::Push { before, head: head.unwrap_or(own), branch, default }
                }
                (Some(plan), None) => plan,
                (None, None) => bail!("{USAGE_HINT}"),
            },
        ))
    }
}

//! `stopleak ci`: what a CI run is about, from the variables of its system.
//!
//! One file for each system says what the variables mean; [`run`] looks the commits up and scans.

mod azure;
mod bitbucket;
mod buildkite;
mod circleci;
mod github;
mod gitlab;
mod jenkins;
mod plan;
mod run;

use anyhow::bail;
use clap::Args;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{ScanOptions, TrustOptions};
use crate::cli::range_scan;
use crate::source::range::SHALLOW_REMEDY;

use plan::{Name, Plan, System, is_zero};
use run::Ci;

/// Scan what a CI run is about
///
/// Finds out from the variables of GitHub Actions, GitLab CI, Bitbucket Pipelines, Azure Pipelines, CircleCI,
/// Jenkins or Buildkite: the commits of a pull request or push, or on a schedule the whole history.
/// Configuration, baseline, rules and marks are those of the base. Elsewhere: stopleak ci --base REV
#[derive(Args, Debug)]
pub(crate) struct CiArgs {
    /// Scan every commit that this one lacks, whatever the CI system says
    #[arg(long, value_name = "REV")]
    base: Option<String>,

    /// Scan the commits of this one [default: what the CI system says, or HEAD]
    #[arg(long, value_name = "REV")]
    head: Option<String>,

    #[command(flatten)]
    trust: TrustOptions,

    #[command(flatten)]
    options: ScanOptions,
}

/// How a system's plan is read; `None` where the system is another one. An error is the name of an event that
/// does not say which commits are new.
type Detect = fn(&Environment) -> Option<Result<Plan, String>>;

const SYSTEMS: [(System, Detect); 7] = [
    (github::SYSTEM, github::plan),
    (gitlab::SYSTEM, gitlab::plan),
    (bitbucket::SYSTEM, bitbucket::plan),
    (azure::SYSTEM, azure::plan),
    (circleci::SYSTEM, circleci::plan),
    (buildkite::SYSTEM, buildkite::plan),
    // The variables of an agent stay set when it starts another system's tools.
    (jenkins::SYSTEM, jenkins::plan),
];

const BY_HAND: System = System { name: "--base", whole_history: SHALLOW_REMEDY };

const WHAT_TO_PASS: &str = "pass what to scan: stopleak ci --base REV [--head REV]";

impl CiArgs {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        let (system, plan) = self.plan(env)?;
        let ci = Ci { system, view: range_scan::open(env)?, args: &self, env };
        ci.run(plan)
    }

    /// What to scan, and what system says so.
    fn plan(&self, env: &Environment) -> anyhow::Result<(System, Plan)> {
        for (flag, value) in [("--base", &self.base), ("--head", &self.head)] {
            if value.as_deref().is_some_and(|value| value.trim().is_empty()) {
                bail!("{flag} is empty: a variable that is not set? {WHAT_TO_PASS}");
            }
        }
        let found = SYSTEMS.iter().find_map(|(system, detect)| Some((*system, detect(env)?)));
        let revision = |text: &String| Name::Revision(text.clone());
        let (system, plan) = match (found, &self.base) {
            (None, None) => bail!("no CI system is recognized by its variables; {WHAT_TO_PASS}"),
            (None, Some(_)) => (BY_HAND, None),
            (Some((system, Ok(plan))), _) => (system, Some(plan)),
            (Some((system, Err(_))), Some(_)) => (system, None),
            (Some((system, Err(event))), None) => {
                bail!(
                    "{}: an event `{event}` does not say which commits are new; {WHAT_TO_PASS}",
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
                    let head = head.or(own_head).unwrap_or(Name::Revision("HEAD".to_owned()));
                    match (plan, is_zero(base)) {
                        (Some(Plan::Push { branch, default, .. }), true) => {
                            Plan::Push { before: None, head, branch, default }
                        }
                        (_, true) => Plan::Push { before: None, head, branch: None, default: None },
                        (_, false) => Plan::Proposal { base: revision(base), target: None, head },
                    }
                }
                (Some(Plan::Proposal { base, target, head: own }), None) => {
                    Plan::Proposal { base, target, head: head.unwrap_or(own) }
                }
                (Some(Plan::Push { before, head: own, branch, default }), None) => {
                    Plan::Push { before, head: head.unwrap_or(own), branch, default }
                }
                (Some(plan), None) => plan,
                (None, None) => bail!("{WHAT_TO_PASS}"),
            },
        ))
    }
}

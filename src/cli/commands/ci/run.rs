//! Carries out a plan: looks its commits up and scans them.
//!
//! A commit that is not in the clone makes the run incomplete; the report names it and how to fetch it.

use super::lookup::{MissingCommit, find_commit, find_object, remote_default_branch};
use super::plan::{BaseKind, CiSystem, CommitName, Plan, USAGE_HINT};
use super::proposal::Proposal;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{ScanOptions, TrustOptions};
use crate::cli::output;
use crate::cli::policy_files::PolicyOf;
use crate::cli::range_scan;
use crate::cli::range_scan::{RangeRequest, short};
use crate::cli::setup::{RepoLocation, Setup};
use crate::git::Oid;
use crate::model::{Command, Unscanned, UnscannedKind};
use crate::scan;
use crate::scan::{RevisionRange, Settings, Target};
use crate::source::view::RepoView;

/// One run of `stopleak ci`.
pub(crate) struct CiRun<'a> {
    pub(crate) system: CiSystem,
    pub(crate) view: RepoView,
    pub(crate) trust: &'a TrustOptions,
    pub(crate) options: &'a ScanOptions,
    pub(crate) env: &'a Environment,
}

/// A ref after a push.
struct PushedRef {
    /// Name of the scanned commits in reports.
    name: String,
    /// The commit of the ref.
    to: Oid,
    /// The commit of the ref as text for the user.
    label: String,
    /// Whether the ref is the default branch.
    is_default: bool,
    /// Name of the default branch, if it is known.
    default: Option<String>,
    /// Tip of the default branch; `None` if its name is unknown, or if it is the ref itself.
    default_tip: Option<Result<Oid, MissingCommit>>,
}

impl CiRun<'_> {
    /// Carries out `plan` and writes the reports.
    ///
    /// # Errors
    ///
    /// A usage or configuration error, a repository that cannot be read, or a report that could not be written.
    pub(crate) fn run(self, plan: Plan) -> anyhow::Result<ExitCode> {
        match plan {
            Plan::Proposal { base, base_kind, target, target_tip, head } => {
                self.scan_proposal((&base, base_kind), target.as_deref(), target_tip.as_ref(), &head)
            }
            Plan::Push { before, head, branch, default } => {
                self.scan_push(before.as_deref(), &head, branch.as_deref(), default)
            }
            Plan::FullHistory(why) => {
                self.scan_full_history(&format!("the whole history ({why})"), Vec::new())
            }
            Plan::NoCommits(why) => self.report_no_commits(why),
            Plan::Unknown(why) => {
                let remedy = format!("{USAGE_HINT}; and {}", self.system.full_clone);
                let entry = missing_entry("the base of this run".to_owned(), why, remedy);
                self.report_unscanned("ci".to_owned(), entry)
            }
        }
    }

    fn scan_proposal(
        self,
        (base, base_kind): (&CommitName, BaseKind),
        target: Option<&str>,
        target_tip: Option<&CommitName>,
        head: &CommitName,
    ) -> anyhow::Result<ExitCode> {
        let view = &self.view;
        let name = format!("{}..{}", base.as_str(), head.as_str());
        let (from, to) = match (find_commit(view, base)?, find_commit(view, head)?) {
            (Ok(from), Ok(to)) => (from, to),
            (from, to) => {
                // Prefer the commit that needs a fetch of its own: its remedy includes that of the other.
                let missing = [from.err(), to.err()].into_iter().flatten();
                let missing = missing.min_by_key(|missing| !missing.needs_own_fetch);
                let entry = self.missing_commit_entry(&missing.expect("one of them is missing"))?;
                return self.report_unscanned(name, entry);
            }
        };
        let given = (from, base_kind, label(base, &from));
        let proposal = Proposal::new(view, given, to, target, target_tip)?;
        let note = self.range_note(&label(head, &to), &proposal.from_label);
        let note = [vec![note], proposal.notes].concat().join("; ");
        let name = match proposal.instead_of_base {
            Some(target) => format!("{target}..{}", head.as_str()),
            None => name,
        };
        let commits = RevisionRange::Between { known: proposal.known, to };
        self.scan_range(name, commits, PolicyOf::Commit(proposal.policy), note, Vec::new())
    }

    fn scan_push(
        self,
        before: Option<&str>,
        head: &CommitName,
        branch: Option<&str>,
        default: Option<String>,
    ) -> anyhow::Result<ExitCode> {
        let view = &self.view;
        let name = match before {
            Some(before) => format!("{before}..{}", head.as_str()),
            None => head.as_str().to_owned(),
        };
        let to = match find_object(view, head)? {
            Ok(to) => to,
            Err(missing) => {
                let entry = self.missing_commit_entry(&missing)?;
                return self.report_unscanned(name, entry);
            }
        };
        let default = default.or(remote_default_branch(view)?);
        let is_default = branch.is_some() && branch == default.as_deref();
        let default_tip = match &default {
            Some(default) if !is_default => Some(find_object(view, &CommitName::Branch(default.clone()))?),
            _ => None,
        };
        let pushed = PushedRef { name, to, label: label(head, &to), is_default, default, default_tip };
        let Some(before) = before else { return self.scan_new_ref(pushed) };
        match find_commit(view, &CommitName::Id(before.to_owned()))? {
            Ok(from) => self.scan_update(from, pushed),
            Err(missing) if missing.invalid_reason.is_some() || self.is_shallow()? => {
                let entry = self.missing_commit_entry(&missing)?;
                self.report_unscanned(pushed.name, entry)
            }
            Err(missing) => self.scan_forced_push(missing, pushed),
        }
    }

    /// Scans a push to an existing ref that pointed to `from` before.
    fn scan_update(self, from: Oid, pushed: PushedRef) -> anyhow::Result<ExitCode> {
        let PushedRef { name, to, label, is_default, default_tip, .. } = pushed;
        let mut note = self.range_note(&label, &short(&from));
        let policy = match default_tip {
            _ if is_default => PolicyOf::Commit(from),
            Some(Ok(tip)) => PolicyOf::Commit(tip),
            // Not the policy of `from`: an earlier push to the same branch may have added suppressions for this one.
            unknown => {
                let why = match unknown {
                    Some(Err(missing)) => {
                        format!("{} is not in the clone ({})", missing.label, missing.fetch_command)
                    }
                    _ => "the default branch is not known".to_owned(),
                };
                note.push_str(&format!("; {why}, so no policy of the repository is effective"));
                PolicyOf::None
            }
        };
        let commits = RevisionRange::Between { known: vec![from], to };
        self.scan_range(name, commits, policy, note, Vec::new())
    }

    /// Scans a push after which the commit before it, `missing`, is no longer available.
    fn scan_forced_push(self, missing: MissingCommit, pushed: PushedRef) -> anyhow::Result<ExitCode> {
        let PushedRef { name, to, label, is_default, default, default_tip } = pushed;
        let default_tip = default_tip.and_then(Result::ok);
        let instead = match (default, default_tip) {
            (Some(default), Some(_)) => format!("the commits that are not reachable from {default}"),
            _ => "everything reachable from it".to_owned(),
        };
        let reason = format!(
            "the commit before the push is not in the clone (a forced push); scanned instead: {instead}"
        );
        let remedy = format!("{} first, or pass another base: --base REV", missing.fetch_command);
        let entry = missing_entry(missing.label, reason, remedy);
        let note = format!("{}: a forced push to {label}; {instead}", self.system.name);
        match default_tip {
            Some(from) => {
                let commits = RevisionRange::Between { known: vec![from], to };
                self.scan_range(name, commits, PolicyOf::Commit(from), note, vec![entry])
            }
            None if is_default => self.scan_full_history(&instead, vec![entry]),
            None => {
                let commits = RevisionRange::Between { known: Vec::new(), to };
                self.scan_range(name, commits, PolicyOf::Base, note, vec![entry])
            }
        }
    }

    /// Scans a push to a new ref, or on a system without a variable for the commit before the push.
    fn scan_new_ref(self, pushed: PushedRef) -> anyhow::Result<ExitCode> {
        let PushedRef { name, to, label, is_default, default, default_tip } = pushed;
        match (default_tip, default) {
            (Some(Ok(from)), Some(default)) => {
                let note = self.range_note(&label, &format!("{default} ({})", short(&from)));
                let commits = RevisionRange::Between { known: vec![from], to };
                self.scan_range(
                    format!("{default}..{name}"),
                    commits,
                    PolicyOf::Commit(from),
                    note,
                    Vec::new(),
                )
            }
            (Some(Err(missing)), _) => {
                let entry = self.missing_commit_entry(&missing)?;
                self.report_unscanned(name, entry)
            }
            _ if is_default => {
                let what = "the whole history, because the commit before the push to the default branch is not known";
                self.scan_full_history(what, Vec::new())
            }
            // Any contributor may have pushed the branch, so its own policy is not effective.
            _ => {
                let note = format!(
                    "{}: everything reachable from {label}, because neither the commit before the push nor the \
                     default branch is known",
                    self.system.name
                );
                let commits = RevisionRange::Between { known: Vec::new(), to };
                self.scan_range(name, commits, PolicyOf::Base, note, Vec::new())
            }
        }
    }

    fn range_note(&self, head: &str, base: &str) -> String {
        format!("{}: the commits reachable from {head} but not from {base}", self.system.name)
    }

    fn scan_range(
        self,
        name: String,
        commits: RevisionRange,
        policy: PolicyOf,
        note: String,
        unscanned: Vec<Unscanned>,
    ) -> anyhow::Result<ExitCode> {
        let request = RangeRequest {
            command: Command::Ci,
            name,
            commits,
            policy: self.trust.policy(policy),
            remedy: Some(self.system.full_clone.to_owned()),
            notes: vec![note],
            unscanned,
        };
        range_scan::run(request, self.view, self.options, self.env)
    }

    /// Scans the whole history with the policy of the checked-out files, because there is no base commit.
    fn scan_full_history(self, what: &str, unscanned: Vec<Unscanned>) -> anyhow::Result<ExitCode> {
        let CiRun { system, options, env, .. } = self;
        output::check_report_files(&options.output)?;
        let setup = Setup::new(env, &env.directory, &options.rules, &options.thresholds)?;
        let settings = Settings {
            stats: options.output.stats,
            notes: vec![format!("{}: {what}", system.name)],
            ..setup.scan_settings(env)?
        };
        let target = Target::History { repo: ".".into(), full: false, recurse: false };
        let mut report = scan::run(&target, &settings)?;
        let shallow = report.unscanned.iter_mut().filter(|entry| entry.kind == UnscannedKind::Shallow);
        shallow.for_each(|entry| entry.remedy = Some(system.full_clone.to_owned()));
        report.unscanned.extend(unscanned);
        report.unscanned.sort();
        output::finish(&report, options, env)
    }

    fn report_no_commits(self, why: String) -> anyhow::Result<ExitCode> {
        let CiRun { options, env, .. } = self;
        output::check_report_files(&options.output)?;
        let setup = Setup::new(env, &env.directory, &options.rules, &options.thresholds)?;
        let settings = setup.scan_settings(env)?;
        let report = scan::report_nothing_scanned(Command::Ci, "", format!("0 commits: {why}"), &settings)?;
        output::finish(&report, options, env)
    }

    fn report_unscanned(self, name: String, entry: Unscanned) -> anyhow::Result<ExitCode> {
        let location = RepoLocation::from_repo(&self.view.repo);
        let request = RangeRequest {
            command: Command::Ci,
            name,
            commits: RevisionRange::Spec(String::new()),
            policy: PolicyOf::WorkTree,
            remedy: None,
            notes: vec![format!("{}: nothing was scanned", self.system.name)],
            unscanned: Vec::new(),
        };
        range_scan::report_unscanned(&request, entry, location, self.options, self.env)
    }

    fn is_shallow(&self) -> anyhow::Result<bool> {
        Ok(!self.view.repo.shallow_commits()?.is_empty())
    }

    /// Returns the entry for a commit that is not in the clone. Its remedy includes the setting of the CI system.
    fn missing_commit_entry(&self, missing: &MissingCommit) -> anyhow::Result<Unscanned> {
        let (label, full_clone) = (missing.label.clone(), self.system.full_clone);
        if let Some(reason) = &missing.invalid_reason {
            return Ok(missing_entry(label, reason.clone(), USAGE_HINT.to_owned()));
        }
        if !self.is_shallow()? {
            let remedy = format!("{}, and {full_clone}", missing.fetch_command);
            return Ok(missing_entry(label, "it is not in this clone".to_owned(), remedy));
        }
        let remedy = match missing.needs_own_fetch {
            true => format!("{full_clone}, and then {}", missing.fetch_command),
            false => full_clone.to_owned(),
        };
        let reason = "it is not in this clone, which is shallow".to_owned();
        Ok(Unscanned { kind: UnscannedKind::Shallow, what: label, reason, remedy: Some(remedy) })
    }
}

/// Returns the name of a commit with its id, for messages.
fn label(name: &CommitName, id: &Oid) -> String {
    match name {
        CommitName::Id(_) | CommitName::IdInRef { .. } => short(id),
        CommitName::Branch(text) | CommitName::Revision(text) => format!("{text} ({})", short(id)),
    }
}

fn missing_entry(what: String, reason: String, remedy: String) -> Unscanned {
    Unscanned { kind: UnscannedKind::Missing, what, reason, remedy: Some(remedy) }
}

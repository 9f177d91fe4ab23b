//! Scans a range of proposed commits with the policy of the side that they are compared with: the tip of the target branch.
//!
//! Commits that are missing from a shallow or partial clone make the run incomplete, so that it is not taken for a clean
//! one.

use super::env::Environment;
use super::exit_code::ExitCode;
use super::options::ScanOptions;
use super::output;
use super::policy_files::{PolicyFiles, PolicyOf};
use super::setup::{RepoLocation, Setup};
use crate::git::commits::tag::peel;
use crate::git::odb::store::DEFAULT_LIMIT;
use crate::git::repo::RepoError;
use crate::git::{ObjectError, Oid};
use crate::model::{Command, Unscanned, UnscannedKind};
use crate::scan;
use crate::scan::{RevisionRange, Selection, Settings};
use crate::source::commit_files::CommitFiles;
use crate::source::unscanned::{SHALLOW_REMEDY, unscanned_object};
use crate::source::view::RepoView;

/// The commits to scan and how the report presents them.
pub(crate) struct RangeRequest {
    /// Command, as named in reports.
    pub(crate) command: Command,
    /// Name of the commits in reports.
    pub(crate) name: String,
    /// The commits.
    pub(crate) commits: RevisionRange,
    /// Whose policy is effective.
    pub(crate) policy: PolicyOf,
    /// How to get the missing history of a shallow clone, where more is known than `git fetch --unshallow`.
    pub(crate) remedy: Option<String>,
    /// Notes for the report.
    pub(crate) notes: Vec<String>,
    /// Entries that are already known to be unscanned.
    pub(crate) unscanned: Vec<Unscanned>,
}

/// Opens the repository of the current directory.
///
/// # Errors
///
/// There is no repository, it belongs to another user, or it cannot be read.
pub(crate) fn open(env: &Environment) -> Result<RepoView, RepoError> {
    RepoView::open(&env.directory, &env.git, DEFAULT_LIMIT)
}

/// Scans the commits of `request` and writes the reports.
///
/// # Errors
///
/// A usage or configuration error, an unknown revision in a complete clone, or a report that could not be written.
pub(crate) fn run(
    request: RangeRequest,
    view: RepoView,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check_report_files(&options.output)?;
    let location = RepoLocation::from_repo(&view.repo);
    let is_shallow = !view.repo.shallow_commits()?.is_empty();
    let selection = match Selection::new(view, &request.commits) {
        Err(error @ (RepoError::UnknownRevision { .. } | RepoError::NoMergeBase { .. })) if is_shallow => {
            let entry = shallow_entry(&request, error.to_string());
            return report_unscanned(&request, entry, location, options, env);
        }
        Err(RepoError::Object(missing)) => {
            let entry = unscanned_object(&missing, Some(request.name.as_bytes()));
            return report_unscanned(&request, entry, location, options, env);
        }
        selection => selection?,
    };
    // Otherwise all content of the oldest commits in the clone would be reported as new.
    if selection.has_shallow_boundary() && request.remedy.is_some() {
        let reason = "the clone is shallow: its history is cut off before the range begins".to_owned();
        let entry = shallow_entry(&request, reason);
        return report_unscanned(&request, entry, location, options, env);
    }
    let mut notes = request.notes.clone();
    let (policy, mut unreadable) = match policy_files(&request, &selection, &mut notes) {
        Ok(policy) => (policy, None),
        Err(error) => (PolicyFiles::None, Some(error)),
    };
    let settings_with = |policy, notes: &mut Vec<String>| {
        let location = RepoLocation::from_repo(&selection.view.repo);
        let setup = Setup::from_policy_files(env, location, policy, &options.rules, &options.thresholds)?;
        notes.extend(changed_policy_note(&selection, &setup));
        setup.scan_settings(env)
    };
    let settings = match settings_with(policy, &mut notes) {
        Ok(settings) => settings,
        // An object is missing from a partial clone, or damaged; the configuration itself is not wrong. Scan the
        // commits without a policy, so that nothing is suppressed.
        Err(error) => match error.chain().find_map(|cause| cause.downcast_ref::<ObjectError>()) {
            Some(cause) => {
                unreadable = Some(cause.clone());
                settings_with(PolicyFiles::None, &mut notes)?
            }
            None => return Err(error),
        },
    };
    if unreadable.is_some() {
        notes.push("the policy of the base commit cannot be read, so no policy is effective".to_owned());
    }
    let settings = Settings { notes, stats: options.output.stats, ..settings };
    let mut report = scan::run_selected(selection, request.command, &request.name, &settings)?;
    // A commit of the range may need the same object, which is then reported already.
    let is_reported = |error: &ObjectError| {
        let id = error.id().to_string();
        report.unscanned.iter().any(|entry| entry.what.contains(&id))
    };
    let unreadable = unreadable.filter(|error| !is_reported(error));
    let entry = unreadable.map(|error| unscanned_object(&error, Some(b"the policy of the base commit")));
    report.unscanned.extend(entry);
    for entry in &mut report.unscanned {
        match (&request.remedy, entry.kind) {
            (Some(remedy), UnscannedKind::Shallow) => entry.remedy = Some(remedy.clone()),
            (Some(remedy), UnscannedKind::Missing) => {
                entry.remedy = Some(format!("{remedy}, without a filter"))
            }
            _ => {}
        }
    }
    report.unscanned.extend(request.unscanned);
    report.unscanned.sort();
    output::finish(&report, options, env)
}

/// Writes the reports of a run that cannot scan the commits of `request`, for the reason in `entry`.
///
/// # Errors
///
/// A usage or configuration error, or a report that could not be written.
pub(crate) fn report_unscanned(
    request: &RangeRequest,
    entry: Unscanned,
    location: RepoLocation,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check_report_files(&options.output)?;
    // Nothing is scanned, so no policy is needed.
    let setup =
        Setup::from_policy_files(env, location, PolicyFiles::None, &options.rules, &options.thresholds)?;
    let settings = Settings { notes: request.notes.clone(), ..setup.scan_settings(env)? };
    output::finish(&scan::report_unscanned(request.command, &request.name, entry, &settings)?, options, env)
}

fn shallow_entry(request: &RangeRequest, reason: String) -> Unscanned {
    let remedy = request.remedy.clone().unwrap_or_else(|| SHALLOW_REMEDY.to_owned());
    Unscanned { kind: UnscannedKind::Shallow, what: request.name.clone(), reason, remedy: Some(remedy) }
}

/// Returns the location of the effective policy files, and adds notes about how it was chosen.
fn policy_files<'s>(
    request: &RangeRequest,
    selection: &'s Selection,
    notes: &mut Vec<String>,
) -> Result<PolicyFiles<'s>, ObjectError> {
    let commit = match request.policy {
        PolicyOf::WorkTree => return Ok(PolicyFiles::WorkTree),
        PolicyOf::None => return Ok(PolicyFiles::None),
        // The revision may be an annotated tag.
        PolicyOf::Commit(commit) => Some(peel(&selection.view.objects, &commit)?.0),
        // Not that of the commit where the range branches off: the excluded side may have become stricter since.
        PolicyOf::Base => selection.excluded_commit(),
    };
    match commit {
        Some(commit) => Ok(PolicyFiles::Commit(CommitFiles::new(&selection.view, commit)?)),
        None => {
            notes.push(
                "there is no base commit, so no configuration, baseline or allow comments are effective \
                 (--trust-head uses those of the checked-out files)"
                    .to_owned(),
            );
            Ok(PolicyFiles::None)
        }
    }
}

/// Returns a note if the head has other policy files than the commit whose policy is effective, and the change edits them.
fn changed_policy_note(selection: &Selection, setup: &Setup<'_>) -> Option<String> {
    let PolicyFiles::Commit(base) = setup.files() else { return None };
    // The scan reports a head that cannot be read.
    let head = CommitFiles::new(&selection.view, selection.head()?).ok()?;
    let mut changed = setup.files().changed_in(&head, &setup.named_files());
    if !changed.is_empty() {
        // What the change has as its merge base has was edited on the other side only.
        let bases = selection.merge_bases().into_iter();
        let bases = bases.filter_map(|base| CommitFiles::new(&selection.view, base).ok());
        for base in bases.map(PolicyFiles::Commit) {
            let edited = base.changed_in(&head, &setup.named_files());
            changed.retain(|path| edited.contains(path));
        }
    }
    (!changed.is_empty()).then(|| {
        format!(
            "the change edits the policy ({}); the policy of commit {} is effective (--trust-head uses that of the \
             checked-out files)",
            changed.join(", "),
            short(base.commit())
        )
    })
}

/// Returns the first 12 hex digits of an id.
pub(crate) fn short(id: &Oid) -> String {
    id.to_string().chars().take(12).collect()
}

//! Scans commits that somebody proposes, under the policy of what they started from.
//!
//! Commits that are not there, because the clone has not all of history, make the run incomplete: nobody may
//! take it for a clean one.

use super::commands::scanning;
use super::env::Environment;
use super::exit_code::ExitCode;
use super::options::ScanOptions;
use super::output;
use super::policy_files::PolicyFiles;
use super::setup::{Place, SetupFrom};
use crate::git::commits::tag::peel;
use crate::git::odb::store::DEFAULT_LIMIT;
use crate::git::repo::RepoError;
use crate::git::{ObjectError, Oid};
use crate::model::{Coverage, CoverageKind};
use crate::scan;
use crate::scan::{Commits, Selection, Settings};
use crate::source::commit_files::CommitFiles;
use crate::source::range::SHALLOW_REMEDY;
use crate::source::view::{RepoView, object_gap};

/// What is to be scanned, and how it is told.
pub(crate) struct Asked {
    /// The command, as reports name it.
    pub(crate) command: &'static str,
    /// What the commits are, as reports name it.
    pub(crate) name: String,
    /// The commits.
    pub(crate) commits: Commits,
    /// Whose policy holds.
    pub(crate) policy: PolicyOf,
    /// What to do where history is cut off, if it is known better than in general.
    pub(crate) remedy: Option<String>,
    /// What else is to be told.
    pub(crate) notes: Vec<String>,
    /// What is known to be missing already.
    pub(crate) gaps: Vec<Coverage>,
}

/// Whose configuration, baseline, rules and marks hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyOf {
    /// Those of the files that are checked out, and all marks.
    WorkTree,
    /// Those of the commit where the range branches off.
    Base,
    /// Those of a commit.
    Commit(Oid),
    /// Nobody's: what would be trusted is not there.
    Nobody,
}

/// The repository of the current directory.
pub(crate) fn open(env: &Environment) -> Result<RepoView, RepoError> {
    RepoView::open(&env.directory, &env.git, DEFAULT_LIMIT)
}

/// Scans and delivers the report.
pub(crate) fn run(
    asked: Asked,
    view: RepoView,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check(&options.output)?;
    let place = Place::of(&view.repo);
    let is_shallow = !view.repo.shallow()?.is_empty();
    let selection = match Selection::of(view, &asked.commits) {
        Err(error @ (RepoError::UnknownRevision { .. } | RepoError::NoMergeBase { .. })) if is_shallow => {
            let gap = cut_off(&asked, error.to_string());
            return unread(&asked, gap, place, options, env);
        }
        Err(RepoError::Object(lost)) => {
            let gap = object_gap(&lost, Some(asked.name.as_bytes()));
            return unread(&asked, gap, place, options, env);
        }
        selection => selection?,
    };
    // Everything at the end of what is there would seem new.
    if selection.is_cut() && asked.remedy.is_some() {
        let gap = cut_off(&asked, "history is cut off before the range begins: a shallow clone".to_owned());
        return unread(&asked, gap, place, options, env);
    }
    let mut notes = asked.notes.clone();
    let (policy, mut lost) = match policy_of(&asked, &selection, &mut notes) {
        Ok(policy) => (policy, None),
        Err(error) => (PolicyFiles::Nowhere, Some(error)),
    };
    let under = |policy, notes: &mut Vec<String>| {
        let place = Place::of(&selection.view.repo);
        let setup = SetupFrom::with(env, place, policy, &options.rules, &options.grades)?;
        notes.extend(changed_policy(&selection, &setup));
        setup.scan_settings(env)
    };
    let settings = match under(policy, &mut notes) {
        Ok(settings) => settings,
        // Of a partial clone or a damaged repository: not the configuration is wrong. What can be read is scanned
        // all the same, and nothing excuses it.
        Err(error) => match error.chain().find_map(|cause| cause.downcast_ref::<ObjectError>()) {
            Some(cause) => {
                lost = Some(cause.clone());
                under(PolicyFiles::Nowhere, &mut notes)?
            }
            None => return Err(error),
        },
    };
    if lost.is_some() {
        notes.push("the policy of the base commit cannot be read, so none holds".to_owned());
    }
    let settings = Settings { notes, stats: options.output.stats, ..settings };
    let mut report = scan::run_selected(selection, asked.command, &asked.name, &settings)?;
    // The commits of the range may need the same object, and tell of it.
    let is_told = |error: &ObjectError| {
        let id = error.id().to_string();
        report.coverage.iter().any(|gap| gap.what.contains(&id))
    };
    let lost = lost.filter(|error| !is_told(error));
    report.coverage.extend(lost.map(|error| object_gap(&error, Some(b"the policy of the base commit"))));
    for entry in &mut report.coverage {
        match (&asked.remedy, entry.kind) {
            (Some(remedy), CoverageKind::Shallow) => entry.remedy = Some(remedy.clone()),
            (Some(remedy), CoverageKind::Missing) => {
                entry.remedy = Some(format!("{remedy}, without a filter"))
            }
            _ => {}
        }
    }
    report.coverage.extend(asked.gaps);
    report.coverage.sort();
    scanning::finish(&report, options, env)
}

/// The report of a run that cannot read what it should.
pub(crate) fn unread(
    asked: &Asked,
    gap: Coverage,
    place: Place,
    options: &ScanOptions,
    env: &Environment,
) -> anyhow::Result<ExitCode> {
    output::check(&options.output)?;
    // Nothing is judged, so nobody's policy is needed.
    let setup = SetupFrom::with(env, place, PolicyFiles::Nowhere, &options.rules, &options.grades)?;
    let settings = Settings { notes: asked.notes.clone(), ..setup.scan_settings(env)? };
    scanning::finish(&scan::unread(asked.command, &asked.name, gap, &settings)?, options, env)
}

fn cut_off(asked: &Asked, reason: String) -> Coverage {
    let remedy = asked.remedy.clone().unwrap_or_else(|| SHALLOW_REMEDY.to_owned());
    Coverage { kind: CoverageKind::Shallow, what: asked.name.clone(), reason, remedy: Some(remedy) }
}

/// Where the policy is read.
fn policy_of<'s>(
    asked: &Asked,
    selection: &'s Selection,
    notes: &mut Vec<String>,
) -> Result<PolicyFiles<'s>, ObjectError> {
    let commit = match asked.policy {
        PolicyOf::WorkTree => return Ok(PolicyFiles::WorkTree),
        PolicyOf::Nobody => return Ok(PolicyFiles::Nowhere),
        // It may have been named by an annotated tag.
        PolicyOf::Commit(commit) => Some(peel(&selection.view.objects, &commit)?.0),
        PolicyOf::Base => {
            let bases = selection.bases();
            if let [first, _, ..] = bases[..] {
                notes.push(format!(
                    "the two sides have {} best common ancestors; the policy is that of {}, where the line of \
                     first parents leaves the range",
                    bases.len(),
                    short(&first)
                ));
            }
            // Unrelated histories: the side that is named first is the one that is trusted.
            bases.first().copied().or_else(|| selection.excluded())
        }
    };
    match commit {
        Some(commit) => Ok(PolicyFiles::Commit(CommitFiles::new(&selection.view, commit)?)),
        None => {
            notes.push(
                "there is no earlier commit to take configuration, baseline and marks from, so none hold \
                 (--trust-head takes those of the checked-out files)"
                    .to_owned(),
            );
            Ok(PolicyFiles::Nowhere)
        }
    }
}

/// What to say where the head has other files of policy than the commit whose policy holds.
fn changed_policy(selection: &Selection, setup: &SetupFrom<'_>) -> Option<String> {
    let PolicyFiles::Commit(base) = setup.files() else { return None };
    // A head that does not read is told elsewhere.
    let head = CommitFiles::new(&selection.view, selection.head()?).ok()?;
    let changed = setup.files().changed_in(&head, &setup.own_files());
    (!changed.is_empty()).then(|| {
        format!(
            "the change edits the policy ({}); what holds is that of commit {} (--trust-head takes the \
             checked-out one)",
            changed.join(", "),
            short(base.commit())
        )
    })
}

/// Twelve digits of an id.
pub(crate) fn short(id: &Oid) -> String {
    id.to_string().chars().take(12).collect()
}

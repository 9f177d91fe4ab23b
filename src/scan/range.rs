//! The commits of a pull request or a push: per commit what it adds, its message and its names.

use std::collections::{BTreeMap, HashSet};

use crate::git::{Oid, ReadObjects};
use crate::model::{Carrier, CommitFacts, Finding, Fingerprint, RepoPath, Status};
use crate::policy::ALLOWS_ITSELF;
use crate::source::commit_files::CommitFiles;
use crate::source::range::{CommitChanges, range};
use crate::source::selection::Selection;
use crate::source::view::{RepoView, held_by_trees};

use super::blob::blob_scanner::Inspector;
use super::blob::names::{scan_file_names, scan_written};
use super::deadline::Late;
use super::staged::scan_changes;
use super::{Outcome, Settings, map};

/// Scans what `selection` brings; `name` is what the user calls it.
pub(super) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    selection: &Selection,
    name: &str,
) -> Outcome {
    let view = &selection.view;
    // libgit2's handle is not for sharing, so the threads get the objects and the commits, not the view.
    let range = range(selection, settings.threads(), settings.deadline);
    let objects = &view.objects;
    let parts = map(&range.commits, settings.threads(), |commit| {
        (!inspector.is_late()).then(|| scan_commit(inspector, objects, commit))
    });
    let mut outcome = Outcome { coverage: range.coverage, ..Outcome::default() };
    outcome.late = Late { commits: range.unfinished, files: 0, uncounted: range.uncounted };
    let mut known = None;
    for (commit, part) in range.commits.iter().zip(parts) {
        let Some(mut part) = part else {
            outcome.late.commits += 1;
            continue;
        };
        if !part.findings.is_empty() {
            // Nothing but a recipe depends on them, and few ranges need one.
            let (head, pushed) = known.get_or_insert_with(|| {
                (view.repo.head().ok().flatten(), selection.pushed().unwrap_or_default())
            });
            let is_pushed = pushed.contains(&commit.id);
            let facts = CommitFacts { is_pushed, ..view.facts(&commit.id, commit.shallow, *head) };
            part.findings
                .iter_mut()
                .for_each(|finding| finding.provenance.first_commit = Some(facts.clone()));
        }
        outcome.absorb(part);
    }
    let mut tagged =
        scan_changes(inspector, objects, &range.tagged, settings.threads_for(range.tagged.len()));
    if tagged.findings.iter().any(|finding| finding.status == Status::New) {
        let known = selection.known_trees(settings.deadline);
        mark_copies(inspector, objects, &known, &mut tagged.findings);
    }
    outcome.absorb(tagged);
    range.tags.iter().for_each(|tag| outcome.absorb(scan_written(inspector, objects, tag)));
    outcome.findings = first_of_each_place(outcome.findings);
    honour_marks_of_the_base(inspector, settings, view, &mut outcome.findings);
    let alone = outcome.findings.iter().filter(|finding| allows_itself(finding)).count();
    if alone > 0 {
        let (are, taken) = (
            if alone == 1 { "finding is" } else { "findings are" },
            match selection.is_push {
                true => "in stopleak.yaml, `hooks: receive-marks: true` takes them",
                false => "--trust-head takes them",
            },
        );
        outcome.notes.push(format!(
            "{alone} {are} allowed by marks of the change itself, which do not count ({taken})"
        ));
    }
    let is_empty = range.commits.is_empty()
        && range.tagged.is_empty()
        && range.tags.is_empty()
        && outcome.late == Late::default();
    outcome.nothing = (is_empty && outcome.coverage.is_empty())
        .then(|| format!("0 commits in {name}: what it ends with is reachable from where it starts"));
    outcome
}

fn scan_commit<R: ReadObjects>(inspector: &Inspector<'_>, objects: &R, commit: &CommitChanges) -> Outcome {
    let mut outcome = scan_changes(inspector, objects, &commit.changes, 1);
    outcome.counts.commits = 1;
    mark_copies(inspector, objects, &commit.parent_trees, &mut outcome.findings);
    outcome.absorb(scan_file_names(inspector, objects, &commit.changes, &commit.parent_trees));
    outcome.absorb(scan_written(inspector, objects, &commit.id));
    outcome
}

fn allows_itself(finding: &Finding) -> bool {
    let reason = finding.status_reason.as_deref();
    finding.status == Status::New && reason.is_some_and(|reason| reason.starts_with(ALLOWS_ITSELF))
}

/// A mark counts that the commit of the policy has beside the same value in the same file.
fn honour_marks_of_the_base(
    inspector: &Inspector<'_>,
    settings: &Settings,
    view: &RepoView,
    findings: &mut [Finding],
) {
    let marked = findings.iter_mut().filter(|finding| allows_itself(finding));
    let Some(base) = settings.policy_of.and_then(|commit| CommitFiles::new(view, commit).ok()) else {
        return;
    };
    for finding in marked.filter(|finding| finding.provenance.carrier == Carrier::File) {
        // A file of the base that cannot be read allows nothing.
        let Ok(Some(before)) = base.read(finding.provenance.path.as_bytes()) else { continue };
        let before = inspector.inspect(&before, || finding.provenance.path.to_text());
        let placed = inspector.place(before.candidates, &finding.provenance);
        let same = placed.iter().find(|old| old.fingerprint == finding.fingerprint && allows_itself(old));
        if let Some(old) = same {
            let reason = old.status_reason.as_deref().unwrap_or_default();
            let reason = reason.strip_prefix(ALLOWS_ITSELF).unwrap_or_default().trim_start_matches(": ");
            finding.status_reason = Some(format!("inline: {reason}"));
            finding.status = Status::Suppressed;
        }
    }
}

/// A blob that a parent has elsewhere was copied: its content is not new.
pub(super) fn mark_copies<R: ReadObjects>(
    inspector: &Inspector<'_>,
    objects: &R,
    parent_trees: &[Oid],
    findings: &mut [Finding],
) {
    let id_of = |finding: &Finding| Oid::from_hex(finding.provenance.object.as_deref()?.as_bytes());
    let fresh = |finding: &&mut Finding| finding.status == Status::New;
    let ids: HashSet<Oid> =
        findings.iter().filter(|finding| finding.status == Status::New).filter_map(id_of).collect();
    if ids.is_empty() {
        return;
    }
    let held = held_by_trees(objects, parent_trees, &ids, |path| !inspector.skips(&RepoPath::new(path)));
    for finding in findings.iter_mut().filter(fresh) {
        if id_of(finding).is_some_and(|id| held.contains(&id)) {
            finding.status = Status::Old;
            finding.status_reason = Some("a copy of a file that was there before".to_owned());
        }
    }
}

/// One finding for each value at one path: the first, which is the first commit's. What a commit of the
/// range brought is nothing old to the commits after it.
fn first_of_each_place(findings: Vec<Finding>) -> Vec<Finding> {
    type Place = (Fingerprint, RepoPath, Carrier, Status);
    let mut places: BTreeMap<Place, Vec<Finding>> = BTreeMap::new();
    let mut brought: HashSet<Fingerprint> = HashSet::new();
    for finding in findings {
        if finding.status != Status::Old {
            brought.insert(finding.fingerprint.clone());
        } else if brought.contains(&finding.fingerprint) {
            continue;
        }
        let place = &finding.provenance;
        let key = (finding.fingerprint.clone(), place.path.clone(), place.carrier, finding.status);
        let same: &mut Vec<Finding> = places.entry(key).or_default();
        let commit = |finding: &Finding| {
            finding.provenance.first_commit.as_ref().map(|facts: &CommitFacts| facts.id.clone())
        };
        // Several places of one value in one version of a file all count; later versions do not.
        if same.first().is_none_or(|first| commit(first) == commit(&finding)) {
            same.push(finding);
        }
    }
    places.into_values().flatten().collect()
}

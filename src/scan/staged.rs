//! The commit being made: the whole new content of every changed file, of which only what the old
//! content lacked counts as new.

use std::collections::HashSet;

use crate::git::ReadObjects;
use crate::git::diff::Change;
use crate::git::odb::tree::Mode;
use crate::model::{Carrier, Counts, Coverage, Finding, Provenance, RepoPath, Secret, Status};
use crate::source::staged::staged;
use crate::source::view::{lfs_pointer, object_gap};

use super::blob::blob_scanner::Inspector;
use super::blob::names::scan_file_names;
use super::range::mark_copies;
use super::{Outcome, ScanError, Settings, map};

pub(super) fn scan(inspector: &Inspector<'_>, settings: &Settings) -> Result<Outcome, ScanError> {
    let view = settings.view()?;
    let staged = staged(&view)?;
    let mut outcome = Outcome {
        coverage: staged.coverage,
        notes: staged.notes,
        nothing: staged.nothing,
        ..Outcome::default()
    };
    let threads = settings.threads_for(staged.changes.len());
    let mut changes = scan_changes(inspector, &view.objects, &staged.changes, threads);
    mark_copies(inspector, &view.objects, &staged.parent_trees, &mut changes.findings);
    outcome.absorb(changes);
    outcome.absorb(scan_file_names(inspector, &view.objects, &staged.changes, &staged.parent_trees));
    Ok(outcome)
}

/// Scans one set of changes: a commit, or what is about to be one.
pub(super) fn scan_changes<R: ReadObjects>(
    inspector: &Inspector<'_>,
    objects: &R,
    changes: &[Change],
    threads: usize,
) -> Outcome {
    let parts = map(changes, threads, |change| scan_change(inspector, objects, change));
    let mut outcome = Outcome::default();
    parts.into_iter().for_each(|part| outcome.absorb(part));
    mark_moved(inspector, objects, changes, &mut outcome.findings);
    outcome
}

fn scan_change<R: ReadObjects>(inspector: &Inspector<'_>, objects: &R, change: &Change) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(id) = change.new else { return outcome };
    let path = RepoPath::new(change.path.as_slice());
    if inspector.skips(&path) {
        outcome.counts.skipped += 1;
        return outcome;
    }
    if inspector.is_late() {
        outcome.late.files = 1;
        return outcome;
    }
    let object = match objects.read(&id) {
        Ok(object) => object,
        Err(error) => {
            outcome.coverage.push(object_gap(&error, Some(&change.path)));
            return outcome;
        }
    };
    outcome.counts = Counts { files: 1, objects: 1, bytes: object.data.len() as u64, ..Counts::default() };
    outcome.coverage.extend(lfs_pointer(&object.data, &path));
    let inspected = inspector.inspect(&object.data, || path.to_text());
    outcome.coverage.extend(inspected.gap);
    let carrier = if change.mode == Mode::Symlink { Carrier::Symlink } else { Carrier::File };
    let provenance = Provenance { carrier, object: Some(id.to_string()), ..Provenance::file(path) };
    outcome.findings = inspector.place(inspected.candidates, &provenance);
    if !outcome.findings.is_empty() {
        let (before, lost) = values_before(inspector, objects, change);
        mark_old(&mut outcome.findings, &before, "already in the file before this change");
        if outcome.findings.iter().any(|finding| finding.status == Status::New) {
            outcome.coverage.extend(lost);
        }
    }
    outcome
}

/// A value that this very change takes out of another file was moved, not added.
fn mark_moved<R: ReadObjects>(
    inspector: &Inspector<'_>,
    objects: &R,
    changes: &[Change],
    findings: &mut [Finding],
) {
    let mut wanted: HashSet<Secret> = new_values(findings);
    let mut moved = HashSet::new();
    for change in changes.iter().filter(|change| !change.olds.is_empty()) {
        if wanted.is_empty() {
            break;
        }
        // Nobody ever looked at a value in a file that is left out.
        if inspector.skips(&RepoPath::new(change.path.as_slice())) {
            continue;
        }
        let mut gone = HashSet::new();
        for old in change.olds.iter().filter_map(|id| objects.read(id).ok()) {
            gone.extend(inspector.values_among(&old.data, &wanted));
        }
        if let (Some(id), false) = (change.new, gone.is_empty()) {
            match objects.read(&id) {
                Ok(new) => {
                    let kept = inspector.values_among(&new.data, &gone);
                    gone.retain(|value| !kept.contains(value));
                }
                Err(_) => gone.clear(), // nobody knows what it still holds
            }
        }
        wanted.retain(|value| !gone.contains(value));
        moved.extend(gone);
    }
    mark_old(findings, &moved, "moved here from a file that this change takes it out of");
}

fn new_values(findings: &[Finding]) -> HashSet<Secret> {
    let new = findings.iter().filter(|finding| finding.status == Status::New);
    new.map(|finding| finding.secret.bare()).collect()
}

/// The values of the versions that a change replaces, and those of them that cannot be read: they excuse
/// nothing, and nobody can say what is new.
fn values_before<R: ReadObjects>(
    inspector: &Inspector<'_>,
    objects: &R,
    change: &Change,
) -> (HashSet<Secret>, Vec<Coverage>) {
    let (mut values, mut lost) = (HashSet::new(), Vec::new());
    for id in &change.olds {
        match objects.read(id) {
            Ok(object) => values.extend(inspector.values(&object.data)),
            Err(error) => {
                let mut gap = object_gap(&error, Some(&change.path));
                gap.reason.push_str(": the version before this change, so that its values seem new");
                lost.push(gap);
            }
        }
    }
    (values, lost)
}

/// `before` has bare values.
pub(super) fn mark_old(findings: &mut [Finding], before: &HashSet<Secret>, reason: &str) {
    for finding in findings.iter_mut().filter(|finding| finding.status == Status::New) {
        if before.contains(&finding.secret.bare()) {
            finding.status = Status::Old;
            finding.status_reason = Some(reason.to_owned());
        }
    }
}

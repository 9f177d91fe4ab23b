//! The commits of a pull request or a push: per commit what it adds, and its message.

use std::collections::{BTreeMap, HashSet};

use crate::git::{Oid, ReadObjects};
use crate::model::{Carrier, CommitFacts, Finding, Fingerprint, Provenance, RepoPath, Status};
use crate::source::range::{CommitChanges, Commits, message, range};
use crate::source::view::held_by_trees;

use super::inspect::Inspector;
use super::late::Late;
use super::staged::scan_changes;
use super::{Outcome, ScanError, Settings, map};

pub(super) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    commits: &Commits,
) -> Result<Outcome, ScanError> {
    let view = settings.view()?;
    // libgit2's handle is not for sharing, so the threads get the objects and the commits, not the view.
    let range = range(&view, commits, settings.threads(), settings.deadline)?;
    let objects = &view.objects;
    let parts = map(&range.commits, settings.threads(), |commit| {
        (!inspector.is_late()).then(|| scan_commit(inspector, objects, commit))
    });
    let mut outcome = Outcome { coverage: range.coverage, ..Outcome::default() };
    outcome.late = Late { commits: range.unfinished, files: 0, uncounted: range.uncounted };
    for (commit, part) in range.commits.iter().zip(parts) {
        let Some(mut part) = part else {
            outcome.late.commits += 1;
            continue;
        };
        if !part.findings.is_empty() {
            let facts = view.facts(&commit.id, commit.shallow);
            part.findings
                .iter_mut()
                .for_each(|finding| finding.provenance.first_commit = Some(facts.clone()));
        }
        outcome.absorb(part);
    }
    outcome.absorb(scan_changes(inspector, objects, &range.tagged, settings.threads_for(range.tagged.len())));
    for tag in &range.tags {
        let message = message(objects, tag).unwrap_or_default();
        outcome.absorb(scan_message(inspector, Carrier::Tag, tag, &message));
    }
    outcome.findings = first_of_each_place(outcome.findings);
    Ok(outcome)
}

fn scan_commit<R: ReadObjects>(inspector: &Inspector<'_>, objects: &R, commit: &CommitChanges) -> Outcome {
    let mut outcome = scan_changes(inspector, objects, &commit.changes, 1);
    outcome.counts.commits = 1;
    mark_copies(inspector, objects, &commit.parent_trees, &mut outcome.findings);
    if let Some(message) = message(objects, &commit.id) {
        outcome.absorb(scan_message(inspector, Carrier::Commit, &commit.id, &message));
    }
    outcome
}

fn scan_message(inspector: &Inspector<'_>, carrier: Carrier, id: &Oid, message: &[u8]) -> Outcome {
    let inspected = inspector.inspect(message, || format!("message of {} {id}", carrier.as_str()));
    let object = Some(id.to_string());
    let provenance = Provenance { carrier, object, ..Provenance::file(RepoPath::new("")) };
    let mut outcome = Outcome::default();
    outcome.counts.bytes = message.len() as u64;
    outcome.findings = inspector.place(inspected.candidates, &provenance);
    outcome.coverage.extend(inspected.gap);
    outcome
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

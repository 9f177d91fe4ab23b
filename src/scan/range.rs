//! The commits of a range, a pull request or a push: the files that each changes, its message and its file names.

use std::collections::{BTreeMap, HashSet};

use crate::git::{Oid, ReadObjects};
use crate::model::{CommitFacts, ContentKind, Finding, Fingerprint, RepoPath, Status, StatusReason};
use crate::source::commit_files::CommitFiles;
use crate::source::range::{CommitChanges, RangeChanges, range_changes};
use crate::source::selection::Selection;
use crate::source::view::RepoView;

use super::blob::blob_scanner::BlobScanner;
use super::changes::file_names::scan_file_names;
use super::changes::scan_changes;
use super::changes::status::set_old_if_copied;
use super::commit_text::scan_commit_text;
use super::deadline::DeadlineRemainder;
use super::outcome::Outcome;
use super::parallel::parallel_map;
use super::settings::Settings;

/// Scans the commits of `selection`; `name` is the range as the user gave it.
pub(super) fn scan(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    selection: &Selection,
    name: &str,
) -> Outcome {
    let view = &selection.view;
    let range = range_changes(selection, settings.thread_count(), settings.deadline);
    let remainder = DeadlineRemainder {
        commits: range.unread_commits,
        files: 0,
        trees: range.unread_trees,
        is_partial_count: range.is_partial_count,
    };
    let mut outcome = scan_commits(scanner, settings, selection, &range.commits);
    outcome.remainder += remainder;
    outcome.absorb(scan_tagged_files(scanner, settings, selection, &range));
    range.tags.iter().for_each(|tag| outcome.absorb(scan_commit_text(scanner, &view.objects, tag)));
    outcome.findings = first_per_path(outcome.findings);
    apply_allow_comments_of_base(scanner, settings, view, &mut outcome.findings);
    outcome.notes.extend(untrusted_allow_comments(selection, &outcome.findings));
    outcome.unscanned.extend(range.unscanned);
    let is_empty = range.commits.is_empty()
        && range.tagged_files.is_empty()
        && range.tags.is_empty()
        && outcome.remainder.is_empty();
    outcome.nothing_scanned = (is_empty && outcome.unscanned.is_empty())
        .then(|| format!("0 commits in {name}: its end is reachable from its start"));
    outcome
}

/// Scans what each commit changes, and adds to its findings the facts of the commit.
fn scan_commits(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    selection: &Selection,
    commits: &[CommitChanges],
) -> Outcome {
    let view = &selection.view;
    // The threads get the objects and the commits, not the view: libgit2's handle cannot be shared.
    let objects = &view.objects;
    let parts = parallel_map(commits, settings.thread_count(), |commit| {
        (!scanner.is_past_deadline()).then(|| scan_commit(scanner, objects, commit))
    });
    let mut outcome = Outcome::default();
    let mut head_and_pushed = None;
    for (commit, part) in commits.iter().zip(parts) {
        let Some(mut part) = part else {
            outcome.remainder.commits += 1;
            continue;
        };
        if !part.findings.is_empty() {
            // Only the remediation depends on them, and few ranges have findings.
            let (head, pushed) = head_and_pushed.get_or_insert_with(|| {
                (view.repo.head().ok().flatten(), selection.pushed_commits().unwrap_or_default())
            });
            let is_pushed = pushed.contains(&commit.id);
            let facts = CommitFacts { is_pushed, ..view.commit_facts(&commit.id, commit.is_shallow, *head) };
            part.findings
                .iter_mut()
                .for_each(|finding| finding.provenance.first_commit = Some(facts.clone()));
        }
        outcome.absorb(part);
    }
    outcome
}

fn scan_commit<R: ReadObjects>(scanner: &BlobScanner<'_>, objects: &R, commit: &CommitChanges) -> Outcome {
    let mut outcome = scan_changes(scanner, objects, &commit.changes, 1);
    outcome.counts.commits = 1;
    set_old_if_copied(scanner, objects, &commit.parent_trees, &mut outcome.findings);
    outcome.absorb(scan_file_names(scanner, objects, &commit.changes, &commit.parent_trees));
    outcome.absorb(scan_commit_text(scanner, objects, &commit.id));
    outcome
}

/// Scans the files that a tag of a blob or tree names. Those that a commit outside of the range has are old.
fn scan_tagged_files(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    selection: &Selection,
    range: &RangeChanges,
) -> Outcome {
    let objects = &selection.view.objects;
    let threads = settings.thread_count_for(range.tagged_files.len());
    let mut outcome = scan_changes(scanner, objects, &range.tagged_files, threads);
    if outcome.findings.iter().any(|finding| finding.status == Status::New) {
        let known: Vec<Oid> = selection.excluded_trees(settings.deadline);
        set_old_if_copied(scanner, objects, &known, &mut outcome.findings);
    }
    outcome
}

/// Keeps one finding for each value at one path: that of the first commit. A value that a commit of the range adds is
/// not old in the commits after it.
fn first_per_path(findings: Vec<Finding>) -> Vec<Finding> {
    type Key = (Fingerprint, RepoPath, ContentKind, Status);
    let mut by_key: BTreeMap<Key, Vec<Finding>> = BTreeMap::new();
    let mut added: HashSet<Fingerprint> = HashSet::new();
    for finding in findings {
        if finding.status != Status::Old {
            added.insert(finding.fingerprint.clone());
        } else if added.contains(&finding.fingerprint) {
            continue;
        }
        let provenance = &finding.provenance;
        let key =
            (finding.fingerprint.clone(), provenance.path.clone(), provenance.content_kind, finding.status);
        let same: &mut Vec<Finding> = by_key.entry(key).or_default();
        let commit =
            |finding: &Finding| finding.provenance.first_commit.as_ref().map(|facts| facts.id.clone());
        // All occurrences of a value in one version of a file are kept; later versions are not.
        if same.first().is_none_or(|first| commit(first) == commit(&finding)) {
            same.push(finding);
        }
    }
    by_key.into_values().flatten().collect()
}

/// Suppresses findings whose allow comment is not trusted in the change, but is also beside the same value in the same
/// file of the commit that the policy comes from.
fn apply_allow_comments_of_base(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    view: &RepoView,
    findings: &mut [Finding],
) {
    let Some(base) = settings.policy_of.and_then(|commit| CommitFiles::new(view, commit).ok()) else {
        return;
    };
    let untrusted = findings.iter_mut().filter(|finding| has_untrusted_allow_comment(finding));
    for finding in untrusted.filter(|finding| finding.provenance.content_kind == ContentKind::File) {
        // A file of the base that cannot be read allows nothing.
        let Ok(Some(content)) = base.read(finding.provenance.path.as_bytes()) else { continue };
        let scan = scanner.scan(&content, || finding.provenance.path.to_text());
        let in_base = scanner.findings(scan.candidates, &finding.provenance);
        let same = in_base
            .into_iter()
            .find(|old| old.fingerprint == finding.fingerprint && has_untrusted_allow_comment(old));
        if let Some(StatusReason::UntrustedAllowComment { reason }) = same.and_then(|old| old.status_reason) {
            finding.status_reason = Some(StatusReason::AllowComment { reason });
            finding.status = Status::Suppressed;
        }
    }
}

fn has_untrusted_allow_comment(finding: &Finding) -> bool {
    finding.status == Status::New
        && matches!(finding.status_reason, Some(StatusReason::UntrustedAllowComment { .. }))
}

/// Returns the note on findings that only an allow comment of the change itself would suppress.
fn untrusted_allow_comments(selection: &Selection, findings: &[Finding]) -> Option<String> {
    let count = findings.iter().filter(|finding| has_untrusted_allow_comment(finding)).count();
    let (subject, are) = match count {
        0 => return None,
        1 => ("1 finding has an allow comment".to_owned(), "is"),
        count => (format!("{count} findings have allow comments"), "are"),
    };
    let remedy = match selection.is_push {
        true => "to trust such comments, set `hooks: receive-marks: true` in stopleak.yaml",
        false => "to trust such comments, use --trust-head",
    };
    Some(format!("{subject} in the scanned change itself, which {are} not trusted ({remedy})"))
}

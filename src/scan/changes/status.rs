//! Which findings of a change are old: their values were in the replaced version, in a file that the change moves
//! them out of, or in a file of a parent commit that was copied.

use std::collections::HashSet;

use crate::git::diff::Change;
use crate::git::{Oid, ReadObjects};
use crate::model::{Finding, RepoPath, Secret, Status, StatusReason, Unscanned};
use crate::scan::blob::blob_scanner::BlobScanner;
use crate::source::trees::blobs_in_trees;
use crate::source::unscanned::unscanned_object;

/// Sets new findings to old whose bare value is in `previous`.
pub(crate) fn set_old(findings: &mut [Finding], previous: &HashSet<Secret>, reason: &StatusReason) {
    for finding in findings.iter_mut().filter(|finding| finding.status == Status::New) {
        if previous.contains(&finding.secret.bare()) {
            finding.status = Status::Old;
            finding.status_reason = Some(reason.clone());
        }
    }
}

/// Returns the bare values of the versions that `change` replaces, and the versions that cannot be read: because of
/// them, a value can seem new that is old.
pub(super) fn previous_values<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    change: &Change,
) -> (HashSet<Secret>, Vec<Unscanned>) {
    let (mut values, mut unread) = (HashSet::new(), Vec::new());
    for id in &change.old_blobs {
        match objects.read(id) {
            Ok(object) => values.extend(scanner.bare_values(&object.data)),
            Err(error) => {
                let mut entry = unscanned_object(&error, Some(&change.path));
                entry.reason.push_str(": the version before this change, so that its values seem new");
                unread.push(entry);
            }
        }
    }
    (values, unread)
}

/// Sets new findings to old whose value the same `changes` remove from another file: it was moved, not added.
pub(super) fn set_old_if_moved<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    changes: &[Change],
    findings: &mut [Finding],
) {
    let mut wanted = new_values(findings);
    let mut moved = HashSet::new();
    for change in changes.iter().filter(|change| !change.old_blobs.is_empty()) {
        if wanted.is_empty() || scanner.is_past_deadline() {
            break;
        }
        // A value in a skipped file was never reported, so it does not make another one old.
        if scanner.is_skipped(&RepoPath::new(change.path.as_slice())) {
            continue;
        }
        let removed = removed_values(scanner, objects, change, &wanted);
        wanted.retain(|value| !removed.contains(value));
        moved.extend(removed);
    }
    set_old(findings, &moved, &StatusReason::Moved);
}

/// Returns the `wanted` values that the old versions of a file contain and the new one does not.
fn removed_values<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    change: &Change,
    wanted: &HashSet<Secret>,
) -> HashSet<Secret> {
    let mut removed = HashSet::new();
    for old in change.old_blobs.iter().filter_map(|id| objects.read(id).ok()) {
        removed.extend(scanner.bare_values_among(&old.data, wanted));
    }
    if let (Some(id), false) = (change.new, removed.is_empty()) {
        match objects.read(&id) {
            Ok(new) => {
                let kept = scanner.bare_values_among(&new.data, &removed);
                removed.retain(|value| !kept.contains(value));
            }
            // An unreadable new version may still contain all of them.
            Err(_) => removed.clear(),
        }
    }
    removed
}

fn new_values(findings: &[Finding]) -> HashSet<Secret> {
    let new = findings.iter().filter(|finding| finding.status == Status::New);
    new.map(|finding| finding.secret.bare()).collect()
}

/// Sets new findings to old whose blob a parent commit has at any path that is not skipped: the file was copied.
pub(crate) fn set_old_if_copied<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    parent_trees: &[Oid],
    findings: &mut [Finding],
) {
    let blob_id = |finding: &Finding| Oid::from_hex(finding.provenance.object.as_deref()?.as_bytes());
    let ids: HashSet<Oid> =
        findings.iter().filter(|finding| finding.status == Status::New).filter_map(blob_id).collect();
    if ids.is_empty() {
        return;
    }
    let is_scanned = |path: &[u8]| !scanner.is_skipped(&RepoPath::new(path));
    let copied = blobs_in_trees(objects, parent_trees, &ids, is_scanned, || scanner.is_past_deadline());
    for finding in findings.iter_mut().filter(|finding| finding.status == Status::New) {
        if blob_id(finding).is_some_and(|id| copied.contains(&id)) {
            finding.status = Status::Old;
            finding.status_reason = Some(StatusReason::Copied);
        }
    }
}

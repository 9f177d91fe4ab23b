//! The files that one commit changes, or that are staged: the whole new content of each, in which only values that
//! the previous content does not have are new.

pub(super) mod file_names;
pub(super) mod status;

use crate::git::diff::Change;
use crate::git::odb::object::{Object, not_a_file};
use crate::git::odb::tree::Mode;
use crate::git::{Kind, Oid, ReadObjects};
use crate::model::{ContentKind, Counts, Provenance, RepoPath, Status, StatusReason, Unscanned};
use crate::source::unscanned::{unscanned_lfs_pointer, unscanned_object};

use super::blob::blob_scanner::{BlobScan, BlobScanner};
use super::outcome::Outcome;
use super::parallel::parallel_map;

/// Scans the changes of one commit, or all that are staged.
pub(super) fn scan_changes<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    changes: &[Change],
    threads: usize,
) -> Outcome {
    let mut order: Vec<usize> = (0..changes.len()).collect();
    order.sort_unstable_by_key(|&at| (changes[at].new, at));
    // Equal files are read and scanned once, however many paths they have.
    let groups: Vec<&[usize]> = order.chunk_by(|&one, &two| changes[one].new == changes[two].new).collect();
    let parts = parallel_map(&groups, threads, |group| scan_equal_files(scanner, objects, changes, group));
    let mut parts: Vec<(usize, Outcome)> = parts.into_iter().flatten().collect();
    parts.sort_unstable_by_key(|(at, _)| *at);
    let mut outcome = Outcome::default();
    parts.into_iter().for_each(|(_, part)| outcome.absorb(part));
    status::set_old_if_moved(scanner, objects, changes, &mut outcome.findings);
    outcome
}

/// Scans the `changes` at the positions of `group`, which add the same blob. Returns outcomes with the position of the
/// change to which their findings belong.
fn scan_equal_files<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    changes: &[Change],
    group: &[usize],
) -> Vec<(usize, Outcome)> {
    // What has no findings is counted in the first outcome.
    let mut first = Outcome::default();
    let path = |at: usize| RepoPath::new(changes[at].path.as_slice());
    let is_scanned = |&at: &usize| !scanner.is_skipped(&path(at));
    let Some(id) = group.first().and_then(|&at| changes[at].new) else { return Vec::new() };
    let scanned: Vec<usize> = group.iter().copied().filter(is_scanned).collect();
    first.counts.skipped += (group.len() - scanned.len()) as u64;
    let mut outcomes = Vec::new();
    if scanner.is_past_deadline() {
        first.remainder.files = scanned.len();
    } else if let Some(&at) = scanned.first() {
        match objects.read(&id) {
            Err(error) => {
                let entry = |&at: &usize| unscanned_object(&error, Some(&changes[at].path));
                first.unscanned.extend(scanned.iter().map(entry));
            }
            Ok(object) => {
                let scan = scanner.scan(&object.data, || path(at).to_text());
                for at in scanned {
                    let outcome = scan_change(scanner, objects, &changes[at], id, &object, &scan);
                    match outcome.findings.is_empty() {
                        true => first.absorb(outcome),
                        false => outcomes.push((at, outcome)),
                    }
                }
            }
        }
    }
    outcomes.push((group[0], first));
    outcomes
}

/// Turns the `scan` of the blob `id` into the findings of `change`.
fn scan_change<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    change: &Change,
    id: Oid,
    object: &Object,
    scan: &BlobScan<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let path = RepoPath::new(change.path.as_slice());
    if object.kind != Kind::Blob {
        // What is below a tree stays unread. Its own bytes are scanned all the same.
        outcome.unscanned.push(unscanned_object(&not_a_file(id), Some(&change.path)));
    }
    outcome.counts = Counts { files: 1, objects: 1, bytes: object.data.len() as u64, ..Counts::default() };
    outcome.unscanned.extend(unscanned_lfs_pointer(&object.data, &path));
    let unscanned = scan.unscanned.iter().cloned();
    outcome.unscanned.extend(unscanned.map(|entry| Unscanned { what: path.to_text(), ..entry }));
    if scan.candidates.is_empty() {
        return outcome;
    }
    let content_kind = if change.mode == Mode::Symlink { ContentKind::Symlink } else { ContentKind::File };
    let provenance = Provenance { content_kind, object: Some(id.to_string()), ..Provenance::file(path) };
    outcome.findings = scanner.findings(scan.candidates.clone(), &provenance);
    if !outcome.findings.is_empty() {
        let (previous, unread) = status::previous_values(scanner, objects, change);
        status::set_old(&mut outcome.findings, &previous, &StatusReason::InPreviousVersion);
        if outcome.findings.iter().any(|finding| finding.status == Status::New) {
            outcome.unscanned.extend(unread);
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::git::ObjectError;
    use crate::scan::testing::{settings, token};

    /// Counts reads.
    struct Counted(HashMap<Oid, Object>, AtomicUsize);

    impl ReadObjects for Counted {
        fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.read(id)
        }
    }

    #[test]
    fn equal_files_are_read_once_and_reported_at_each_path() {
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are fine");
        let [clean, secret, missing] = [1, 2, 3].map(|byte| Oid::from_bytes(&[byte; 20]).expect("20 bytes"));
        let blob = |text: String| Object { kind: Kind::Blob, data: text.into_bytes() };
        let stored = [
            (clean, blob("harmless".to_owned())),
            (secret, blob(format!("token = '{}'\n", token(&settings, 1)))),
        ];
        let objects = Counted(stored.into(), AtomicUsize::new(0));
        let change = |at: usize| Change {
            path: format!("file{at}").into_bytes(),
            mode: Mode::File,
            new: Some([clean, secret, missing][at % 3]),
            old_blobs: Vec::new(),
        };
        let changes: Vec<Change> = (0..60).map(change).collect();
        let outcome = scan_changes(&scanner, &objects, &changes, 1);
        assert_eq!(objects.1.into_inner(), 3);
        let paths: Vec<_> = outcome.findings.iter().map(|found| found.provenance.path.to_text()).collect();
        assert_eq!((paths[0].as_str(), paths[1].as_str()), ("file1", "file4"));
        assert_eq!(paths.into_iter().collect::<HashSet<_>>().len(), 20);
        assert_eq!((outcome.unscanned.len(), outcome.counts.files, outcome.counts.objects), (20, 40, 40));
    }
}

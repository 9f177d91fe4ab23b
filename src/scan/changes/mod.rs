//! The files that one commit changes, or that are staged: the whole new content of each, in which only values that
//! the previous content does not have are new.

pub(super) mod file_names;
pub(super) mod status;

use crate::git::diff::Change;
use crate::git::odb::object::not_a_file;
use crate::git::odb::tree::Mode;
use crate::git::{Kind, ReadObjects};
use crate::model::{ContentKind, Counts, Provenance, RepoPath, Status, StatusReason};
use crate::source::unscanned::{unscanned_lfs_pointer, unscanned_object};

use super::blob::blob_scanner::BlobScanner;
use super::outcome::Outcome;
use super::parallel::parallel_map;

/// Scans the changes of one commit, or all that are staged.
pub(super) fn scan_changes<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    changes: &[Change],
    threads: usize,
) -> Outcome {
    let parts = parallel_map(changes, threads, |change| scan_change(scanner, objects, change));
    let mut outcome = Outcome::default();
    parts.into_iter().for_each(|part| outcome.absorb(part));
    status::set_old_if_moved(scanner, objects, changes, &mut outcome.findings);
    outcome
}

fn scan_change<R: ReadObjects>(scanner: &BlobScanner<'_>, objects: &R, change: &Change) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(id) = change.new else { return outcome };
    let path = RepoPath::new(change.path.as_slice());
    if scanner.is_skipped(&path) {
        outcome.counts.skipped += 1;
        return outcome;
    }
    if scanner.is_past_deadline() {
        outcome.remainder.files = 1;
        return outcome;
    }
    let object = match objects.read(&id) {
        Ok(object) => object,
        Err(error) => {
            outcome.unscanned.push(unscanned_object(&error, Some(&change.path)));
            return outcome;
        }
    };
    if object.kind != Kind::Blob {
        // What is below a tree stays unread. Its own bytes are scanned all the same.
        outcome.unscanned.push(unscanned_object(&not_a_file(id), Some(&change.path)));
    }
    outcome.counts = Counts { files: 1, objects: 1, bytes: object.data.len() as u64, ..Counts::default() };
    outcome.unscanned.extend(unscanned_lfs_pointer(&object.data, &path));
    let scan = scanner.scan(&object.data, || path.to_text());
    outcome.unscanned.extend(scan.unscanned);
    let content_kind = if change.mode == Mode::Symlink { ContentKind::Symlink } else { ContentKind::File };
    let provenance = Provenance { content_kind, object: Some(id.to_string()), ..Provenance::file(path) };
    outcome.findings = scanner.findings(scan.candidates, &provenance);
    if !outcome.findings.is_empty() {
        let (previous, unread) = status::previous_values(scanner, objects, change);
        status::set_old(&mut outcome.findings, &previous, &StatusReason::InPreviousVersion);
        if outcome.findings.iter().any(|finding| finding.status == Status::New) {
            outcome.unscanned.extend(unread);
        }
    }
    outcome
}

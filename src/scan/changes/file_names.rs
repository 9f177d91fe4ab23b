//! The names of the files that a change adds.

use std::collections::HashSet;

use memchr::memmem;

use crate::git::diff::Change;
use crate::git::odb::tree::{Mode, entries, read_tree};
use crate::git::{Oid, ReadObjects};
use crate::model::{ContentKind, Finding, Provenance, RepoPath, Secret, Status, StatusReason};
use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::blob::unscanned::out_of_time;
use crate::scan::outcome::Outcome;

/// Scans the names of the files that `changes` add. A value in a path of one of the `parents` is not new: neither a
/// rename nor another file in the same folder adds it.
pub(crate) fn scan_file_names<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    changes: &[Change],
    parents: &[Oid],
) -> Outcome {
    let mut outcome = Outcome::default();
    let added = changes.iter().filter(|change| change.new.is_some() && change.old_blobs.is_empty());
    for change in added {
        if scanner.is_past_deadline() {
            outcome.unscanned.push(out_of_time("the names of some files".to_owned()));
            return outcome;
        }
        let path = RepoPath::new(change.path.as_slice());
        if scanner.is_skipped(&path) {
            continue;
        }
        let scan = scanner.scan(&change.path, || format!("name of {}", path.to_text()));
        outcome.unscanned.extend(scan.unscanned);
        let object = change.new.map(|id| id.to_string());
        let provenance = Provenance { content_kind: ContentKind::FileName, object, ..Provenance::file(path) };
        outcome.findings.extend(scanner.findings(scan.candidates, &provenance));
    }
    let is_new = |finding: &&Finding| finding.status == Status::New;
    let new: HashSet<Secret> =
        outcome.findings.iter().filter(is_new).map(|finding| finding.secret.clone()).collect();
    let old = values_in_paths(scanner, objects, parents, new);
    for finding in outcome.findings.iter_mut().filter(|finding| finding.status == Status::New) {
        if old.contains(&finding.secret) {
            finding.status = Status::Old;
            finding.status_reason = Some(StatusReason::InExistingName);
        }
    }
    outcome
}

/// Returns the `values` that a path of one of the `trees` contains. A folder that has several paths is searched at
/// one of them.
fn values_in_paths<R: ReadObjects>(
    scanner: &BlobScanner<'_>,
    objects: &R,
    trees: &[Oid],
    values: HashSet<Secret>,
) -> HashSet<Secret> {
    let mut found = HashSet::new();
    if values.is_empty() {
        return found;
    }
    let mut seen: HashSet<Oid> = trees.iter().copied().collect();
    let mut open: Vec<(Vec<u8>, Oid)> = seen.iter().map(|tree| (Vec::new(), *tree)).collect();
    while let Some((folder, id)) = open.pop() {
        // Values that were not looked for in time count as new.
        if scanner.is_past_deadline() {
            break;
        }
        // The names in an unreadable tree are unknown, so they make no value old.
        let Ok(data) = read_tree(objects, &id) else { continue };
        for entry in entries(&data, id.as_bytes().len()).map_while(Result::ok) {
            let path = [&folder, entry.name].concat();
            let contained = values.iter().filter(|value| memmem::find(&path, value.expose()).is_some());
            found.extend(contained.cloned());
            if entry.mode == Mode::Tree && seen.insert(entry.id) {
                open.push(([&path[..], b"/"].concat(), entry.id));
            }
        }
    }
    found
}

//! What a commit or tag object itself contains: its message and its header lines.

use crate::git::{Kind, Object, Oid, ReadObjects};
use crate::model::{ContentKind, Provenance, RepoPath};

use super::blob::blob_scanner::BlobScanner;
use super::blob::identity::locate_in_identity;
use super::blob::object_part::ObjectPart;
use super::outcome::Outcome;

/// Scans the message and the header of a commit or annotated tag: the same parts as a scan of the whole history does.
/// An object that cannot be read gives nothing: the walk that found its id has reported it.
pub(super) fn scan_commit_text(scanner: &BlobScanner<'_>, objects: &impl ReadObjects, id: &Oid) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(Object { kind, data }) = objects.read(id) else { return outcome };
    let content_kind = match kind {
        Kind::Commit => ContentKind::Commit,
        Kind::Tag => ContentKind::Tag,
        Kind::Blob | Kind::Tree => return outcome,
    };
    let object = Some(id.to_string());
    let provenance = Provenance { content_kind, object, ..Provenance::file(RepoPath::new("")) };
    for part in ObjectPart::all(kind) {
        let text = part.extract(&data);
        let scan = scanner.scan(&text, || format!("{} {id}", content_kind.as_str()));
        outcome.counts.bytes += text.len() as u64;
        outcome.unscanned.extend(scan.unscanned);
        let mut findings = scanner.findings(scan.candidates, &provenance);
        if part.is_header() {
            findings.iter_mut().for_each(|finding| locate_in_identity(finding, &text));
        }
        outcome.findings.extend(findings);
    }
    outcome
}

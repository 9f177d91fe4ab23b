//! What a commit or tag object itself contains: its message and its header lines.

use crate::git::{Kind, Object, Oid, ReadObjects};
use crate::model::{ContentKind, Provenance, RepoPath};
use crate::source::unscanned::unscanned_object;

use super::blob::blob_scanner::BlobScanner;
use super::blob::identity::locate_in_identity;
use super::blob::object_part::ObjectPart;
use super::outcome::Outcome;

/// Scans the message and the header of a commit or annotated tag: the same parts as a scan of the whole history does.
/// An object that cannot be read is an unscanned entry, also if the walk that found its id could read it: a commit-graph
/// names commits that are not read, and a repack or an error of the disk can come between.
pub(super) fn scan_commit_text(scanner: &BlobScanner<'_>, objects: &impl ReadObjects, id: &Oid) -> Outcome {
    let mut outcome = Outcome::default();
    let Object { kind, data } = match objects.read(id) {
        Ok(object) => object,
        Err(error) => {
            outcome.unscanned.push(unscanned_object(&error, None));
            return outcome;
        }
    };
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

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::git::testing_objects::oid;
    use crate::scan::testing::settings;

    #[test]
    fn a_commit_that_cannot_be_read_is_unscanned() {
        let settings = settings();
        let scanner = BlobScanner::new(&settings).expect("the built-in rules are tested");
        let objects: HashMap<Oid, Object> = HashMap::new();
        let id = oid(&"1".repeat(40));
        let outcome = scan_commit_text(&scanner, &objects, &id);
        assert_eq!(outcome.unscanned.len(), 1);
        assert_eq!(outcome.unscanned[0].what, format!("object {id}"));
    }
}

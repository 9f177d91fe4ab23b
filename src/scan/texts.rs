//! Texts that are not stored yet: a commit message, or what a program is about to write or to run.

use std::collections::HashSet;

use crate::model::{ContentKind, Counts, Provenance, RepoPath, Secret, StatusReason};

use super::blob::blob_scanner::BlobScanner;
use super::changes::status::set_old;
use super::outcome::Outcome;
use super::target::Text;

/// Scans each of the texts separately.
pub(super) fn scan(scanner: &BlobScanner<'_>, texts: &[Text]) -> Outcome {
    let mut outcome = Outcome::default();
    texts.iter().for_each(|text| outcome.absorb(scan_text(scanner, text)));
    outcome
}

fn scan_text(scanner: &BlobScanner<'_>, text: &Text) -> Outcome {
    let mut outcome = Outcome::default();
    let path = RepoPath::new(text.name.as_bytes());
    if text.content_kind == ContentKind::File && scanner.is_skipped(&path) {
        outcome.counts.skipped += 1;
        return outcome;
    }
    outcome.counts = Counts { files: 1, bytes: text.content.len() as u64, ..Counts::default() };
    let scan = scanner.scan(&text.content, || path.to_text());
    outcome.unscanned.extend(scan.unscanned);
    let provenance = Provenance { content_kind: text.content_kind, ..Provenance::file(path) };
    outcome.findings = scanner.findings(scan.candidates, &provenance);
    if !outcome.findings.is_empty() {
        let previous: HashSet<Secret> = text.before.iter().flat_map(|old| scanner.bare_values(old)).collect();
        set_old(&mut outcome.findings, &previous, &StatusReason::InPreviousText);
    }
    outcome
}

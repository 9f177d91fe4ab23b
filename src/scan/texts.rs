//! Texts that are not stored yet: a commit message, or what a program is about to write or to run.

use std::collections::HashSet;

use crate::model::{Carrier, Counts, Provenance, RepoPath, Secret};

use super::blob::blob_scanner::Inspector;
use super::staged::mark_old;
use super::{Outcome, Text};

pub(super) fn scan(inspector: &Inspector<'_>, texts: &[Text]) -> Outcome {
    let mut outcome = Outcome::default();
    texts.iter().for_each(|text| outcome.absorb(scan_text(inspector, text)));
    outcome
}

fn scan_text(inspector: &Inspector<'_>, text: &Text) -> Outcome {
    let mut outcome = Outcome::default();
    let path = RepoPath::new(text.name.as_bytes());
    if text.carrier == Carrier::File && inspector.skips(&path) {
        outcome.counts.skipped += 1;
        return outcome;
    }
    outcome.counts = Counts { files: 1, bytes: text.content.len() as u64, ..Counts::default() };
    let inspected = inspector.inspect(&text.content, || path.to_text());
    outcome.coverage.extend(inspected.gap);
    let provenance = Provenance { carrier: text.carrier, ..Provenance::file(path) };
    outcome.findings = inspector.place(inspected.candidates, &provenance);
    if !outcome.findings.is_empty() {
        let before: HashSet<Secret> = text.before.iter().flat_map(|old| inspector.values(old)).collect();
        mark_old(&mut outcome.findings, &before, "already there before this change");
    }
    outcome
}

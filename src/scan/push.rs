//! The commits of a push, as the sending or the receiving repository sees it, and the names of new refs.

use crate::git::commits::rev_list::Limits;
use crate::model::{ContentKind, Provenance, RepoPath};
use crate::source::selection::{RevisionRange, Selection};

use super::blob::blob_scanner::BlobScanner;
use super::error::ScanError;
use super::outcome::Outcome;
use super::range;
use super::settings::Settings;

/// Scans `commits`, called `name`, and the names of new refs.
///
/// Most pushes have no findings. A larger range than the exact one does no harm then, so the walk first stops early,
/// by date. Only if there is something to report is the exact range determined and scanned, so that the report is
/// about new commits only.
pub(super) fn scan(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    commits: &RevisionRange,
    name: &str,
    ref_names: &[Vec<u8>],
) -> Result<Outcome, ScanError> {
    let exact = Limits { deadline: settings.deadline, trust_dates_after: None };
    let quick = Limits { trust_dates_after: Some(Limits::TRUST_DATES_AFTER), ..exact };
    let selection = Selection::with_limits(settings.open_view()?, commits, quick)?;
    let mut outcome = range::scan(scanner, settings, &selection, name);
    let has_report = outcome.findings.iter().any(|finding| finding.confidence >= settings.confidence)
        || outcome.unscanned.iter().any(|entry| entry.kind.is_incomplete());
    if has_report && selection.walked.is_approximate && outcome.remainder.is_empty() {
        let selection = Selection::with_limits(selection.view, commits, exact)?;
        let exact_outcome = range::scan(scanner, settings, &selection, name);
        // If the deadline comes before the exact result is complete, the first result is reported.
        if exact_outcome.remainder.is_empty() {
            outcome = exact_outcome;
        }
    }
    outcome.absorb(scan_ref_names(scanner, ref_names));
    Ok(outcome)
}

fn scan_ref_names(scanner: &BlobScanner<'_>, names: &[Vec<u8>]) -> Outcome {
    let mut outcome = Outcome::default();
    for name in names {
        let path = RepoPath::new(name.as_slice());
        let scan = scanner.scan(name, || format!("name of {}", path.to_text()));
        outcome.counts.bytes += name.len() as u64;
        outcome.unscanned.extend(scan.unscanned);
        let provenance = Provenance { content_kind: ContentKind::RefName, ..Provenance::file(path) };
        outcome.findings.extend(scanner.findings(scan.candidates, &provenance));
    }
    outcome
}

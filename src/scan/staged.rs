//! The content that the next commit records.

use crate::source::staged::staged_changes;

use super::blob::blob_scanner::BlobScanner;
use super::changes::file_names::scan_file_names;
use super::changes::scan_changes;
use super::changes::status::set_old_if_copied;
use super::error::ScanError;
use super::outcome::Outcome;
use super::settings::Settings;

/// Scans the staged files and the names of new ones.
pub(super) fn scan(scanner: &BlobScanner<'_>, settings: &Settings) -> Result<Outcome, ScanError> {
    let view = settings.open_view()?;
    let staged = staged_changes(&view)?;
    let threads = settings.thread_count_for(staged.changes.len());
    let mut files = scan_changes(scanner, &view.objects, &staged.changes, threads);
    set_old_if_copied(scanner, &view.objects, &staged.parent_trees, &mut files.findings);
    let names = scan_file_names(scanner, &view.objects, &staged.changes, &staged.parent_trees);
    let mut outcome = Outcome {
        unscanned: staged.unscanned,
        notes: staged.notes,
        nothing_scanned: staged.nothing_scanned,
        ..Outcome::default()
    };
    outcome.absorb(files);
    outcome.absorb(names);
    Ok(outcome)
}

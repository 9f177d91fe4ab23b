//! Files, directories and standard input. Every finding is new.

use std::io::{self, Read};
use std::path::PathBuf;

use crate::model::{ContentKind, Counts, Provenance, RepoPath, Unscanned, UnscannedKind};
use crate::source::files::{File, FileVisitor, WalkOptions, is_absent, unreadable, walk};
use crate::source::unscanned::unscanned_lfs_pointer;

use super::blob::blob_scanner::BlobScanner;
use super::blob::streaming::{StopReason, StreamScanner};
use super::error::ScanError;
use super::outcome::Outcome;
use super::settings::Settings;

/// Scans files and directories.
///
/// # Errors
///
/// If one of the paths does not exist.
pub(super) fn scan(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    paths: &[PathBuf],
    no_ignore: bool,
) -> Result<Outcome, ScanError> {
    if let Some(path) = paths.iter().find(|path| is_absent(&settings.directory.join(path))) {
        return Err(ScanError::NoSuchPath { path: path.clone() });
    }
    let options = WalkOptions { root: &settings.root, no_ignore, threads: settings.thread_count() };
    let make = || Worker::new(scanner, settings.max_file_size);
    let mut outcome = Outcome::default();
    for worker in walk(paths, &settings.directory, options, &make) {
        outcome.absorb(worker.outcome);
    }
    Ok(outcome)
}

/// Scans standard input; findings get the path `name`.
///
/// # Errors
///
/// If standard input cannot be read to its end.
pub(super) fn scan_stdin(
    scanner: &BlobScanner<'_>,
    settings: &Settings,
    name: &str,
) -> Result<Outcome, ScanError> {
    let mut worker = Worker::new(scanner, settings.max_file_size);
    let path = RepoPath::new(name);
    let file = File { path: path.clone(), policy_path: path, content_kind: ContentKind::Stdin };
    match worker.scan(&file, &mut io::stdin().lock()) {
        Some(error) => Err(ScanError::Stdin(error)),
        None => Ok(worker.outcome),
    }
}

/// One thread's share of the files.
struct Worker<'i, 's> {
    scanner: &'i BlobScanner<'s>,
    stream: StreamScanner,
    max_size: Option<u64>,
    outcome: Outcome,
}

impl<'i, 's> Worker<'i, 's> {
    fn new(scanner: &'i BlobScanner<'s>, max_size: Option<u64>) -> Worker<'i, 's> {
        Worker { scanner, stream: StreamScanner::new(scanner), max_size, outcome: Outcome::default() }
    }

    /// Adds the findings in a file. Returns the error that ended reading early; findings before it are kept.
    fn scan(&mut self, file: &File, content: &mut dyn Read) -> Option<io::Error> {
        let what = || file.path.to_text();
        let stream = self.stream.scan(self.scanner, content, self.max_size, what);
        let outcome = &mut self.outcome;
        let provenance =
            Provenance { content_kind: file.content_kind, ..Provenance::file(file.path.clone()) };
        let findings = self.scanner.findings_at(&file.policy_path, stream.scan.candidates, &provenance);
        outcome.findings.extend(findings);
        outcome.unscanned.extend(stream.scan.unscanned);
        outcome.unscanned.extend(stream.bytes.and_then(|bytes| unscanned_lfs_pointer(bytes, &file.path)));
        let counts = Counts { files: 1, bytes: stream.bytes_read, ..Counts::default() };
        match stream.stopped {
            None => outcome.counts += counts,
            Some(StopReason::Failed(error)) => return Some(error),
            Some(StopReason::TooLarge) => outcome.unscanned.push(Unscanned {
                kind: UnscannedKind::TooLarge,
                what: what(),
                reason: format!("larger than the limit of {} bytes", self.max_size.unwrap_or_default()),
                remedy: Some("raise --max-blob-size to read it".to_owned()),
            }),
        }
        None
    }
}

impl FileVisitor for Worker<'_, '_> {
    fn should_read(&mut self, policy_path: &RepoPath) -> bool {
        let is_skipped = self.scanner.is_skipped(policy_path);
        self.outcome.counts.skipped += u64::from(is_skipped);
        !is_skipped
    }

    fn visit(&mut self, file: File, content: &mut dyn Read) {
        if let Some(error) = self.scan(&file, content) {
            self.unscanned(unreadable(file.path.to_text(), &error));
        }
    }

    fn unscanned(&mut self, entry: Unscanned) {
        self.outcome.unscanned.push(entry);
    }
}

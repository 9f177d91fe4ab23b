//! Files, directories and standard input: everything found is new.

use std::io::{self, Read};
use std::path::PathBuf;

use crate::model::{Carrier, Counts, Coverage, CoverageKind, Provenance, RepoPath};
use crate::source::files::{File, Receiver, WalkOptions, is_absent, unreadable, walk};
use crate::source::view::lfs_pointer;

use super::blob::blob_scanner::Inspector;
use super::blob::streaming::{PartReader, Unread};
use super::{Outcome, ScanError, Settings};

pub(super) fn scan(
    inspector: &Inspector<'_>,
    settings: &Settings,
    paths: &[PathBuf],
    no_ignore: bool,
) -> Result<Outcome, ScanError> {
    if let Some(path) = paths.iter().find(|path| is_absent(&settings.directory.join(path))) {
        return Err(ScanError::NoSuchPath { path: path.clone() });
    }
    let options = WalkOptions { root: &settings.root, no_ignore, threads: settings.threads() };
    let make = || Worker::new(inspector, settings.max_file_size);
    let mut outcome = Outcome::default();
    for worker in walk(paths, &settings.directory, options, &make) {
        outcome.absorb(worker.outcome);
    }
    Ok(outcome)
}

pub(super) fn scan_stdin(
    inspector: &Inspector<'_>,
    settings: &Settings,
    name: &str,
) -> Result<Outcome, ScanError> {
    let mut worker = Worker::new(inspector, settings.max_file_size);
    let path = RepoPath::new(name);
    let file = File { path: path.clone(), place: path, carrier: Carrier::Stdin };
    match worker.inspect(&file, &mut io::stdin().lock()) {
        Some(error) => Err(ScanError::Stdin(error)),
        None => Ok(worker.outcome),
    }
}

/// One thread's share.
struct Worker<'i, 's> {
    inspector: &'i Inspector<'s>,
    reader: PartReader,
    max_size: Option<u64>,
    outcome: Outcome,
}

impl<'i, 's> Worker<'i, 's> {
    fn new(inspector: &'i Inspector<'s>, max_size: Option<u64>) -> Worker<'i, 's> {
        Worker { inspector, reader: PartReader::new(inspector), max_size, outcome: Outcome::default() }
    }

    /// Adds what the file holds; what was found is kept also where the system ends reading early.
    fn inspect(&mut self, file: &File, content: &mut dyn Read) -> Option<io::Error> {
        let what = || file.path.to_text();
        let read = self.reader.inspect(self.inspector, content, self.max_size, what);
        let outcome = &mut self.outcome;
        let provenance = Provenance { carrier: file.carrier, ..Provenance::file(file.path.clone()) };
        let findings = self.inspector.place_as(&file.place, read.inspected.candidates, &provenance);
        outcome.findings.extend(findings);
        outcome.coverage.extend(read.inspected.gap);
        outcome.coverage.extend(read.text.and_then(|text| lfs_pointer(text, &file.path)));
        let counts = Counts { files: 1, bytes: read.bytes, ..Counts::default() };
        match read.unread {
            None => outcome.counts += counts,
            Some(Unread::Failed(error)) => return Some(error),
            Some(Unread::TooLarge) => outcome.coverage.push(Coverage {
                kind: CoverageKind::TooLarge,
                what: what(),
                reason: format!("larger than the limit of {} bytes", self.max_size.unwrap_or_default()),
                remedy: Some("raise --max-blob-size to read it".to_owned()),
            }),
        }
        None
    }
}

impl Receiver for Worker<'_, '_> {
    fn wants(&mut self, place: &RepoPath) -> bool {
        let skip = self.inspector.skips(place);
        self.outcome.counts.skipped += u64::from(skip);
        !skip
    }

    fn file(&mut self, file: File, content: &mut dyn Read) {
        if let Some(error) = self.inspect(&file, content) {
            self.gap(unreadable(file.path.to_text(), &error));
        }
    }

    fn gap(&mut self, gap: Coverage) {
        self.outcome.coverage.push(gap);
    }
}

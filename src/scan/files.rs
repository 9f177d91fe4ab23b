//! Files, directories and standard input: everything found is new.

use std::path::PathBuf;

use crate::model::{Carrier, Counts, Coverage, CoverageKind, Provenance, RepoPath};
use crate::source::files::{File, Receiver, WalkOptions, is_absent, walk};
use crate::source::view::lfs_pointer;

use super::inspect::Inspector;
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
    let options = WalkOptions {
        root: &settings.root,
        no_ignore,
        threads: settings.threads(),
        max_size: settings.max_blob_size,
    };
    let workers =
        walk(paths, &settings.directory, options, &|| Worker { inspector, outcome: Outcome::default() });
    let mut outcome = Outcome::default();
    for worker in workers {
        outcome.absorb(worker.outcome);
    }
    Ok(outcome)
}

pub(super) fn scan_stdin(
    inspector: &Inspector<'_>,
    settings: &Settings,
    name: &str,
    bytes: &[u8],
) -> Outcome {
    let mut worker = Worker { inspector, outcome: Outcome::default() };
    let path = RepoPath::new(name);
    if bytes.len() as u64 > settings.max_blob_size {
        worker.gap(Coverage {
            kind: CoverageKind::TooLarge,
            what: path.to_text(),
            reason: format!("larger than the limit of {} bytes", settings.max_blob_size),
            remedy: Some("raise --max-blob-size to read it".to_owned()),
        });
    } else {
        worker.file(File { path: path.clone(), place: path, carrier: Carrier::Stdin, bytes });
    }
    worker.outcome
}

/// One thread's share.
struct Worker<'i, 's> {
    inspector: &'i Inspector<'s>,
    outcome: Outcome,
}

impl Receiver for Worker<'_, '_> {
    fn wants(&mut self, place: &RepoPath) -> bool {
        let skip = self.inspector.skips(place);
        self.outcome.counts.skipped += u64::from(skip);
        !skip
    }

    fn file(&mut self, file: File<'_>) {
        self.outcome.counts += Counts { files: 1, bytes: file.bytes.len() as u64, ..Counts::default() };
        let inspected = self.inspector.inspect(file.bytes, || file.path.to_text());
        let provenance = Provenance { carrier: file.carrier, ..Provenance::file(file.path.clone()) };
        self.outcome.findings.extend(self.inspector.place_as(&file.place, inspected.candidates, &provenance));
        self.outcome.coverage.extend(inspected.gap);
        self.outcome.coverage.extend(lfs_pointer(file.bytes, &file.path));
    }

    fn gap(&mut self, gap: Coverage) {
        self.outcome.coverage.push(gap);
    }
}

//! Every blob, commit and tag of a repository, each once: which values it contains, by fingerprint.

use std::collections::HashSet;

use crate::git::commits::commit::Commit;
use crate::git::commits::graph::CommitCollector;
use crate::git::{DeltaContext, Kind, ObjectError, ObjectVisitor, Oid, ScanObjects};
use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::blob::object_part::ObjectPart;
use crate::scan::outcome::Outcome;
use crate::source::unscanned::is_lfs_pointer;

use super::fingerprint_scan::{FingerprintScanner, State, Values};

/// A part of an object that contains values.
pub(super) struct PartValues<'i> {
    pub(super) id: Oid,
    pub(super) part: ObjectPart,
    pub(super) values: Values<'i>,
}

/// What the objects of a repository contain.
pub(super) struct ScannedObjects<'i> {
    /// The parts that contain values, in no order.
    pub(super) parts: Vec<PartValues<'i>>,
    /// All commits, by thread.
    pub(super) commits: Vec<CommitCollector>,
    /// Blobs that are git-lfs pointers.
    pub(super) lfs_pointers: Vec<Oid>,
    /// Objects that could not be read.
    pub(super) unreadable: Vec<ObjectError>,
    /// Counts, and unscanned entries except those of `unreadable`.
    pub(super) outcome: Outcome,
}

/// Scans all blobs, commits and tags. Unless `full`, an object that is stored as a delta is scanned only where it
/// differs from its base.
pub(super) fn scan_objects<'i>(
    scanner: &'i BlobScanner<'_>,
    objects: &impl ScanObjects,
    full: bool,
    threads: usize,
) -> ScannedObjects<'i> {
    let make = || Worker {
        scanner: FingerprintScanner::new(scanner),
        full,
        parts: Vec::new(),
        commits: CommitCollector::default(),
        identities: CleanIdentities::default(),
        lfs_pointers: Vec::new(),
        unreadable: Vec::new(),
        outcome: Outcome::default(),
    };
    let mut scanned = ScannedObjects {
        parts: Vec::new(),
        commits: Vec::new(),
        lfs_pointers: Vec::new(),
        unreadable: Vec::new(),
        outcome: Outcome::default(),
    };
    for worker in objects.for_each(&[Kind::Blob, Kind::Commit, Kind::Tag], threads, &make) {
        scanned.outcome.absorb(worker.outcome);
        scanned.outcome.unscanned.extend(worker.scanner.unscanned);
        scanned.outcome.work_stats += worker.scanner.work_stats;
        scanned.parts.extend(worker.parts);
        scanned.commits.push(worker.commits);
        scanned.lfs_pointers.extend(worker.lfs_pointers);
        scanned.unreadable.extend(worker.unreadable);
    }
    scanned
}

/// One thread's share of the objects.
struct Worker<'i, 's> {
    scanner: FingerprintScanner<'i, 's>,
    full: bool,
    parts: Vec<PartValues<'i>>,
    commits: CommitCollector,
    identities: CleanIdentities,
    lfs_pointers: Vec<Oid>,
    unreadable: Vec<ObjectError>,
    outcome: Outcome,
}

impl<'i> Worker<'i, '_> {
    fn scan_blob(
        &mut self,
        id: &Oid,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, State<'i>>>,
    ) -> State<'i> {
        if is_lfs_pointer(data) {
            self.lfs_pointers.push(*id);
        }
        let delta_context = delta_context.filter(|_| !self.full);
        let (values, state) = self.scanner.scan(data, delta_context.as_ref(), || format!("object {id}"));
        self.parts.extend(values.map(|values| PartValues { id: *id, part: ObjectPart::Content, values }));
        state
    }

    fn scan_commit(&mut self, id: &Oid, data: &[u8]) {
        let Some(commit) = self.commits.add(id, data) else {
            self.scan_part(id, ObjectPart::CommitMessage, data);
            return;
        };
        self.scan_part(id, ObjectPart::CommitMessage, commit.message);
        let is_clean = self.identities.contain(&commit);
        if !is_clean && !self.scan_part(id, ObjectPart::CommitHeader, &ObjectPart::CommitHeader.extract(data))
        {
            self.identities.add(&commit);
        }
    }

    /// Scans a part that is not stored as a delta of another. Returns whether it contains values.
    fn scan_part(&mut self, id: &Oid, part: ObjectPart, text: &[u8]) -> bool {
        let (values, _) = self.scanner.scan(text, None, || format!("object {id}"));
        let has_values = values.is_some();
        self.parts.extend(values.map(|values| PartValues { id: *id, part, values }));
        has_values
    }
}

impl<'i> ObjectVisitor for Worker<'i, '_> {
    type State = State<'i>;

    fn visit(
        &mut self,
        id: &Oid,
        kind: Kind,
        data: &[u8],
        delta_context: Option<DeltaContext<'_, State<'i>>>,
    ) -> State<'i> {
        self.outcome.counts.objects += 1;
        self.outcome.counts.bytes += data.len() as u64;
        self.outcome.counts.commits += u64::from(kind == Kind::Commit);
        match kind {
            // Only the part of a blob is the stored object, which deltas are relative to.
            Kind::Blob => return self.scan_blob(id, data, delta_context),
            Kind::Commit => self.scan_commit(id, data),
            Kind::Tag | Kind::Tree => {
                for part in ObjectPart::all(kind) {
                    self.scan_part(id, *part, &part.extract(data));
                }
            }
        }
        None
    }

    fn failed(&mut self, error: ObjectError) {
        self.unreadable.push(error);
    }
}

/// Names and mail addresses of authors and committers that contain no value. A history has few different ones.
#[derive(Default)]
struct CleanIdentities(HashSet<Box<[u8]>>);

impl CleanIdentities {
    /// Whether the header of `commit` contains nothing but identities that are known to be clean.
    fn contain(&self, commit: &Commit<'_>) -> bool {
        let is_clean = |line: &[u8]| self.0.contains(without_date(line));
        !commit.has_extra_headers && is_clean(commit.author) && is_clean(commit.committer)
    }

    /// Adds the identities of a commit whose header contains no value.
    fn add(&mut self, commit: &Commit<'_>) {
        for line in [commit.author, commit.committer] {
            if !self.0.contains(without_date(line)) {
                self.0.insert(without_date(line).into());
            }
        }
    }
}

/// Returns the part of an author or committer line before the date.
fn without_date(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|&byte| byte == b'>').map_or(line.len(), |at| at + 1);
    &line[..end]
}

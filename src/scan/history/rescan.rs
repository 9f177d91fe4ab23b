//! The full scan of objects that are already known to contain reportable values.

use std::collections::HashMap;

use crate::git::{DeltaContext, Kind, ObjectError, ObjectVisitor, Oid, ScanObjects};
use crate::model::Unscanned;
use crate::scan::blob::blob_scanner::{BlobScan, BlobScanner};
use crate::scan::blob::object_part::ObjectPart;
use crate::scan::parallel::parallel_map;
use crate::source::unscanned::unscanned_object;

/// Up to this many parts, each object is read by itself, which resolves a chain of some dozens of deltas. For more, all
/// objects are walked once more.
const MAX_SINGLE_READS: usize = 500;

/// Scans each of the `parts`; the results keep their order.
pub(super) fn scan_parts<'i>(
    scanner: &'i BlobScanner<'_>,
    objects: &impl ScanObjects,
    parts: &[(Oid, ObjectPart)],
    threads: usize,
) -> Vec<Result<BlobScan<'i>, Unscanned>> {
    let scan = |id: &Oid, part: ObjectPart, data: &[u8]| {
        scanner.scan(&part.extract(data), || format!("object {id}"))
    };
    if parts.len() <= MAX_SINGLE_READS {
        let read = |(id, part): &(Oid, ObjectPart)| match objects.read(id) {
            Ok(object) => Ok(scan(id, *part, &object.data)),
            Err(error) => Err(unscanned_object(&error, None)),
        };
        return parallel_map(parts, threads, read);
    }
    let positions: HashMap<(Oid, ObjectPart), usize> = parts.iter().copied().zip(0..).collect();
    let mut kinds: Vec<Kind> = Vec::new();
    for (_, part) in parts {
        if !kinds.contains(&part.kind()) {
            kinds.push(part.kind());
        }
    }
    let mut scans: Vec<Option<BlobScan<'i>>> = parts.iter().map(|_| None).collect();
    let make = || Worker { scan: &scan, positions: &positions, scans: Vec::new() };
    for worker in objects.for_each(&kinds, threads, &make) {
        worker.scans.into_iter().for_each(|(position, scan)| scans[position] = Some(scan));
    }
    let missing = |id: Oid| unscanned_object(&ObjectError::Missing { id }, None);
    parts.iter().zip(scans).map(|((id, _), scan)| scan.ok_or_else(|| missing(*id))).collect()
}

/// Scans those objects of one thread's share that are wanted.
struct Worker<'a, 'i, F> {
    scan: &'a F,
    positions: &'a HashMap<(Oid, ObjectPart), usize>,
    scans: Vec<(usize, BlobScan<'i>)>,
}

impl<'i, F: Fn(&Oid, ObjectPart, &[u8]) -> BlobScan<'i> + Sync> ObjectVisitor for Worker<'_, 'i, F> {
    type State = ();

    fn visit(&mut self, id: &Oid, kind: Kind, data: &[u8], _delta_context: Option<DeltaContext<'_, ()>>) {
        for part in ObjectPart::all(kind) {
            if let Some(position) = self.positions.get(&(*id, *part)) {
                self.scans.push((*position, (self.scan)(id, *part, data)));
            }
        }
    }

    /// The first walk has reported the errors already.
    fn failed(&mut self, _error: ObjectError) {}
}

//! Which objects are referred to and not stored: what a partial clone left out, or damage took.

use std::collections::HashSet;

use super::graph::CommitGraph;
use super::growth::Growth;
use super::object::{Kind, ObjectError, ScanObjects, Visitor};
use super::oid::Oid;
use super::oid_map::OidMap;
use super::tree::{self, Mode};

/// The trees and blobs that stored trees and commits name and the store lacks. Trees that nothing
/// refers to may name objects that git has rightly pruned: whoever reports one as missing asks
/// [`attribute`](super::attribution::attribute) first whether a commit has it.
pub fn absent_objects(
    objects: &impl ScanObjects,
    graph: &CommitGraph,
    contains: &(dyn Fn(&Oid) -> bool + Sync),
    threads: usize,
) -> HashSet<Oid> {
    let make = || Entries { contains, known: OidMap::default(), absent: HashSet::new() };
    let workers = objects.for_each(&[Kind::Tree], threads, &make);
    let mut absent: HashSet<Oid> = workers.into_iter().flat_map(|worker| worker.absent).collect();
    let roots: HashSet<Oid> = (0..graph.len() as u32).map(|rank| graph.tree(rank)).collect();
    absent.extend(roots.into_iter().filter(|root| !tree::is_empty_tree(root) && !contains(root)));
    absent
}

struct Entries<'c> {
    contains: &'c (dyn Fn(&Oid) -> bool + Sync),
    /// Seen before: versions of a directory share most of their entries, and asking the store again
    /// for each of them took a quarter of an audit.
    known: OidMap<()>,
    absent: HashSet<Oid>,
}

impl Visitor for Entries<'_> {
    type State = ();

    fn visit(&mut self, id: &Oid, _kind: Kind, data: &[u8], _growth: Option<Growth<'_, ()>>) {
        let entries = tree::entries(data, id.as_bytes().len()).map_while(Result::ok);
        for entry in entries.filter(|entry| entry.mode != Mode::Gitlink) {
            let unknown = self.known.insert(entry.id, ()).is_none();
            if unknown && !(self.contains)(&entry.id) && !tree::is_empty_tree(&entry.id) {
                self.absent.insert(entry.id);
            }
        }
    }

    /// A tree that does not read is reported by the walk that reads everything.
    fn failed(&mut self, _error: ObjectError) {}
}

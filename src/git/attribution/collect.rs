//! What one thread collects from the trees that it visits.
//!
//! Most of the entries of a tree are those of its delta base and are not parsed again (see [`delta_entries`]).

use std::collections::HashMap;

use super::delta_entries;
use super::delta_entries::ParsedEntries;
use super::entry_kinds::EntryKinds;
use super::entry_names::NameSet;
use super::query::Query;
use crate::git::odb::delta_context::DeltaContext;
use crate::git::odb::object::{Kind, ObjectError};
use crate::git::odb::object_numbers::ObjectNumbers;
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;
use crate::git::odb::tree;
use crate::git::odb::tree::Mode;
use crate::git::odb::visitor::ObjectVisitor;

/// An entry of a tree that is a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// Number of the target: queried blobs come first, then queried names, then one number for all submodules.
    pub(super) target: u32,
    pub(super) mode: Mode,
    pub(super) name: u32,
}

/// An entry of a tree that is a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) child: u32,
    pub(super) name: u32,
}

/// Recognizes the targets of a query. All threads share it.
pub(super) struct TargetMatcher<'t> {
    numbers: &'t ObjectNumbers,
    blobs: &'t [Oid],
    query: &'t Query,
    /// A bit for each object number: whether it is that of a queried blob. Most entries fail this test.
    is_blob: Vec<u64>,
    /// (object number, target number) of the queried blobs, sorted.
    positions: Vec<(u32, u32)>,
}

impl<'t> TargetMatcher<'t> {
    /// `blobs` are those of `query`, sorted.
    pub(super) fn new(numbers: &'t ObjectNumbers, blobs: &'t [Oid], query: &'t Query) -> TargetMatcher<'t> {
        let mut is_blob = vec![0u64; (numbers.len() as usize).div_ceil(64)];
        let mut positions = Vec::new();
        for (id, at) in blobs.iter().zip(0..) {
            if let Some(number) = numbers.find(id.as_bytes()) {
                is_blob[number as usize / 64] |= 1 << (number % 64);
                positions.push((number, at));
            }
        }
        positions.sort_unstable();
        TargetMatcher { numbers, blobs, query, is_blob, positions }
    }

    /// The target number of the queried name with this number.
    fn name_target(&self, name: u32) -> u32 {
        self.blobs.len() as u32 + name
    }

    fn submodule_target(&self) -> u32 {
        (self.blobs.len() + self.query.names.len()) as u32
    }

    fn is_queried_name(&self, name: u32) -> bool {
        (name as usize) < self.query.names.len()
    }

    /// The target number of the queried blob with this id and object number.
    fn blob_target(&self, id: &[u8], number: Option<u32>) -> Option<u32> {
        let Some(number) = number else {
            return self.blobs.binary_search_by(|blob| blob.as_bytes().cmp(id)).ok().map(|at| at as u32);
        };
        self.numbered_blob_target(number)
    }

    /// The target number of the queried blob with this object number.
    fn numbered_blob_target(&self, number: u32) -> Option<u32> {
        if self.is_blob.get(number as usize / 64)? >> (number % 64) & 1 == 0 {
            return None;
        }
        let at = self.positions.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.positions[at].1)
    }
}

/// What is recorded about an entry.
#[derive(Clone, Copy)]
pub(super) enum Note {
    Edge(Edge),
    Leaf(Leaf),
}

/// What one thread has collected. Names are numbered in the order of their appearance, because thousands of trees
/// contain the same name.
pub(super) struct Collector<'t> {
    resolver: EntryResolver<'t>,
    /// (tree, number of its edges, number of its leaves), in the order of these lists.
    trees: Vec<(u32, u32, u32)>,
    edges: Vec<Edge>,
    leaves: Vec<Leaf>,
    problems: Vec<ObjectError>,
}

/// Number of slots for recently resolved ids: about as many as fit into a processor cache.
const RECENT_SLOTS: usize = 1 << 14;

/// Resolves the ids and names of entries to numbers.
struct EntryResolver<'t> {
    matcher: &'t TargetMatcher<'t>,
    /// A direct-mapped cache by the first bytes of the id. Trees that are stored undeltified repeat each other, and
    /// the index of object numbers is too large to be searched again for each of their entries.
    recent: Vec<Option<(Oid, u32)>>,
    is_stored: &'t (dyn Fn(&Oid) -> bool + Sync),
    /// Trees without an object number.
    unnumbered: OidMap<u32>,
    /// Whether the store contains an id without an object number, for all such ids so far.
    stored: OidMap<bool>,
    /// Numbers of names; the queried names have the first ones.
    names: HashMap<Vec<u8>, u32>,
    all_names: NameSet,
    kinds: EntryKinds,
    has_submodules: bool,
}

impl<'t> Collector<'t> {
    pub(super) fn new(
        matcher: &'t TargetMatcher<'t>,
        is_stored: &'t (dyn Fn(&Oid) -> bool + Sync),
    ) -> Collector<'t> {
        let resolver = EntryResolver {
            matcher,
            recent: vec![None; RECENT_SLOTS],
            is_stored,
            unnumbered: OidMap::default(),
            stored: OidMap::default(),
            names: matcher.query.names.iter().cloned().zip(0..).collect(),
            all_names: NameSet::default(),
            kinds: EntryKinds::new(matcher.numbers.len()),
            has_submodules: false,
        };
        Collector { resolver, trees: Vec::new(), edges: Vec::new(), leaves: Vec::new(), problems: Vec::new() }
    }
}

impl EntryResolver<'_> {
    /// The object number of an id.
    fn number(&mut self, id: &[u8]) -> Option<u32> {
        let slot = usize::from(u16::from_le_bytes([id[0], id[1]])) % RECENT_SLOTS;
        if let Some((known, number)) = &self.recent[slot]
            && known.as_bytes() == id
        {
            return Some(*number);
        }
        let number = self.matcher.numbers.find(id)?;
        self.recent[slot] = Oid::from_bytes(id).map(|id| (id, number));
        Some(number)
    }

    /// The number of a tree: its object number, or a new one after these.
    fn tree(&mut self, id: &[u8], number: Option<u32>) -> Option<u32> {
        number.or_else(|| {
            let next = self.matcher.numbers.len() + self.unnumbered.len() as u32;
            Some(*self.unnumbered.entry(Oid::from_bytes(id)?).or_insert(next))
        })
    }

    /// The number of a name.
    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&at) = self.names.get(name) {
            return at;
        }
        let at = self.names.len() as u32;
        self.names.insert(name.to_vec(), at);
        at
    }

    /// Resolves one entry. Returns a note if it is a directory or a target.
    fn resolve(&mut self, mode: Mode, name: &[u8], id: &[u8]) -> Option<Note> {
        let query = self.matcher.query;
        if query.all_names {
            self.all_names.add(name);
        }
        if mode == Mode::Gitlink {
            self.has_submodules = true;
            let target = self.matcher.submodule_target();
            return query.has_targets().then(|| Note::Leaf(Leaf { target, mode, name: self.name(name) }));
        }
        let number = self.number(id);
        if let Some(number) = number {
            self.kinds.add_entry(mode, number);
        } else {
            let id = Oid::from_bytes(id)?;
            let is_stored = self.is_stored;
            self.stored.entry(id).or_insert_with(|| tree::is_empty_tree(&id) || is_stored(&id));
        }
        if !query.has_targets() {
            return None;
        }
        if mode == Mode::Tree {
            let child = self.tree(id, number)?;
            return Some(Note::Edge(Edge { child, name: self.name(name) }));
        }
        if let Some(target) = self.matcher.blob_target(id, number) {
            return Some(Note::Leaf(Leaf { target, mode, name: self.name(name) }));
        }
        let queried = || self.names.get(name).copied().filter(|&at| self.matcher.is_queried_name(at));
        let name = if query.names.is_empty() { None } else { queried() }?;
        Some(Note::Leaf(Leaf { target: self.matcher.name_target(name), mode, name }))
    }
}

impl ObjectVisitor for Collector<'_> {
    type State = ParsedEntries<Note>;

    fn visit(
        &mut self,
        id: &Oid,
        _kind: Kind,
        data: &[u8],
        delta: Option<DeltaContext<'_, ParsedEntries<Note>>>,
    ) -> ParsedEntries<Note> {
        let resolver = &mut self.resolver;
        let resolve = |mode: Mode, name: &[u8], id: &[u8]| resolver.resolve(mode, name, id);
        let (entries, malformed) = delta_entries::parse(data, id.as_bytes().len(), delta, resolve);
        self.problems.extend(malformed.map(|error| ObjectError::Corrupt { id: *id, why: error.to_string() }));
        let matcher = resolver.matcher;
        let number = matcher.numbers.find(id.as_bytes());
        if let Some(number) = number {
            resolver.kinds.add_tree(number);
        }
        if matcher.query.has_targets() {
            let (first_edge, first_leaf) = (self.edges.len(), self.leaves.len());
            for note in entries.notes() {
                match note {
                    Note::Edge(edge) => {
                        self.edges.push(*edge);
                        // An object that was queried as a blob has a path here too.
                        if let Some(target) = matcher.numbered_blob_target(edge.child) {
                            self.leaves.push(Leaf { target, mode: Mode::Tree, name: edge.name });
                        }
                        if matcher.is_queried_name(edge.name) {
                            let (target, name) = (matcher.name_target(edge.name), edge.name);
                            self.leaves.push(Leaf { target, mode: Mode::Tree, name });
                        }
                    }
                    Note::Leaf(leaf) => {
                        self.leaves.push(*leaf);
                        let target = matcher.name_target(leaf.name);
                        if matcher.is_queried_name(leaf.name) && leaf.target != target {
                            self.leaves.push(Leaf { target, ..*leaf });
                        }
                    }
                }
            }
            let (edges, leaves) = (self.edges.len() - first_edge, self.leaves.len() - first_leaf);
            let tree = resolver.tree(id.as_bytes(), number);
            self.trees.extend(tree.map(|tree| (tree, edges as u32, leaves as u32)));
        }
        entries
    }

    fn failed(&mut self, error: ObjectError) {
        self.problems.push(error);
    }
}

/// The result of one thread, without what the thread borrowed.
pub(super) struct Collected {
    pub(super) names: Vec<Vec<u8>>,
    pub(super) unnumbered: Vec<Oid>,
    pub(super) absent: Vec<Oid>,
    pub(super) trees: Vec<(u32, u32, u32)>,
    pub(super) edges: Vec<Edge>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) problems: Vec<ObjectError>,
    pub(super) all_names: NameSet,
    pub(super) kinds: EntryKinds,
    pub(super) has_submodules: bool,
}

impl From<Collector<'_>> for Collected {
    fn from(collector: Collector<'_>) -> Collected {
        let EntryResolver { unnumbered, stored, names, all_names, kinds, has_submodules, .. } =
            collector.resolver;
        Collected {
            names: in_order(names),
            unnumbered: in_order(unnumbered),
            absent: stored.into_iter().filter(|(_, is_stored)| !is_stored).map(|(id, _)| id).collect(),
            trees: collector.trees,
            edges: collector.edges,
            leaves: collector.leaves,
            problems: collector.problems,
            all_names,
            kinds,
            has_submodules,
        }
    }
}

/// The keys, sorted by their numbers.
fn in_order<K>(numbered: impl IntoIterator<Item = (K, u32)>) -> Vec<K> {
    let mut all: Vec<(K, u32)> = numbered.into_iter().collect();
    all.sort_unstable_by_key(|(_, number)| *number);
    all.into_iter().map(|(key, _)| key).collect()
}

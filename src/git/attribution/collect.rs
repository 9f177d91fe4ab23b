//! What each worker collects as the trees of a store go by.
//!
//! Most of a tree is like the tree it grows from and is not even read (see [`entries`]).

use std::collections::HashMap;

use super::entries;
use super::entries::Known;
use super::entry_names::NameSet;
use super::tree_index::Sought;
use crate::git::odb::delta_context::Growth;
use crate::git::odb::numbers::Numbers;
use crate::git::odb::object::{Kind, ObjectError, Visitor};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;
use crate::git::odb::tree;
use crate::git::odb::tree::Mode;

/// Something that is looked for, in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Position among the wanted blobs; after these come the wanted names, and one for all submodules.
    pub(super) blob: u32,
    pub(super) mode: Mode,
    pub(super) name: u32,
}

/// A directory in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) child: u32,
    pub(super) name: u32,
}

/// What all workers look for.
pub(super) struct Targets<'t> {
    numbers: &'t Numbers,
    wanted: &'t [Oid],
    sought: &'t Sought,
    /// Per number: whether it is that of a wanted blob. Most entries end here.
    is_wanted: Vec<u64>,
    /// Numbers of wanted blobs with their position among these, sorted.
    positions: Vec<(u32, u32)>,
}

impl<'t> Targets<'t> {
    /// `wanted` are the blobs of `sought`, sorted.
    pub(super) fn new(numbers: &'t Numbers, wanted: &'t [Oid], sought: &'t Sought) -> Targets<'t> {
        let mut is_wanted = vec![0u64; (numbers.len() as usize).div_ceil(64)];
        let mut positions = Vec::new();
        for (id, at) in wanted.iter().zip(0..) {
            if let Some(number) = numbers.find(id.as_bytes()) {
                is_wanted[number as usize / 64] |= 1 << (number % 64);
                positions.push((number, at));
            }
        }
        positions.sort_unstable();
        Targets { numbers, wanted, sought, is_wanted, positions }
    }

    /// The number of the leaves that stand for the wanted name of this number.
    fn named(&self, name: u32) -> u32 {
        self.wanted.len() as u32 + name
    }

    fn is_wanted_name(&self, name: u32) -> bool {
        (name as usize) < self.sought.names.len()
    }

    /// The position among the wanted blobs of the one with this id and number.
    fn position(&self, id: &[u8], number: Option<u32>) -> Option<u32> {
        let Some(number) = number else {
            return self.wanted.binary_search_by(|wanted| wanted.as_bytes().cmp(id)).ok().map(|at| at as u32);
        };
        if self.is_wanted[number as usize / 64] >> (number % 64) & 1 == 0 {
            return None;
        }
        let at = self.positions.binary_search_by_key(&number, |(number, _)| *number).ok()?;
        Some(self.positions[at].1)
    }
}

/// What is worth a note about an entry.
#[derive(Clone, Copy)]
pub(super) enum Note {
    Edge(Edge),
    Leaf(Leaf),
}

/// What one worker collects. Names are numbered as they come: a directory is named by thousands of trees.
pub(super) struct Collector<'t> {
    finder: Finder<'t>,
    /// (tree, number of its edges, number of its leaves), in the order of those lists.
    trees: Vec<(u32, u32, u32)>,
    edges: Vec<Edge>,
    leaves: Vec<Leaf>,
    problems: Vec<ObjectError>,
}

/// Places for numbers of ids that were found lately: about as many as stay near the processor.
const RECENT: usize = 1 << 14;

/// Turns ids into numbers.
struct Finder<'t> {
    targets: &'t Targets<'t>,
    /// By the first bytes of the id, the last one that was looked for. Trees that are stored whole repeat each
    /// other, and an index is too large to look into again for each of their entries.
    recent: Vec<Option<(Oid, u32)>>,
    has: &'t (dyn Fn(&Oid) -> bool + Sync),
    /// Trees without a number.
    unnumbered: OidMap<u32>,
    /// Whether the store has what has no number, as far as it was asked.
    asked: OidMap<bool>,
    /// The wanted names come first.
    names: HashMap<Vec<u8>, u32>,
    every_name: NameSet,
    has_submodules: bool,
}

impl<'t> Collector<'t> {
    pub(super) fn new(targets: &'t Targets<'t>, has: &'t (dyn Fn(&Oid) -> bool + Sync)) -> Collector<'t> {
        let finder = Finder {
            targets,
            recent: vec![None; RECENT],
            has,
            unnumbered: OidMap::default(),
            asked: OidMap::default(),
            names: targets.sought.names.iter().cloned().zip(0..).collect(),
            every_name: NameSet::default(),
            has_submodules: false,
        };
        Collector { finder, trees: Vec::new(), edges: Vec::new(), leaves: Vec::new(), problems: Vec::new() }
    }
}

impl Finder<'_> {
    fn number(&mut self, id: &[u8]) -> Option<u32> {
        let slot = usize::from(u16::from_le_bytes([id[0], id[1]])) % RECENT;
        if let Some((known, number)) = &self.recent[slot]
            && known.as_bytes() == id
        {
            return Some(*number);
        }
        let number = self.targets.numbers.find(id)?;
        self.recent[slot] = Oid::from_bytes(id).map(|id| (id, number));
        Some(number)
    }

    fn tree(&mut self, id: &[u8], number: Option<u32>) -> Option<u32> {
        number.or_else(|| {
            let next = self.targets.numbers.len() + self.unnumbered.len() as u32;
            Some(*self.unnumbered.entry(Oid::from_bytes(id)?).or_insert(next))
        })
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&at) = self.names.get(name) {
            return at;
        }
        let at = self.names.len() as u32;
        self.names.insert(name.to_vec(), at);
        at
    }

    fn look(&mut self, mode: Mode, name: &[u8], id: &[u8]) -> Option<Note> {
        let sought = self.targets.sought;
        if sought.every_name {
            self.every_name.add(name);
        }
        if mode == Mode::Gitlink {
            self.has_submodules = true;
            let blob = self.targets.named(sought.names.len() as u32);
            return sought.follows().then(|| Note::Leaf(Leaf { blob, mode, name: self.name(name) }));
        }
        let number = self.number(id);
        if number.is_none() {
            let id = Oid::from_bytes(id)?;
            let has = self.has;
            self.asked.entry(id).or_insert_with(|| tree::is_empty_tree(&id) || has(&id));
        }
        if !sought.follows() {
            return None;
        }
        if mode == Mode::Tree {
            let child = self.tree(id, number)?;
            return Some(Note::Edge(Edge { child, name: self.name(name) }));
        }
        if let Some(blob) = self.targets.position(id, number) {
            return Some(Note::Leaf(Leaf { blob, mode, name: self.name(name) }));
        }
        let named = || self.names.get(name).copied().filter(|&at| self.targets.is_wanted_name(at));
        let name = if sought.names.is_empty() { None } else { named() }?;
        Some(Note::Leaf(Leaf { blob: self.targets.named(name), mode, name }))
    }
}

impl Visitor for Collector<'_> {
    type State = Known<Note>;

    fn visit(
        &mut self,
        id: &Oid,
        _kind: Kind,
        data: &[u8],
        growth: Option<Growth<'_, Known<Note>>>,
    ) -> Known<Note> {
        let finder = &mut self.finder;
        let (known, malformed) =
            entries::read(data, id.as_bytes().len(), growth, |mode, name, id| finder.look(mode, name, id));
        self.problems.extend(malformed.map(|error| ObjectError::Corrupt { id: *id, why: error.to_string() }));
        if finder.targets.sought.follows() {
            let targets = finder.targets;
            let number = finder.targets.numbers.find(id.as_bytes());
            let (edges, leaves) = (self.edges.len(), self.leaves.len());
            for note in known.notes() {
                match note {
                    Note::Edge(edge) => {
                        self.edges.push(*edge);
                        if targets.is_wanted_name(edge.name) {
                            let (blob, name) = (targets.named(edge.name), edge.name);
                            self.leaves.push(Leaf { blob, mode: Mode::Tree, name });
                        }
                    }
                    Note::Leaf(leaf) => {
                        self.leaves.push(*leaf);
                        let blob = targets.named(leaf.name);
                        if targets.is_wanted_name(leaf.name) && leaf.blob != blob {
                            self.leaves.push(Leaf { blob, ..*leaf });
                        }
                    }
                }
            }
            let (edges, leaves) = (self.edges.len() - edges, self.leaves.len() - leaves);
            let tree = finder.tree(id.as_bytes(), number);
            self.trees.extend(tree.map(|tree| (tree, edges as u32, leaves as u32)));
        }
        known
    }

    fn failed(&mut self, error: ObjectError) {
        self.problems.push(error);
    }
}

/// What a worker has collected, free of what it borrowed.
pub(super) struct Collected {
    pub(super) names: Vec<Vec<u8>>,
    pub(super) unnumbered: Vec<Oid>,
    pub(super) absent: Vec<Oid>,
    pub(super) trees: Vec<(u32, u32, u32)>,
    pub(super) edges: Vec<Edge>,
    pub(super) leaves: Vec<Leaf>,
    pub(super) problems: Vec<ObjectError>,
    pub(super) every_name: NameSet,
    pub(super) has_submodules: bool,
}

impl Collected {
    pub(super) fn of(worker: Collector<'_>) -> Collected {
        let Finder { unnumbered, asked, names, every_name, has_submodules, .. } = worker.finder;
        Collected {
            names: in_order(names),
            unnumbered: in_order(unnumbered),
            absent: asked.into_iter().filter(|(_, has)| !has).map(|(id, _)| id).collect(),
            trees: worker.trees,
            edges: worker.edges,
            leaves: worker.leaves,
            problems: worker.problems,
            every_name,
            has_submodules,
        }
    }
}

/// The keys by their numbers.
fn in_order<K>(numbered: impl IntoIterator<Item = (K, u32)>) -> Vec<K> {
    let mut all: Vec<(K, u32)> = numbered.into_iter().collect();
    all.sort_unstable_by_key(|(_, number)| *number);
    all.into_iter().map(|(key, _)| key).collect()
}

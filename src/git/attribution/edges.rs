//! One pass over all trees of a store, which keeps only what leads to wanted blobs.

use std::collections::{HashMap, HashSet};

use crate::git::growth::Growth;
use crate::git::object::{Kind, ObjectError, ScanObjects, Visitor};
use crate::git::oid::Oid;
use crate::git::oid_map::OidMap;
use crate::git::tree::{self, Mode};

/// A wanted blob in a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaf {
    /// Position among the wanted blobs.
    pub(super) blob: u32,
    pub(super) mode: Mode,
    name: u32,
}

/// The trees that hold wanted blobs, somewhere below.
#[derive(Default)]
pub(super) struct TreeEdges {
    places: OidMap<u32>,
    names: Vec<Vec<u8>>,
    /// Per tree: its subtrees that hold wanted blobs, with their names.
    subtrees: Vec<Vec<(u32, u32)>>,
    /// Per tree: its wanted blobs.
    leaves: Vec<Vec<Leaf>>,
    /// Per tree: whether a wanted blob is in it or below.
    holds: Vec<bool>,
    /// Trees that could not be read, malformed ones, and missing ones that others name.
    pub(super) problems: Vec<ObjectError>,
}

impl TreeEdges {
    /// Reads every tree of the store. `wanted` must be sorted.
    pub(super) fn load(objects: &impl ScanObjects, wanted: &[Oid], threads: usize) -> TreeEdges {
        let make = || Collector::new(wanted);
        let mut edges = TreeEdges::default();
        let mut names: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut present: Vec<bool> = Vec::new();
        for worker in objects.for_each(&[Kind::Tree], threads, &make) {
            edges.merge(worker, &mut names, &mut present);
        }
        edges.names = vec![Vec::new(); names.len()];
        names.into_iter().for_each(|(name, at)| edges.names[at as usize] = name);
        let mut missing: Vec<Oid> = edges
            .places
            .iter()
            .filter(|(id, at)| !present[**at as usize] && !tree::is_empty_tree(id))
            .map(|(id, _)| *id)
            .collect();
        missing.sort_unstable();
        edges.problems.sort_by_cached_key(ToString::to_string);
        // One that was found unreadable needs no second mention.
        let known: HashSet<Oid> = edges.problems.iter().map(named_id).collect();
        let unknown = missing.into_iter().filter(|id| !known.contains(id));
        edges.problems.extend(unknown.map(|id| ObjectError::Missing { id }));
        edges.keep_what_holds();
        edges
    }

    fn place(&mut self, id: Oid, present: &mut Vec<bool>) -> u32 {
        let next = self.subtrees.len() as u32;
        let at = *self.places.entry(id).or_insert(next);
        if at == next {
            self.subtrees.push(Vec::new());
            self.leaves.push(Vec::new());
            present.push(false);
        }
        at
    }

    fn merge(&mut self, worker: Collector<'_>, names: &mut HashMap<Vec<u8>, u32>, present: &mut Vec<bool>) {
        self.problems.extend(worker.problems);
        let mut own_names: Vec<(Vec<u8>, u32)> = worker.names.into_iter().collect();
        own_names.sort_unstable_by_key(|(_, at)| *at);
        let names: Vec<u32> = own_names
            .into_iter()
            .map(|(name, _)| {
                let next = names.len() as u32;
                *names.entry(name).or_insert(next)
            })
            .collect();
        let places: Vec<u32> = worker.ids.iter().map(|id| self.place(*id, present)).collect();
        let mut edges = worker.edges.into_iter();
        let mut leaves = worker.leaves.into_iter();
        for (tree, subtrees, blobs) in worker.trees {
            let at = places[tree as usize] as usize;
            present[at] = true;
            let moved = |(child, name): (u32, u32)| (places[child as usize], names[name as usize]);
            self.subtrees[at] = edges.by_ref().take(subtrees).map(moved).collect();
            let renamed = |leaf: Leaf| Leaf { name: names[leaf.name as usize], ..leaf };
            self.leaves[at] = leaves.by_ref().take(blobs).map(renamed).collect();
        }
    }

    /// Marks the trees above wanted blobs, and forgets the edges to all others.
    fn keep_what_holds(&mut self) {
        let mut first = vec![0usize; self.subtrees.len() + 1];
        self.subtrees.iter().flatten().for_each(|(child, _)| first[*child as usize + 1] += 1);
        (1..first.len()).for_each(|at| first[at] += first[at - 1]);
        let mut fill = first.clone();
        let mut above = vec![0u32; first[self.subtrees.len()]];
        for (children, parent) in self.subtrees.iter().zip(0..) {
            for (child, _) in children {
                above[fill[*child as usize]] = parent;
                fill[*child as usize] += 1;
            }
        }
        self.holds = vec![false; self.subtrees.len()];
        let mut stack: Vec<u32> =
            (0..self.leaves.len() as u32).filter(|&at| !self.leaves[at as usize].is_empty()).collect();
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut self.holds[at as usize], true) {
                stack.extend_from_slice(&above[first[at as usize]..first[at as usize + 1]]);
            }
        }
        let holds = &self.holds;
        for subtrees in &mut self.subtrees {
            subtrees.retain(|(child, _)| holds[*child as usize]);
            subtrees.shrink_to_fit();
        }
    }

    /// How many trees there are; their places are below this number.
    pub(super) fn len(&self) -> usize {
        self.subtrees.len()
    }

    /// Where a tree is, if a wanted blob is in it or below.
    pub(super) fn holding(&self, id: &Oid) -> Option<u32> {
        self.places.get(id).copied().filter(|&at| self.holds[at as usize])
    }

    /// Whether the store has such a tree, or needs none.
    pub(super) fn knows(&self, id: &Oid) -> bool {
        self.places.contains_key(id) || tree::is_empty_tree(id)
    }

    /// The subtrees above wanted blobs, with their names.
    pub(super) fn subtrees(&self, at: u32) -> impl Iterator<Item = (u32, &[u8])> {
        self.subtrees[at as usize].iter().map(|(child, name)| (*child, self.names[*name as usize].as_slice()))
    }

    /// The wanted blobs right in this tree, with their names.
    pub(super) fn leaves(&self, at: u32) -> impl Iterator<Item = (Leaf, &[u8])> {
        self.leaves[at as usize].iter().map(|leaf| (*leaf, self.names[leaf.name as usize].as_slice()))
    }
}

/// The object that an error is about.
pub(super) fn named_id(error: &ObjectError) -> Oid {
    match error {
        ObjectError::Missing { id } | ObjectError::Corrupt { id, .. } | ObjectError::TooLarge { id, .. } => {
            *id
        }
    }
}

/// What one worker collects. Ids and names are numbered as they come: a directory is named by
/// thousands of trees.
struct Collector<'w> {
    wanted: &'w [Oid],
    /// Which first two bytes wanted ids have; most entries end here.
    heads: Vec<u64>,
    ids: Vec<Oid>,
    places: OidMap<u32>,
    names: HashMap<Vec<u8>, u32>,
    /// (tree, number of its edges, number of its leaves), in the order of those lists.
    trees: Vec<(u32, usize, usize)>,
    edges: Vec<(u32, u32)>,
    leaves: Vec<Leaf>,
    problems: Vec<ObjectError>,
}

impl<'w> Collector<'w> {
    fn new(wanted: &'w [Oid]) -> Collector<'w> {
        let mut heads = vec![0u64; 1024];
        for id in wanted {
            let head = head(id.as_bytes());
            heads[head / 64] |= 1 << (head % 64);
        }
        Collector {
            wanted,
            heads,
            ids: Vec::new(),
            places: OidMap::default(),
            names: HashMap::new(),
            trees: Vec::new(),
            edges: Vec::new(),
            leaves: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn place(&mut self, id: Oid) -> u32 {
        let next = self.ids.len() as u32;
        let at = *self.places.entry(id).or_insert(next);
        if at == next {
            self.ids.push(id);
        }
        at
    }

    fn name(&mut self, name: &[u8]) -> u32 {
        if let Some(&at) = self.names.get(name) {
            return at;
        }
        let at = self.names.len() as u32;
        self.names.insert(name.to_vec(), at);
        at
    }

    fn wanted(&self, id: &[u8]) -> Option<u32> {
        let head = head(id);
        if self.heads[head / 64] >> (head % 64) & 1 == 0 {
            return None;
        }
        let at = self.wanted.binary_search_by(|wanted| wanted.as_bytes().cmp(id)).ok()?;
        Some(at as u32)
    }
}

fn head(id: &[u8]) -> usize {
    usize::from(id[0]) << 8 | usize::from(id[1])
}

impl Visitor for Collector<'_> {
    type State = ();

    fn visit(&mut self, id: &Oid, _kind: Kind, data: &[u8], _growth: Option<Growth<'_, ()>>) {
        let tree = self.place(*id);
        let (edges, leaves) = (self.edges.len(), self.leaves.len());
        let mut entries = tree::entries(data, id.as_bytes().len());
        while let Some(entry) = entries.next_raw() {
            match entry {
                Ok((Mode::Tree, name, child)) => {
                    if let Some(child) = Oid::from_bytes(child) {
                        let edge = (self.place(child), self.name(name));
                        self.edges.push(edge);
                    }
                }
                Ok((mode, name, blob)) if mode.is_blob() => {
                    if let Some(blob) = self.wanted(blob) {
                        let name = self.name(name);
                        self.leaves.push(Leaf { blob, mode, name });
                    }
                }
                Ok(_) => {}
                Err(error) => self.problems.push(ObjectError::Corrupt { id: *id, why: error.to_string() }),
            }
        }
        self.trees.push((tree, self.edges.len() - edges, self.leaves.len() - leaves));
    }

    fn failed(&mut self, error: ObjectError) {
        self.problems.push(error);
    }
}

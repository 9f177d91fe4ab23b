//! An index of all trees of a store, built in one pass: the objects that trees name and the store does not contain, and
//! the directories on the paths to the targets of a [`Query`]. All other entries are dropped.
//!
//! Targets have numbers: the queried blobs in the order of their ids, then the queried names, then one number for all
//! submodules.

use std::collections::{HashMap, HashSet};

use super::collect::{Collected, Collector, Edge, Leaf, TargetMatcher};
use super::entry_kinds::EntryKinds;
use super::entry_names::NameSet;
use super::query::{Container, Query};
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::object::{Kind, ObjectError, not_a_file, not_a_tree};
use crate::git::odb::object_numbers::ObjectNumbers;
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;
use crate::git::odb::tree;
use crate::git::odb::visitor::ScanObjects;

/// In place of the index of a tree that was not read.
const NO_TREE: u32 = u32::MAX;

/// The trees of a store that contain targets of a query, and the objects that are missing from the store.
///
/// Trees are addressed by their index, from 0 to `TreeIndex::len`, in the order in which they were read.
#[derive(Default)]
pub(crate) struct TreeIndex {
    /// The queried blobs, sorted.
    blobs: Vec<Oid>,
    /// The number of queried names.
    name_count: usize,
    has_paths: bool,
    all_names: NameSet,
    has_submodules: bool,
    numbers: ObjectNumbers,
    /// Numbers of trees that have none in `numbers`; they follow those.
    unnumbered: OidMap<u32>,
    /// Per number: the index of that tree, or [`NO_TREE`] if it was not read.
    indices: Vec<u32>,
    /// Per number: whether another tree has it as a subtree.
    is_subtree: Vec<bool>,
    names: Vec<Vec<u8>>,
    /// Per tree, with one more at the end: the start of its subtrees in `edges`.
    first_edges: Vec<u32>,
    /// Subtrees that contain targets, at any depth.
    edges: Vec<Edge>,
    /// Per tree, with one more at the end: the start of its leaves in `leaves`.
    first_leaves: Vec<u32>,
    leaves: Vec<Leaf>,
    /// Per tree: whether it contains a target, at any depth.
    has_target: Vec<bool>,
    absent: Vec<Oid>,
    kinds: EntryKinds,
    /// Trees that could not be read, malformed trees, and missing trees that others name.
    pub(super) problems: Vec<ObjectError>,
}

/// An object that an entry or commit lists as what it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misused {
    pub(crate) error: ObjectError,
    /// Whether it is listed as a tree; else as a file.
    pub(crate) is_used_as_tree: bool,
}

/// The result of looking up a tree.
pub(super) enum Lookup {
    /// It contains a target, at any depth. The number is its index.
    Found(u32),
    /// It contains no target: the store contains the tree, another tree names it (a missing subtree is reported in
    /// `problems`), or it is the empty tree, which need not be stored.
    NoMatch,
    /// No tree of the store has this id, and none names it.
    Unknown,
}

impl TreeIndex {
    /// Reads every tree of the store with `threads` threads.
    pub(crate) fn load(objects: &impl ScanObjects, query: &Query, threads: usize) -> TreeIndex {
        let mut blobs: Vec<Oid> = query.blobs.iter().copied().collect();
        blobs.sort_unstable();
        let numbers = objects.object_numbers();
        let matcher = TargetMatcher::new(&numbers, &blobs, query);
        let is_stored = |id: &Oid| objects.contains(id);
        let workers = objects.for_each(&[Kind::Tree], threads, &|| Collector::new(&matcher, &is_stored));
        let (name_count, has_paths) = (query.names.len(), query.has_targets());
        let mut trees = TreeIndex { name_count, has_paths, ..TreeIndex::default() };
        trees.merge(workers.into_iter().map(Collected::from).collect(), &numbers);
        (trees.numbers, trees.blobs) = (numbers, blobs);
        trees.absent.sort_unstable();
        trees.absent.dedup();
        if trees.has_paths {
            trees.add_missing_trees();
            trees.prune();
        }
        trees
    }

    /// Returns the trees and blobs that stored trees and commits name and the store does not contain. Unreachable trees
    /// may name objects that `git prune` has removed. Before an object is reported as missing,
    /// [`attribute`](super::attribute) must show that a commit contains it.
    pub(crate) fn absent(&self, objects: &impl ScanObjects, graph: &CommitGraph) -> HashSet<Oid> {
        let roots = (0..graph.len() as u32).map(|rank| graph.tree(rank));
        let is_absent = |root: &Oid| {
            self.numbers.find(root.as_bytes()).is_none()
                && !tree::is_empty_tree(root)
                && !objects.contains(root)
        };
        self.absent.iter().copied().chain(roots.filter(is_absent)).collect()
    }

    /// Returns the trees that entries list as files, and the stored objects that entries and commits list as trees and
    /// that are none; sorted by id. What could not be read is not among them.
    pub(crate) fn misused(&self, graph: &CommitGraph) -> Vec<Misused> {
        let roots = (0..graph.len() as u32).filter_map(|rank| self.numbers.find(graph.tree(rank).as_bytes()));
        let mut as_trees: Vec<u32> = roots.filter(|&number| !self.kinds.is_tree(number)).collect();
        as_trees.extend(self.kinds.others_used_as_trees());
        as_trees.sort_unstable();
        as_trees.dedup();
        let is_read = |error: &&ObjectError| matches!(error, ObjectError::Missing { .. });
        let unreadable: HashSet<&Oid> =
            self.problems.iter().filter(|error| !is_read(error)).map(ObjectError::id).collect();
        let id = |number: u32| self.numbers.id(number).filter(|id| !unreadable.contains(id));
        let as_files = self.kinds.trees_used_as_files().filter_map(id);
        let mut misused: Vec<Misused> =
            as_files.map(|id| Misused { error: not_a_file(id), is_used_as_tree: false }).collect();
        let as_trees = as_trees.into_iter().filter_map(id);
        misused.extend(as_trees.map(|id| Misused { error: not_a_tree(id), is_used_as_tree: true }));
        misused.sort_unstable_by_key(|misused| *misused.error.id());
        misused
    }

    fn merge(&mut self, workers: Vec<Collected>, numbers: &ObjectNumbers) {
        let mut names: HashMap<Vec<u8>, u32> = HashMap::new();
        for mut worker in workers {
            self.problems.append(&mut worker.problems);
            self.absent.append(&mut worker.absent);
            self.all_names.merge(worker.all_names);
            self.kinds.merge(worker.kinds);
            self.has_submodules |= worker.has_submodules;
            let name_numbers: Vec<u32> = worker
                .names
                .into_iter()
                .map(|name| {
                    let next = names.len() as u32;
                    *names.entry(name).or_insert(next)
                })
                .collect();
            let tree_numbers: Vec<u32> = worker
                .unnumbered
                .into_iter()
                .map(|id| {
                    let next = numbers.len() + self.unnumbered.len() as u32;
                    *self.unnumbered.entry(id).or_insert(next)
                })
                .collect();
            let number = |own: u32| match own.checked_sub(numbers.len()) {
                Some(at) => tree_numbers[at as usize],
                None => own,
            };
            worker.edges.iter_mut().for_each(|edge| {
                *edge = Edge { child: number(edge.child), name: name_numbers[edge.name as usize] };
            });
            worker.leaves.iter_mut().for_each(|leaf| leaf.name = name_numbers[leaf.name as usize]);
            self.indices.resize(numbers.len() as usize + self.unnumbered.len(), NO_TREE);
            let (mut edges, mut leaves) = (self.edges.len() as u32, self.leaves.len() as u32);
            for (tree, own_edges, own_leaves) in worker.trees {
                self.indices[number(tree) as usize] = self.first_edges.len() as u32;
                self.first_edges.push(edges);
                self.first_leaves.push(leaves);
                edges += own_edges;
                leaves += own_leaves;
            }
            // The lists of the first worker are the longest. They are moved, not copied.
            append(&mut self.edges, worker.edges);
            append(&mut self.leaves, worker.leaves);
        }
        self.first_edges.push(self.edges.len() as u32);
        self.first_leaves.push(self.leaves.len() as u32);
        self.names = vec![Vec::new(); names.len()];
        names.into_iter().for_each(|(name, at)| self.names[at as usize] = name);
    }

    /// Adds a problem for each subtree that was not read, unless there is one for it already.
    fn add_missing_trees(&mut self) {
        self.is_subtree = vec![false; self.indices.len()];
        self.edges.iter().for_each(|edge| self.is_subtree[edge.child as usize] = true);
        let unread = |(number, &index): (u32, &u32)| {
            (index == NO_TREE && self.is_subtree[number as usize]).then(|| self.numbers.id(number)).flatten()
        };
        let unnumbered = self.unnumbered.iter().filter(|(_, at)| self.indices[**at as usize] == NO_TREE);
        let mut missing: Vec<Oid> = (0..).zip(&self.indices).filter_map(unread).collect();
        missing.extend(unnumbered.map(|(id, _)| *id));
        missing.retain(|id| !tree::is_empty_tree(id));
        missing.sort_unstable();
        self.problems.sort_by_cached_key(ToString::to_string);
        let reported: HashSet<Oid> = self.problems.iter().map(|error| *error.id()).collect();
        let unreported = missing.into_iter().filter(|id| !reported.contains(id));
        self.problems.extend(unreported.map(|id| ObjectError::Missing { id }));
    }

    /// Finds the trees that contain targets, and removes the edges to all others. From here on, edges refer to trees by
    /// index instead of by number.
    fn prune(&mut self) {
        let trees = self.first_edges.len() - 1;
        let children: Vec<u32> = self.edges.iter().map(|edge| self.indices[edge.child as usize]).collect();
        let mut first_parents = vec![0u32; trees + 1];
        children
            .iter()
            .filter(|child| **child != NO_TREE)
            .for_each(|&child| first_parents[child as usize + 1] += 1);
        (1..first_parents.len()).for_each(|at| first_parents[at] += first_parents[at - 1]);
        let mut fill = first_parents.clone();
        let mut parents = vec![0u32; first_parents[trees] as usize];
        for parent in 0..trees {
            let edges = self.first_edges[parent] as usize..self.first_edges[parent + 1] as usize;
            for &child in children[edges].iter().filter(|child| **child != NO_TREE) {
                parents[fill[child as usize] as usize] = parent as u32;
                fill[child as usize] += 1;
            }
        }
        self.has_target = vec![false; trees];
        let mut stack: Vec<u32> = (0..trees)
            .filter(|&at| self.first_leaves[at] < self.first_leaves[at + 1])
            .map(|at| at as u32)
            .collect();
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut self.has_target[at as usize], true) {
                stack.extend_from_slice(
                    &parents[first_parents[at as usize] as usize..first_parents[at as usize + 1] as usize],
                );
            }
        }
        let mut kept = 0;
        for parent in 0..trees {
            let edges = self.first_edges[parent] as usize..self.first_edges[parent + 1] as usize;
            self.first_edges[parent] = kept as u32;
            for at in edges {
                let child = children[at];
                if child != NO_TREE && self.has_target[child as usize] {
                    self.edges[kept] = Edge { child, ..self.edges[at] };
                    kept += 1;
                }
            }
        }
        self.first_edges[trees] = kept as u32;
        self.edges.truncate(kept);
        self.edges.shrink_to_fit();
    }

    /// Returns the names of all tree entries, sorted, except those too short to contain a secret. Empty unless
    /// [`Query::all_names`] is set.
    pub(crate) fn all_names(&self) -> Vec<&[u8]> {
        self.all_names.sorted()
    }

    /// Whether any tree contains a submodule.
    pub(crate) fn has_submodules(&self) -> bool {
        self.has_submodules
    }

    /// Whether the index has the paths of targets, submodules among them.
    pub(crate) fn has_paths(&self) -> bool {
        self.has_paths
    }

    /// The number of targets: blobs, names, and one for all submodules.
    pub(super) fn target_count(&self) -> usize {
        if self.has_paths { self.blobs.len() + self.name_count + 1 } else { 0 }
    }

    /// The target number of a blob; `None` if it was not queried.
    pub(super) fn blob_target(&self, blob: &Oid) -> Option<u32> {
        self.blobs.binary_search(blob).ok().map(|at| at as u32)
    }

    /// The target number of a blob or name; `None` if it was not queried.
    pub(super) fn target(&self, container: Container) -> Option<u32> {
        match container {
            Container::Blob(id) => self.blob_target(&id),
            Container::Name(at) => (at < self.name_count).then(|| (self.blobs.len() + at) as u32),
        }
    }

    /// The blob or name with this target number; `None` for submodules.
    pub(super) fn container(&self, target: u32) -> Option<Container> {
        let target = target as usize;
        match self.blobs.get(target) {
            Some(blob) => Some(Container::Blob(*blob)),
            None => Some(target - self.blobs.len()).filter(|&at| at < self.name_count).map(Container::Name),
        }
    }

    fn number(&self, id: &Oid) -> Option<u32> {
        self.numbers.find(id.as_bytes()).or_else(|| self.unnumbered.get(id).copied())
    }

    /// The number of trees. The index of each is below it.
    pub(super) fn len(&self) -> usize {
        self.has_target.len()
    }

    /// Looks up a tree by its id.
    pub(super) fn lookup(&self, id: &Oid) -> Lookup {
        if !self.has_paths {
            return Lookup::Unknown;
        }
        let Some(number) = self.number(id).map(|number| number as usize) else {
            return if tree::is_empty_tree(id) { Lookup::NoMatch } else { Lookup::Unknown };
        };
        match self.indices.get(number) {
            Some(&index) if index != NO_TREE && self.has_target[index as usize] => Lookup::Found(index),
            Some(&index) if index != NO_TREE || self.is_subtree[number] || tree::is_empty_tree(id) => {
                Lookup::NoMatch
            }
            _ => Lookup::Unknown,
        }
    }

    /// The index of a tree that contains a target, at any depth.
    pub(super) fn find(&self, id: &Oid) -> Option<u32> {
        match self.lookup(id) {
            Lookup::Found(index) => Some(index),
            Lookup::NoMatch | Lookup::Unknown => None,
        }
    }

    /// Whether the id is known to be that of a tree: the lookup of any other object is [`Lookup::Unknown`].
    pub(super) fn contains(&self, id: &Oid) -> bool {
        !matches!(self.lookup(id), Lookup::Unknown)
    }

    /// The subtrees of this tree that contain targets, at any depth.
    pub(super) fn subtrees(&self, tree: u32) -> impl Iterator<Item = Edge> {
        let edges = self.first_edges[tree as usize] as usize..self.first_edges[tree as usize + 1] as usize;
        self.edges[edges].iter().copied()
    }

    /// The entries of this tree that are targets.
    pub(super) fn leaves(&self, tree: u32) -> impl Iterator<Item = Leaf> {
        let leaves = self.first_leaves[tree as usize] as usize..self.first_leaves[tree as usize + 1] as usize;
        self.leaves[leaves].iter().copied()
    }

    /// The trees with targets, at any depth, that are no subtrees of others and none of `roots`.
    pub(super) fn unreferenced_trees(&self, roots: impl Iterator<Item = Oid>) -> Vec<u32> {
        let mut is_referenced = vec![false; self.len()];
        let below = self.edges.iter().map(|edge| edge.child);
        let referenced = below.chain(roots.filter_map(|root| self.find(&root)));
        referenced.for_each(|tree| is_referenced[tree as usize] = true);
        let all = 0..self.len() as u32;
        all.filter(|&tree| self.has_target[tree as usize] && !is_referenced[tree as usize]).collect()
    }

    /// The targets in this tree, at any depth, without duplicates.
    pub(super) fn targets_below(&self, tree: u32) -> Vec<u32> {
        let mut seen = vec![false; self.len()];
        let mut targets = Vec::new();
        let mut stack = vec![tree];
        while let Some(tree) = stack.pop() {
            if !std::mem::replace(&mut seen[tree as usize], true) {
                targets.extend(self.leaves(tree).map(|leaf| leaf.target));
                stack.extend(self.subtrees(tree).map(|edge| edge.child));
            }
        }
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// The names of entries in the index, with their numbers.
    pub(super) fn names(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..).zip(self.names.iter().map(Vec::as_slice))
    }

    /// The name with this number. No two numbers have the same name.
    pub(super) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }
}

/// Appends `more` to `all`; moves it if `all` is empty.
fn append<T>(all: &mut Vec<T>, more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.extend(more);
    }
}

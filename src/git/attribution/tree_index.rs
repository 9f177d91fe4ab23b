//! All trees of a store after one pass over them: which objects they name and the store lacks, and what leads
//! to wanted blobs. Everything else is forgotten.

use std::collections::{HashMap, HashSet};

use super::collect::{Collected, Collector, Edge, Leaf, Targets};
use super::entry_names::NameSet;
use super::occurrences::Holder;
use crate::git::commits::graph::CommitGraph;
use crate::git::odb::numbers::Numbers;
use crate::git::odb::object::{Kind, ObjectError, ScanObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;
use crate::git::odb::tree;

/// No tree.
const NONE: u32 = u32::MAX;

/// What is looked for in the trees of a store.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// Blobs.
    pub blobs: HashSet<Oid>,
    /// Names of entries, each once.
    pub names: Vec<Vec<u8>>,
    /// Whether submodules are looked for; where anything else is, they are too.
    pub submodules: bool,
    /// Whether all names are wanted that are long enough to be more than a name.
    pub every_name: bool,
}

impl Sought {
    /// Only these blobs.
    pub fn blobs(blobs: HashSet<Oid>) -> Sought {
        Sought { blobs, ..Sought::default() }
    }

    /// Whether paths to anything are to be remembered.
    pub(crate) fn follows(&self) -> bool {
        self.submodules || !self.blobs.is_empty() || !self.names.is_empty()
    }
}

/// All trees of a store, as far as they lead to wanted blobs, and what is missing in them.
#[derive(Default)]
pub struct Trees {
    pub(crate) wanted: Vec<Oid>,
    /// How many names are looked for besides.
    pub(crate) wanted_names: usize,
    follows: bool,
    every_name: NameSet,
    has_submodules: bool,
    numbers: Numbers,
    /// Trees without a number of their own: numbered on from there.
    unnumbered: OidMap<u32>,
    /// Per number: the place of that tree, if it was read.
    places: Vec<u32>,
    /// Per number: whether a tree of wanted ones names it as a subtree.
    named: Vec<bool>,
    names: Vec<Vec<u8>>,
    /// Per place, and one more at the end: where its edges begin.
    first_edges: Vec<u32>,
    /// Subtrees that hold something wanted.
    edges: Vec<Edge>,
    /// Per place, and one more at the end: where its leaves begin.
    first_leaves: Vec<u32>,
    leaves: Vec<Leaf>,
    /// Per place: whether something wanted is in it or below.
    holds: Vec<bool>,
    absent: Vec<Oid>,
    /// Trees that could not be read, malformed ones, and missing ones that others name.
    pub(crate) problems: Vec<ObjectError>,
}

/// What is known of a tree.
pub(crate) enum Standing {
    /// A wanted blob is in it, or below; it is at this place.
    Holds(u32),
    /// The store has it, or names it, or needs no such tree; no wanted blob is there.
    HoldsNone,
    /// Nothing.
    Unknown,
}

impl Trees {
    /// Reads every tree of the store.
    pub fn load(objects: &impl ScanObjects, sought: &Sought, threads: usize) -> Trees {
        let mut blobs: Vec<Oid> = sought.blobs.iter().copied().collect();
        blobs.sort_unstable();
        let numbers = objects.numbers();
        let targets = Targets::new(&numbers, &blobs, sought);
        let has = |id: &Oid| objects.has(id);
        let workers = objects.for_each(&[Kind::Tree], threads, &|| Collector::new(&targets, &has));
        let (wanted_names, follows) = (sought.names.len(), sought.follows());
        let mut trees = Trees { wanted_names, follows, ..Trees::default() };
        trees.merge(workers.into_iter().map(Collected::of).collect(), &numbers);
        (trees.numbers, trees.wanted) = (numbers, blobs);
        trees.absent.sort_unstable();
        trees.absent.dedup();
        if trees.follows {
            trees.note_missing();
            trees.keep_what_holds();
        }
        trees
    }

    /// The trees and blobs that stored trees and commits name and the store lacks. Trees that nothing refers to
    /// may name objects that git has rightly pruned: whoever reports one as missing asks
    /// [`attribute`](super::attribute) first whether a commit has it.
    pub fn absent(&self, objects: &impl ScanObjects, graph: &CommitGraph) -> HashSet<Oid> {
        let roots = (0..graph.len() as u32).map(|rank| graph.tree(rank));
        let lacks = |root: &Oid| {
            self.numbers.find(root.as_bytes()).is_none() && !tree::is_empty_tree(root) && !objects.has(root)
        };
        self.absent.iter().copied().chain(roots.filter(lacks)).collect()
    }

    fn merge(&mut self, workers: Vec<Collected>, numbers: &Numbers) {
        let mut names: HashMap<Vec<u8>, u32> = HashMap::new();
        for mut worker in workers {
            self.problems.append(&mut worker.problems);
            self.absent.append(&mut worker.absent);
            self.every_name.join(worker.every_name);
            self.has_submodules |= worker.has_submodules;
            let renamed: Vec<u32> = worker
                .names
                .into_iter()
                .map(|name| {
                    let next = names.len() as u32;
                    *names.entry(name).or_insert(next)
                })
                .collect();
            let renumbered: Vec<u32> = worker
                .unnumbered
                .into_iter()
                .map(|id| {
                    let next = numbers.len() + self.unnumbered.len() as u32;
                    *self.unnumbered.entry(id).or_insert(next)
                })
                .collect();
            let number = |own: u32| match own.checked_sub(numbers.len()) {
                Some(at) => renumbered[at as usize],
                None => own,
            };
            worker.edges.iter_mut().for_each(|edge| {
                *edge = Edge { child: number(edge.child), name: renamed[edge.name as usize] };
            });
            worker.leaves.iter_mut().for_each(|leaf| leaf.name = renamed[leaf.name as usize]);
            self.places.resize(numbers.len() as usize + self.unnumbered.len(), NONE);
            let (mut edges, mut leaves) = (self.edges.len() as u32, self.leaves.len() as u32);
            for (tree, own_edges, own_leaves) in worker.trees {
                self.places[number(tree) as usize] = self.first_edges.len() as u32;
                self.first_edges.push(edges);
                self.first_leaves.push(leaves);
                edges += own_edges;
                leaves += own_leaves;
            }
            // The first worker's lists are the longest: nothing is copied for them.
            join(&mut self.edges, worker.edges);
            join(&mut self.leaves, worker.leaves);
        }
        self.first_edges.push(self.edges.len() as u32);
        self.first_leaves.push(self.leaves.len() as u32);
        self.names = vec![Vec::new(); names.len()];
        names.into_iter().for_each(|(name, at)| self.names[at as usize] = name);
    }

    /// Adds a problem for each subtree that was not read, unless it has one already.
    fn note_missing(&mut self) {
        self.named = vec![false; self.places.len()];
        self.edges.iter().for_each(|edge| self.named[edge.child as usize] = true);
        let unread = |(number, &place): (u32, &u32)| {
            (place == NONE && self.named[number as usize]).then(|| self.numbers.id(number)).flatten()
        };
        let unnumbered = self.unnumbered.iter().filter(|(_, at)| self.places[**at as usize] == NONE);
        let mut missing: Vec<Oid> = (0..).zip(&self.places).filter_map(unread).collect();
        missing.extend(unnumbered.map(|(id, _)| *id));
        missing.retain(|id| !tree::is_empty_tree(id));
        missing.sort_unstable();
        self.problems.sort_by_cached_key(ToString::to_string);
        // One that was found unreadable needs no second mention.
        let known: HashSet<Oid> = self.problems.iter().map(named_id).collect();
        let unknown = missing.into_iter().filter(|id| !known.contains(id));
        self.problems.extend(unknown.map(|id| ObjectError::Missing { id }));
    }

    /// Marks the trees above wanted blobs, and forgets the edges to all others. Edges lead to places from here on.
    fn keep_what_holds(&mut self) {
        let trees = self.first_edges.len() - 1;
        let children = |edges: &[Edge]| edges.iter().map(|edge| self.places[edge.child as usize]).collect();
        let children: Vec<u32> = children(&self.edges);
        let mut first = vec![0u32; trees + 1];
        children.iter().filter(|child| **child != NONE).for_each(|&child| first[child as usize + 1] += 1);
        (1..first.len()).for_each(|at| first[at] += first[at - 1]);
        let mut fill = first.clone();
        let mut above = vec![0u32; first[trees] as usize];
        for parent in 0..trees {
            let edges = self.first_edges[parent] as usize..self.first_edges[parent + 1] as usize;
            for &child in children[edges].iter().filter(|child| **child != NONE) {
                above[fill[child as usize] as usize] = parent as u32;
                fill[child as usize] += 1;
            }
        }
        self.holds = vec![false; trees];
        let mut stack: Vec<u32> = (0..trees)
            .filter(|&at| self.first_leaves[at] < self.first_leaves[at + 1])
            .map(|at| at as u32)
            .collect();
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut self.holds[at as usize], true) {
                stack.extend_from_slice(&above[first[at as usize] as usize..first[at as usize + 1] as usize]);
            }
        }
        let mut kept = 0;
        for parent in 0..trees {
            let edges = self.first_edges[parent] as usize..self.first_edges[parent + 1] as usize;
            self.first_edges[parent] = kept as u32;
            for at in edges {
                let child = children[at];
                if child != NONE && self.holds[child as usize] {
                    self.edges[kept] = Edge { child, ..self.edges[at] };
                    kept += 1;
                }
            }
        }
        self.first_edges[trees] = kept as u32;
        self.edges.truncate(kept);
        self.edges.shrink_to_fit();
    }

    /// Every name that is long enough to be more than a name, sorted, if these were asked for.
    pub fn every_name(&self) -> Vec<&[u8]> {
        self.every_name.sorted()
    }

    /// Whether any tree has a submodule.
    pub fn has_submodules(&self) -> bool {
        self.has_submodules
    }

    /// Whether paths were remembered, those of submodules among them.
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// How many things are looked for: blobs, names, and all submodules as one.
    pub(crate) fn targets(&self) -> usize {
        if self.follows { self.wanted.len() + self.wanted_names + 1 } else { 0 }
    }

    fn number(&self, id: &Oid) -> Option<u32> {
        self.numbers.find(id.as_bytes()).or_else(|| self.unnumbered.get(id).copied())
    }

    /// How many trees there are; their places are below this number.
    pub(crate) fn len(&self) -> usize {
        self.holds.len()
    }

    /// What is known of a tree.
    pub(crate) fn standing(&self, id: &Oid) -> Standing {
        if !self.follows {
            return Standing::Unknown;
        }
        let Some(number) = self.number(id).map(|number| number as usize) else {
            return if tree::is_empty_tree(id) { Standing::HoldsNone } else { Standing::Unknown };
        };
        match self.places.get(number) {
            Some(&place) if place != NONE && self.holds[place as usize] => Standing::Holds(place),
            Some(&place) if place != NONE || self.named[number] || tree::is_empty_tree(id) => {
                Standing::HoldsNone
            }
            _ => Standing::Unknown,
        }
    }

    /// Where a tree is, if a wanted blob is in it or below.
    pub(crate) fn holding(&self, id: &Oid) -> Option<u32> {
        match self.standing(id) {
            Standing::Holds(at) => Some(at),
            Standing::HoldsNone | Standing::Unknown => None,
        }
    }

    /// Whether the store has such a tree, or needs none.
    pub(crate) fn knows(&self, id: &Oid) -> bool {
        !matches!(self.standing(id), Standing::Unknown)
    }

    /// The subtrees above wanted blobs, with the numbers of their names.
    pub(crate) fn subtrees(&self, at: u32) -> impl Iterator<Item = (u32, u32)> {
        let edges = self.first_edges[at as usize] as usize..self.first_edges[at as usize + 1] as usize;
        self.edges[edges].iter().map(|edge| (edge.child, edge.name))
    }

    /// The trees with something wanted in them or below that no other tree has, and that are none of `roots`.
    pub(crate) fn tops(&self, roots: impl Iterator<Item = Oid>) -> Vec<u32> {
        let mut is_known = vec![false; self.len()];
        let below = self.edges.iter().map(|edge| edge.child);
        below.chain(roots.filter_map(|root| self.holding(&root))).for_each(|at| is_known[at as usize] = true);
        (0..self.len() as u32).filter(|&at| self.holds[at as usize] && !is_known[at as usize]).collect()
    }

    /// The wanted blobs right in this tree, with the numbers of their names.
    pub(crate) fn leaves(&self, at: u32) -> impl Iterator<Item = (Leaf, u32)> {
        let leaves = self.first_leaves[at as usize] as usize..self.first_leaves[at as usize + 1] as usize;
        self.leaves[leaves].iter().map(|leaf| (*leaf, leaf.name))
    }

    /// The number of the leaves that stand for a holder; `None` for what was not asked for.
    pub(crate) fn leaf_number(&self, holder: Holder) -> Option<u32> {
        match holder {
            Holder::Blob(id) => self.wanted.binary_search(&id).ok().map(|at| at as u32),
            Holder::Name(at) => (at < self.wanted_names).then(|| (self.wanted.len() + at) as u32),
        }
    }

    /// The names of all entries that are remembered, with their numbers.
    pub(crate) fn names(&self) -> impl Iterator<Item = (u32, &[u8])> {
        (0..).zip(self.names.iter().map(Vec::as_slice))
    }

    /// The name of that number. Different numbers are different names.
    pub(crate) fn name(&self, number: u32) -> &[u8] {
        &self.names[number as usize]
    }
}

/// Appends `more`, or takes it as it is where there is nothing yet.
fn join<T>(all: &mut Vec<T>, more: Vec<T>) {
    if all.is_empty() {
        *all = more;
    } else {
        all.extend(more);
    }
}

/// The object that an error is about.
pub(crate) fn named_id(error: &ObjectError) -> Oid {
    match error {
        ObjectError::Missing { id } | ObjectError::Corrupt { id, .. } | ObjectError::TooLarge { id, .. } => {
            *id
        }
    }
}

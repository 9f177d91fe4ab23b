//! All commits of a store at once, in an order that dates cannot forge.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use super::commit::Commit;
use crate::git::odb::delta_context::Growth;
use crate::git::odb::object::{Kind, ObjectError, ScanObjects, Visitor};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;

/// The commits of a store, parents before children. A commit's position in that order is its rank.
///
/// Replace refs and grafts have no say; only a shallow clone's boundary cuts parents off.
#[derive(Debug, Default)]
pub struct CommitGraph {
    ids: Vec<Oid>,
    trees: Vec<Oid>,
    /// Ranks of all parents, one commit's after the other's.
    parents: Vec<u32>,
    /// Where each commit's parents begin in `parents`; one more at the end.
    starts: Vec<usize>,
    /// Ranks whose parents are not all there, ascending.
    cut: Vec<u32>,
    ranks: OidMap<u32>,
    /// Parents that no store holds, although no shallow boundary says so. Sorted.
    pub missing: Vec<Oid>,
    /// Commits that could not be read, sorted.
    pub problems: Vec<ObjectError>,
}

/// The commits that one worker has come by, for [`CommitGraph::of`].
#[derive(Debug, Default)]
pub struct Commits {
    commits: Vec<Raw>,
    problems: Vec<ObjectError>,
}

#[derive(Debug)]
struct Raw {
    id: Oid,
    tree: Oid,
    date: i64,
    parents: Vec<Oid>,
}

impl Commits {
    /// Takes the commit `id` and returns it without its parents; `None` when its bytes do not read, which is
    /// noted.
    pub fn add<'d>(&mut self, id: &Oid, data: &'d [u8]) -> Option<Commit<'d>> {
        match Commit::parse(data) {
            Ok(mut commit) => {
                let date = commit.committer().seconds;
                let parents = std::mem::take(&mut commit.parents);
                self.commits.push(Raw { id: *id, tree: commit.tree, date, parents });
                Some(commit)
            }
            Err(error) => {
                self.problems.push(ObjectError::Corrupt { id: *id, why: error.to_string() });
                None
            }
        }
    }
}

impl Visitor for Commits {
    type State = ();

    fn visit(&mut self, id: &Oid, _kind: Kind, data: &[u8], _growth: Option<Growth<'_, ()>>) {
        self.add(id, data);
    }

    fn failed(&mut self, error: ObjectError) {
        self.problems.push(error);
    }
}

impl CommitGraph {
    /// Reads every commit of the store, reachable or not. `shallow` are the commits whose parents
    /// count as cut off.
    pub fn load(objects: &impl ScanObjects, shallow: &HashSet<Oid>, threads: usize) -> CommitGraph {
        CommitGraph::of(objects.for_each(&[Kind::Commit], threads, &Commits::default), shallow)
    }

    /// The graph of commits that were come by already.
    pub fn of(workers: impl IntoIterator<Item = Commits>, shallow: &HashSet<Oid>) -> CommitGraph {
        let mut raw: Vec<Raw> = Vec::new();
        let mut problems = Vec::new();
        for mut worker in workers {
            raw.append(&mut worker.commits);
            problems.append(&mut worker.problems);
        }
        // Workers finish in any order; from here on everything is determined by the commits alone.
        raw.sort_unstable_by_key(|commit| commit.id);
        raw.dedup_by_key(|commit| commit.id);
        let place: OidMap<u32> = raw.iter().zip(0..).map(|(commit, at)| (commit.id, at)).collect();
        let mut missing = Vec::new();
        let mut cut = vec![false; raw.len()];
        let parents: Vec<Vec<u32>> = raw
            .iter()
            .zip(&mut cut)
            .map(|(commit, cut)| {
                if shallow.contains(&commit.id) {
                    *cut = true;
                    return Vec::new();
                }
                let present = |parent: &Oid| {
                    place.get(parent).copied().or_else(|| {
                        *cut = true;
                        missing.push(*parent);
                        None
                    })
                };
                commit.parents.iter().filter_map(present).collect()
            })
            .collect();
        let dates: Vec<i64> = raw.iter().map(|commit| commit.date).collect();
        let order = parents_first(&parents, &dates);
        let mut rank = vec![0u32; raw.len()];
        order.iter().zip(0..).for_each(|(&at, to)| rank[at as usize] = to);

        let mut graph = CommitGraph { problems, ..CommitGraph::default() };
        for &at in &order {
            let at = at as usize;
            graph.starts.push(graph.parents.len());
            graph.parents.extend(parents[at].iter().map(|&parent| rank[parent as usize]));
            if cut[at] {
                graph.cut.push(graph.ids.len() as u32);
            }
            graph.ranks.insert(raw[at].id, graph.ids.len() as u32);
            graph.ids.push(raw[at].id);
            graph.trees.push(raw[at].tree);
        }
        graph.starts.push(graph.parents.len());
        graph.problems.sort_by_cached_key(ToString::to_string);
        missing.sort_unstable();
        missing.dedup();
        graph.missing = missing;
        graph
    }

    /// How many commits there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no commit at all.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// All commits, parents before children.
    pub fn ids(&self) -> &[Oid] {
        &self.ids
    }

    /// The position of a commit in [`CommitGraph::ids`]; `None` when the store has no such commit.
    pub fn rank(&self, id: &Oid) -> Option<u32> {
        self.ranks.get(id).copied()
    }

    /// The ranks of a commit's parents, as far as they are there.
    pub fn parents(&self, rank: u32) -> &[u32] {
        &self.parents[self.starts[rank as usize]..self.starts[rank as usize + 1]]
    }

    /// The root directory of a commit.
    pub fn tree(&self, rank: u32) -> Oid {
        self.trees[rank as usize]
    }

    /// Whether some of the commit's parents are not there: what it seems to introduce may be older.
    pub fn is_cut(&self, rank: u32) -> bool {
        self.cut.binary_search(&rank).is_ok()
    }

    /// For each rank, whether one of `tips` reaches it.
    pub(crate) fn reached_from(&self, tips: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut reached = vec![false; self.len()];
        let mut stack: Vec<u32> = tips.collect();
        while let Some(rank) = stack.pop() {
            if !std::mem::replace(&mut reached[rank as usize], true) {
                stack.extend_from_slice(self.parents(rank));
            }
        }
        reached
    }
}

/// Orders commits parents first (Kahn's algorithm); among those free to go the oldest date goes
/// first, then the lower position. In a cycle, which only a store that does not check its hashes
/// can show, what is left comes last.
pub(crate) fn parents_first(parents: &[Vec<u32>], dates: &[i64]) -> Vec<u32> {
    let mut waiting: Vec<u32> = parents.iter().map(|parents| parents.len() as u32).collect();
    let mut first_child = vec![0usize; parents.len() + 1];
    parents.iter().flatten().for_each(|&parent| first_child[parent as usize + 1] += 1);
    (1..first_child.len()).for_each(|at| first_child[at] += first_child[at - 1]);
    let mut fill = first_child.clone();
    let mut children = vec![0u32; first_child[parents.len()]];
    for (parents, child) in parents.iter().zip(0..) {
        for &parent in parents {
            children[fill[parent as usize]] = child;
            fill[parent as usize] += 1;
        }
    }
    let free = |at: u32| Reverse((dates[at as usize], at));
    let mut heap: BinaryHeap<Reverse<(i64, u32)>> =
        (0..parents.len() as u32).filter(|&at| waiting[at as usize] == 0).map(free).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(Reverse((_, at))) = heap.pop() {
        order.push(at);
        for &child in &children[first_child[at as usize]..first_child[at as usize + 1]] {
            waiting[child as usize] -= 1;
            if waiting[child as usize] == 0 {
                heap.push(free(child));
            }
        }
    }
    if order.len() < parents.len() {
        order.extend((0..parents.len() as u32).filter(|&at| waiting[at as usize] > 0));
    }
    order
}

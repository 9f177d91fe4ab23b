//! The graph of all commits of a store, in topological order: parents before children, even if dates are forged.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use super::commit::Commit;
use crate::git::odb::delta_context::DeltaContext;
use crate::git::odb::object::{Kind, ObjectError};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;
use crate::git::odb::visitor::ObjectVisitor;
#[cfg(test)]
use crate::git::odb::visitor::ScanObjects;

/// The commits of a store, parents before children. A commit's position in that order is its rank.
///
/// Replace refs and grafts are ignored. Only a shallow boundary removes parents.
#[derive(Debug, Default)]
pub(crate) struct CommitGraph {
    ids: Vec<Oid>,
    trees: Vec<Oid>,
    /// Ranks of the parents of all commits, in the order of the commits.
    parents: Vec<u32>,
    /// Per commit, with one more at the end: the start of its parents in `parents`.
    first_parents: Vec<usize>,
    /// Ranks of the commits with missing parents, ascending.
    incomplete: Vec<u32>,
    ranks: OidMap<u32>,
    /// Parents that the store does not contain, except those beyond a shallow boundary. Sorted.
    pub missing: Vec<Oid>,
    /// Commits that could not be read, sorted.
    pub problems: Vec<ObjectError>,
}

/// Collects the commits that one thread reads, for [`CommitGraph::from_commits`].
#[derive(Debug, Default)]
pub(crate) struct CommitCollector {
    commits: Vec<RawCommit>,
    problems: Vec<ObjectError>,
}

#[derive(Debug)]
struct RawCommit {
    id: Oid,
    tree: Oid,
    date: i64,
    parents: Vec<Oid>,
}

impl CommitCollector {
    /// Adds the commit `id` and returns it without its parents. Returns `None` and adds a problem when it is malformed.
    pub(crate) fn add<'d>(&mut self, id: &Oid, data: &'d [u8]) -> Option<Commit<'d>> {
        match Commit::parse(data) {
            Ok(mut commit) => {
                let date = commit.committer().seconds;
                let parents = std::mem::take(&mut commit.parents);
                self.commits.push(RawCommit { id: *id, tree: commit.tree, date, parents });
                Some(commit)
            }
            Err(error) => {
                self.problems.push(ObjectError::Corrupt { id: *id, why: error.to_string() });
                None
            }
        }
    }
}

impl ObjectVisitor for CommitCollector {
    type State = ();

    fn visit(&mut self, id: &Oid, _kind: Kind, data: &[u8], _delta_context: Option<DeltaContext<'_, ()>>) {
        self.add(id, data);
    }

    fn failed(&mut self, error: ObjectError) {
        self.problems.push(error);
    }
}

impl CommitGraph {
    /// Reads every commit of the store, reachable or not, with `threads` threads. `shallow` are the commits at a
    /// shallow boundary: their parents are ignored.
    #[cfg(test)]
    pub(crate) fn load(objects: &impl ScanObjects, shallow: &HashSet<Oid>, threads: usize) -> CommitGraph {
        CommitGraph::from_commits(
            objects.for_each(&[Kind::Commit], threads, &CommitCollector::default),
            shallow,
        )
    }

    /// Builds the graph of commits that were collected while reading the store. `shallow` are the commits at a shallow
    /// boundary: their parents are ignored.
    pub(crate) fn from_commits(
        workers: impl IntoIterator<Item = CommitCollector>,
        shallow: &HashSet<Oid>,
    ) -> CommitGraph {
        let mut raw: Vec<RawCommit> = Vec::new();
        let mut problems = Vec::new();
        for mut worker in workers {
            raw.append(&mut worker.commits);
            problems.append(&mut worker.problems);
        }
        // The order of the workers is arbitrary. After sorting, the result depends on the commits only.
        raw.sort_unstable_by_key(|commit| commit.id);
        raw.dedup_by_key(|commit| commit.id);
        let positions: OidMap<u32> = raw.iter().zip(0..).map(|(commit, at)| (commit.id, at)).collect();
        let mut missing = Vec::new();
        let mut incomplete = vec![false; raw.len()];
        let parents: Vec<Vec<u32>> = raw
            .iter()
            .zip(&mut incomplete)
            .map(|(commit, incomplete)| {
                if shallow.contains(&commit.id) {
                    *incomplete = true;
                    return Vec::new();
                }
                let position = |parent: &Oid| {
                    positions.get(parent).copied().or_else(|| {
                        *incomplete = true;
                        missing.push(*parent);
                        None
                    })
                };
                commit.parents.iter().filter_map(position).collect()
            })
            .collect();
        let dates: Vec<i64> = raw.iter().map(|commit| commit.date).collect();
        let order = parents_first(&parents, &dates);
        let mut rank = vec![0u32; raw.len()];
        order.iter().zip(0..).for_each(|(&at, to)| rank[at as usize] = to);

        let mut graph = CommitGraph { problems, ..CommitGraph::default() };
        for &at in &order {
            let at = at as usize;
            graph.first_parents.push(graph.parents.len());
            graph.parents.extend(parents[at].iter().map(|&parent| rank[parent as usize]));
            if incomplete[at] {
                graph.incomplete.push(graph.ids.len() as u32);
            }
            graph.ranks.insert(raw[at].id, graph.ids.len() as u32);
            graph.ids.push(raw[at].id);
            graph.trees.push(raw[at].tree);
        }
        graph.first_parents.push(graph.parents.len());
        graph.problems.sort_by_cached_key(ToString::to_string);
        missing.sort_unstable();
        missing.dedup();
        graph.missing = missing;
        graph
    }

    /// The number of commits.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// All commits, parents before children.
    pub(crate) fn ids(&self) -> &[Oid] {
        &self.ids
    }

    /// The position of a commit in [`CommitGraph::ids`]; `None` when the store does not contain it.
    pub(crate) fn rank(&self, id: &Oid) -> Option<u32> {
        self.ranks.get(id).copied()
    }

    /// The ranks of a commit's parents, without missing ones.
    pub(crate) fn parents(&self, rank: u32) -> &[u32] {
        &self.parents[self.first_parents[rank as usize]..self.first_parents[rank as usize + 1]]
    }

    /// The root tree of a commit.
    pub(crate) fn tree(&self, rank: u32) -> Oid {
        self.trees[rank as usize]
    }

    /// Whether parents of the commit are missing, so that what it seems to introduce may be older.
    pub(crate) fn has_missing_parents(&self, rank: u32) -> bool {
        self.incomplete.binary_search(&rank).is_ok()
    }

    /// For each rank, whether it is reachable from one of `tips`.
    pub(crate) fn reachable_from(&self, tips: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut is_reachable = vec![false; self.len()];
        let mut stack: Vec<u32> = tips.collect();
        while let Some(rank) = stack.pop() {
            if !std::mem::replace(&mut is_reachable[rank as usize], true) {
                stack.extend_from_slice(self.parents(rank));
            }
        }
        is_reachable
    }
}

/// Sorts commits topologically, parents first (Kahn's algorithm). Among commits whose parents are all sorted, the one
/// with the oldest date comes first, then the one with the lower position. Commits of a cycle, which can only occur in
/// a store whose hashes are not checked, come last.
pub(crate) fn parents_first(parents: &[Vec<u32>], dates: &[i64]) -> Vec<u32> {
    let mut pending_parents: Vec<u32> = parents.iter().map(|parents| parents.len() as u32).collect();
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
    let ready = |at: u32| Reverse((dates[at as usize], at));
    let mut heap: BinaryHeap<Reverse<(i64, u32)>> =
        (0..parents.len() as u32).filter(|&at| pending_parents[at as usize] == 0).map(ready).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(Reverse((_, at))) = heap.pop() {
        order.push(at);
        for &child in &children[first_child[at as usize]..first_child[at as usize + 1]] {
            pending_parents[child as usize] -= 1;
            if pending_parents[child as usize] == 0 {
                heap.push(ready(child));
            }
        }
    }
    if order.len() < parents.len() {
        order.extend((0..parents.len() as u32).filter(|&at| pending_parents[at as usize] > 0));
    }
    order
}

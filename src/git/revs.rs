//! The commits of one side that another lacks: what a push or a pull request brings.
//!
//! Read lazily, newest first by date. Dates only steer; they never decide: the walk stops early only
//! on a proof from the graph itself, else the whole excluded side is read.

use std::collections::{BinaryHeap, HashSet};
use std::time::Instant;

use super::commit::Commit;
use super::graph::parents_first;
use super::object::{Kind, ObjectError, ReadObjects};
use super::oid::Oid;
use super::oid_map::OidMap;
use super::tag::peel;

/// One commit of a [`Range`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeCommit {
    /// Its id.
    pub id: Oid,
    /// Its root directory.
    pub tree: Oid,
    /// Its parents, in the range or outside; empty at a shallow boundary.
    pub parents: Vec<Oid>,
}

/// The commits that are reachable from the included tips and from no excluded one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Parents before children, among equals the older date first.
    pub commits: Vec<RangeCommit>,
    /// Commits of the range whose parents a shallow clone left out: what they seem to bring may be
    /// old, and commits before them were not seen. Sorted.
    pub boundary: Vec<Oid>,
    /// Commits that belong to the range and could not be read. Sorted by id.
    pub missing: Vec<ObjectError>,
    /// Included tips that lead to no commit: tags of blobs and trees, peeled.
    pub others: Vec<(Oid, Kind)>,
    /// Whether the excluded side ends at a shallow boundary: the range may hold more than is new, never less.
    pub exclude_cut: bool,
    /// Commits of the excluded side that could not be read, with the same effect. Sorted by id.
    pub exclude_missing: Vec<ObjectError>,
    /// Whether time ran out: what of the range was seen so far may belong to the excluded side.
    pub out_of_time: bool,
}

/// Finds the commits of `include` that `exclude` lacks. Tips may be annotated tags; tips that lead to no
/// commit are listed apart. `shallow` are the commits whose parents count as cut off.
pub fn walk_range(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
) -> Range {
    walk_range_until(objects, shallow, exclude, include, None)
}

/// The same, given up at the `deadline`.
pub fn walk_range_until(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
    deadline: Option<Instant>,
) -> Range {
    let mut walk = Walk {
        objects,
        shallow,
        nodes: OidMap::default(),
        queue: BinaryHeap::new(),
        open: 0,
        others: Vec::new(),
    };
    let mut excluded: Vec<Oid> = exclude.iter().filter_map(|tip| walk.start(tip, true)).collect();
    for tip in include {
        walk.start(tip, false);
    }
    excluded.sort_unstable();
    excluded.dedup();
    let out_of_time = !walk.run(&excluded, deadline);
    Range { out_of_time, ..walk.finish() }
}

struct Node {
    /// What was read; `None` for a commit that could not be.
    commit: Result<Facts, ObjectError>,
    excluded: bool,
    boundary: bool,
}

struct Facts {
    tree: Oid,
    date: i64,
    parents: Vec<Oid>,
}

struct Walk<'a, O> {
    objects: &'a O,
    shallow: &'a HashSet<Oid>,
    nodes: OidMap<Node>,
    /// Commits whose parents are still to be told, newest first, with the side they were queued for.
    queue: BinaryHeap<(i64, Oid, bool)>,
    /// How many of these were queued for the included side.
    open: usize,
    /// Included tips that are no commits.
    others: Vec<(Oid, Kind)>,
}

impl<O: ReadObjects> Walk<'_, O> {
    /// Enters a tip and returns its commit; `None` when it is none.
    fn start(&mut self, tip: &Oid, excluded: bool) -> Option<Oid> {
        let id = match peel(self.objects, tip) {
            Ok((id, Kind::Commit)) => id,
            Ok(other) => {
                self.others.extend(Some(other).filter(|_| !excluded));
                return None;
            }
            // What does not read may be a tag on the way.
            Err(error) => {
                let node = Node { commit: Err(error), excluded: false, boundary: false };
                self.nodes.entry(*tip).or_insert(node);
                *tip
            }
        };
        self.mark(id, excluded);
        Some(id)
    }

    /// Notes that a side reaches `id`, and queues it where that is news.
    fn mark(&mut self, id: Oid, excluded: bool) {
        let known = self.nodes.get(&id).map(|node| node.excluded);
        match known {
            Some(was) if was || !excluded => return,
            Some(_) => {}
            None => {
                let node = self.read(&id);
                self.nodes.insert(id, node);
            }
        }
        let node = self.nodes.get_mut(&id).expect("just made sure of");
        node.excluded |= excluded;
        let date = node.commit.as_ref().map_or(0, |facts| facts.date);
        self.queue.push((date, id, excluded));
        self.open += usize::from(!excluded);
    }

    fn read(&self, id: &Oid) -> Node {
        let boundary = self.shallow.contains(id);
        let commit = self.objects.read(id).and_then(|object| {
            let corrupt = |why| ObjectError::Corrupt { id: *id, why };
            if object.kind != Kind::Commit {
                return Err(corrupt("used as a commit, but is none".to_owned()));
            }
            let commit = Commit::parse(&object.data).map_err(|error| corrupt(error.to_string()))?;
            let date = commit.committer().seconds;
            let parents = if boundary { Vec::new() } else { commit.parents };
            Ok(Facts { tree: commit.tree, date, parents })
        });
        Node { commit, excluded: false, boundary }
    }

    /// Whether it came to its end.
    fn run(&mut self, excluded_tips: &[Oid], deadline: Option<Instant>) -> bool {
        /// Commits between two looks at the clock.
        const A_WHILE: usize = 256;
        let mut steps = 0usize;
        let mut next_proof = 0usize;
        while let Some((_, id, excluded)) = self.queue.pop() {
            if steps > 0 && steps.is_multiple_of(A_WHILE) && deadline.is_some_and(|end| Instant::now() >= end)
            {
                return false;
            }
            steps += 1;
            self.open -= usize::from(!excluded);
            let node = &self.nodes[&id];
            // Queued for the included side, excluded since: the second entry does the work.
            if node.excluded == excluded {
                let parents = node.commit.as_ref().map_or(Vec::new(), |facts| facts.parents.clone());
                parents.into_iter().for_each(|parent| self.mark(parent, excluded));
            }
            if self.open == 0 && steps >= next_proof {
                if self.proved(excluded_tips) {
                    return true;
                }
                next_proof = steps * 2;
            }
        }
        true
    }

    /// Whether no commit that is still in the range can turn out to be excluded. A commit that
    /// descends from a tip is no ancestor of it, whatever lies unread.
    fn proved(&self, excluded_tips: &[Oid]) -> bool {
        if excluded_tips.len() > 64 {
            return false;
        }
        let all = u64::MAX.checked_shr(64 - excluded_tips.len() as u32).unwrap_or(0);
        let (ids, parents, order) = self.ordered();
        let place: OidMap<usize> = ids.iter().copied().zip(0..).collect();
        let mut above = vec![0u64; ids.len()];
        for &at in &order {
            let at = at as usize;
            let mut mask = parents[at].iter().fold(0, |mask, &parent| mask | above[parent as usize]);
            for parent in self.facts(&ids[at]).map_or(&[][..], |facts| &facts.parents) {
                if !place.contains_key(parent) {
                    mask |= excluded_tips.binary_search(parent).map_or(0, |tip| 1 << tip);
                }
            }
            above[at] = mask;
            if mask != all {
                return false;
            }
        }
        true
    }

    fn facts(&self, id: &Oid) -> Option<&Facts> {
        self.nodes.get(id).and_then(|node| node.commit.as_ref().ok())
    }

    /// The readable commits of the range by id, their parents within it, and their order.
    fn ordered(&self) -> (Vec<Oid>, Vec<Vec<u32>>, Vec<u32>) {
        let in_range = |(id, node): (&Oid, &Node)| (!node.excluded && node.commit.is_ok()).then_some(*id);
        let mut ids: Vec<Oid> = self.nodes.iter().filter_map(in_range).collect();
        ids.sort_unstable();
        let place: OidMap<u32> = ids.iter().copied().zip(0..).collect();
        let facts = || ids.iter().filter_map(|id| self.facts(id));
        let parents: Vec<Vec<u32>> = facts()
            .map(|facts| facts.parents.iter().filter_map(|parent| place.get(parent).copied()).collect())
            .collect();
        let dates: Vec<i64> = facts().map(|facts| facts.date).collect();
        let order = parents_first(&parents, &dates);
        (ids, parents, order)
    }

    fn finish(self) -> Range {
        let (ids, _, order) = self.ordered();
        let mut range = Range { others: self.others.clone(), ..Range::default() };
        for (id, node) in &self.nodes {
            match (&node.commit, node.excluded) {
                (Err(error), true) => range.exclude_missing.push(error.clone()),
                (Err(error), false) => range.missing.push(error.clone()),
                (Ok(_), true) => range.exclude_cut |= node.boundary,
                (Ok(_), false) if node.boundary => range.boundary.push(*id),
                (Ok(_), false) => {}
            }
        }
        range.boundary.sort_unstable();
        range.missing.sort_by_cached_key(ToString::to_string);
        range.exclude_missing.sort_by_cached_key(ToString::to_string);
        let commit = |at: u32| {
            let id = ids[at as usize];
            let facts = self.facts(&id)?;
            Some(RangeCommit { id, tree: facts.tree, parents: facts.parents.clone() })
        };
        range.commits = order.into_iter().filter_map(commit).collect();
        range
    }
}

#[cfg(test)]
#[path = "revs_tests.rs"]
mod tests;

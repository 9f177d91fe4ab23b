//! The commits of one side that another lacks: what a push or a pull request brings.
//!
//! Read lazily, highest level first where git wrote levels down, else newest first by date. Dates only steer; they
//! never decide: the walk stops early only on a proof from the graph itself or where levels say that no excluded
//! commit can reach into the range, else the whole excluded side is read. Wrong levels make the range larger, never
//! smaller.

use std::collections::{BinaryHeap, HashSet};
use std::time::Instant;

use super::commit::Commit;
use super::commit_graph_file::UNKNOWN;
use super::graph::parents_first;
use super::tag::read_peeled;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;

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
    /// Whether the walk ended because of dates: the range may hold more than is new, never less.
    pub unproved: bool,
}

/// What ends a walk before everything is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// When it is given up.
    pub deadline: Option<Instant>,
    /// After so many commits dates are believed: what is left of the excluded side and much older than the range
    /// does not reach into it. Then the range is [`Range::unproved`]. Without it only a proof counts.
    pub patience: Option<usize>,
}

impl Limits {
    /// As many commits as cost less than anybody notices.
    pub const MANY: usize = 4096;
}

/// Finds the commits of `include` that `exclude` lacks. Tips may be annotated tags; tips that lead to no
/// commit are listed apart. `shallow` are the commits whose parents count as cut off.
pub fn walk_range(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
) -> Range {
    walk_range_within(objects, shallow, exclude, include, Limits::default())
}

/// The same within `limits`.
pub fn walk_range_within(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
    limits: Limits,
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
    let end = walk.run(&excluded, limits);
    Range { out_of_time: end == End::OutOfTime, unproved: end == End::Likely, ..walk.finish() }
}

/// Why a walk ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Proved,
    Likely,
    OutOfTime,
}

struct Node {
    /// What was read, once it was: a commit with a level waits for its turn.
    commit: Option<Result<Facts, ObjectError>>,
    level: u32,
    excluded: bool,
    boundary: bool,
}

/// A commit whose parents are still to be told; those to be told first are the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    level: u32,
    /// Only where there is no level to go by.
    date: i64,
    id: Oid,
    /// The side that it was queued for.
    excluded: bool,
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
    queue: BinaryHeap<Waiting>,
    /// How many of these were queued for the included side.
    open: usize,
    /// Included tips that are no commits.
    others: Vec<(Oid, Kind)>,
}

impl<O: ReadObjects> Walk<'_, O> {
    /// Enters a tip and returns its commit; `None` when it is none.
    fn start(&mut self, tip: &Oid, excluded: bool) -> Option<Oid> {
        let peeled = read_peeled(self.objects, tip, |id| self.objects.level(id) != UNKNOWN);
        let (id, object) = match peeled {
            Ok((id, Kind::Commit, object)) => (id, object),
            Ok((id, kind, _)) => {
                self.others.extend(Some((id, kind)).filter(|_| !excluded));
                return None;
            }
            // What does not read may be a tag on the way.
            Err(error) => {
                let commit = Some(Err(error));
                let node = Node { commit, level: UNKNOWN, excluded: false, boundary: false };
                self.nodes.entry(*tip).or_insert(node);
                (*tip, None)
            }
        };
        self.mark(id, excluded, object);
        Some(id)
    }

    /// Notes that a side reaches `id`, and queues it where that is news. `object`: the commit, if it was read.
    fn mark(&mut self, id: Oid, excluded: bool, object: Option<Object>) {
        let known = self.nodes.get(&id).map(|node| node.excluded);
        match known {
            Some(was) if was || !excluded => return,
            Some(_) => {}
            None => {
                let level = self.objects.level(&id);
                let read = || object.map_or_else(|| self.objects.read(&id), Ok);
                let commit = (level == UNKNOWN).then(|| self.parse(&id, read()));
                let boundary = self.shallow.contains(&id);
                self.nodes.insert(id, Node { commit, level, excluded: false, boundary });
            }
        }
        let node = self.nodes.get_mut(&id).expect("just made sure of");
        node.excluded |= excluded;
        let facts = node.commit.as_ref().and_then(|commit| commit.as_ref().ok());
        let date = facts.map_or(0, |facts| facts.date);
        self.queue.push(Waiting { level: node.level, date, id, excluded });
        self.open += usize::from(!excluded);
    }

    fn parse(&self, id: &Oid, object: Result<Object, ObjectError>) -> Result<Facts, ObjectError> {
        object.and_then(|object| {
            let corrupt = |why| ObjectError::Corrupt { id: *id, why };
            if object.kind != Kind::Commit {
                return Err(corrupt("used as a commit, but is none".to_owned()));
            }
            let commit = Commit::parse(&object.data).map_err(|error| corrupt(error.to_string()))?;
            let date = commit.committer().seconds;
            let parents = if self.shallow.contains(id) { Vec::new() } else { commit.parents };
            Ok(Facts { tree: commit.tree, date, parents })
        })
    }

    /// The parents of a commit whose turn it is.
    fn parents(&mut self, id: &Oid) -> Vec<Oid> {
        if self.nodes[id].commit.is_none() {
            let commit = self.parse(id, self.objects.read(id));
            self.nodes.get_mut(id).expect("it was queued").commit = Some(commit);
        }
        self.facts(id).map_or(Vec::new(), |facts| facts.parents.clone())
    }

    /// Walks until nothing can change the range, or something else ends it.
    fn run(&mut self, excluded_tips: &[Oid], Limits { deadline, patience }: Limits) -> End {
        /// Commits between two looks at the clock, and at the dates.
        const A_WHILE: usize = 256;
        /// How far clocks are believed to differ, in seconds.
        const A_WEEK: i64 = 7 * 24 * 60 * 60;
        let mut steps = 0usize;
        let mut next_proof = 0usize;
        while let Some(Waiting { level, date, id, excluded }) = self.queue.pop() {
            // All that is left is excluded. It reaches lower levels only, and those of the range had their turn.
            if self.open == 0 && level != UNKNOWN {
                return End::Proved;
            }
            if steps > 0 && steps.is_multiple_of(A_WHILE) && deadline.is_some_and(|end| Instant::now() >= end)
            {
                return End::OutOfTime;
            }
            let look = patience.is_some_and(|patience| {
                self.open == 0 && steps >= patience && steps.is_multiple_of(patience.clamp(1, A_WHILE))
            });
            if look && self.oldest().is_none_or(|oldest| date < oldest.saturating_sub(A_WEEK)) {
                return End::Likely;
            }
            steps += 1;
            self.open -= usize::from(!excluded);
            // Queued for the included side, excluded since: the second entry does the work.
            if self.nodes[&id].excluded == excluded {
                self.parents(&id).into_iter().for_each(|parent| self.mark(parent, excluded, None));
            }
            if self.open == 0 && steps >= next_proof {
                if self.proved(excluded_tips) {
                    return End::Proved;
                }
                next_proof = steps * 2;
            }
        }
        End::Proved
    }

    /// The oldest date in the range.
    fn oldest(&self) -> Option<i64> {
        let in_range = self.nodes.values().filter(|node| !node.excluded);
        let facts = in_range.filter_map(|node| node.commit.as_ref()?.as_ref().ok());
        facts.map(|facts| facts.date).min()
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
        self.nodes.get(id)?.commit.as_ref()?.as_ref().ok()
    }

    /// The readable commits of the range by id, their parents within it, and their order.
    fn ordered(&self) -> (Vec<Oid>, Vec<Vec<u32>>, Vec<u32>) {
        let in_range =
            |(id, node): (&Oid, &Node)| (!node.excluded && matches!(node.commit, Some(Ok(_)))).then_some(*id);
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
                (Some(Err(error)), true) => range.exclude_missing.push(error.clone()),
                (Some(Err(error)), false) => range.missing.push(error.clone()),
                (Some(Ok(_)), true) => range.exclude_cut |= node.boundary,
                (Some(Ok(_)), false) if node.boundary => range.boundary.push(*id),
                // What never had its turn is excluded, or time ran out.
                (Some(Ok(_)) | None, _) => {}
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
mod tests;

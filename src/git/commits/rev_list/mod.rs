//! Lists the commits that are reachable from some tips and not from others, as `git rev-list INCLUDE --not EXCLUDE`
//! does: the commits of a push or a pull request.
//!
//! Commits are read lazily, in the order of their generation numbers where a commit-graph file contains these,
//! otherwise newest first by date. Dates only determine the order of the walk. It ends early only when the graph itself
//! proves, or the generation numbers imply, that no excluded commit can be an ancestor of one in the range. Otherwise
//! the whole excluded history is read. Wrong generation numbers can make the range larger, never smaller.

use std::collections::{BinaryHeap, HashSet};
use std::time::Instant;

use super::commit::Commit;
use super::graph::parents_first;
use super::tag::peel_and_read;
use crate::git::odb::object::GENERATION_INFINITY;
use crate::git::odb::object::{Kind, Object, ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidMap;

/// One commit of a [`CommitRange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RangeCommit {
    /// Its id.
    pub id: Oid,
    /// Its root tree.
    pub tree: Oid,
    /// Its parents, in the range or outside of it; empty at a shallow boundary.
    pub parents: Vec<Oid>,
}

/// The commits that are reachable from the included tips and from no excluded tip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CommitRange {
    /// In topological order: parents before children, otherwise older dates first.
    pub commits: Vec<RangeCommit>,
    /// Commits of the range at a shallow boundary, sorted. What they seem to introduce may be old, and commits before
    /// them are not listed.
    pub shallow_boundary: Vec<Oid>,
    /// Commits of the range that could not be read, sorted by id.
    pub missing: Vec<ObjectError>,
    /// Included tips that are no commits: trees and blobs, tags peeled.
    pub non_commit_tips: Vec<(Oid, Kind)>,
    /// Whether the excluded history ends at a shallow boundary. The range may then contain too many commits, never too
    /// few.
    pub has_shallow_exclude: bool,
    /// Commits of the excluded history that could not be read, with the same effect. Sorted by id.
    pub missing_excluded: Vec<ObjectError>,
    /// Whether the deadline passed before the walk ended. `commits` may then contain commits of the excluded history,
    /// and others may be missing from it.
    pub is_timed_out: bool,
    /// Whether the walk ended because of dates. The range may then contain too many commits, never too few.
    pub is_approximate: bool,
}

/// Conditions that end a walk before the range is proved to be exact.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// The time at which the walk is aborted.
    pub deadline: Option<Instant>,
    /// The number of commits after which dates are trusted: the walk then ends if the newest excluded commit that is
    /// still queued is more than a week older than the oldest commit of the range. The result is marked as
    /// [`CommitRange::is_approximate`]. `None` never trusts dates.
    pub trust_dates_after: Option<usize>,
}

impl Limits {
    /// A number of commits for [`Limits::trust_dates_after`] whose walk takes no noticeable time.
    pub(crate) const TRUST_DATES_AFTER: usize = 4096;
}

/// Lists the commits that are reachable from `include` and not from `exclude`. Tips may be annotated tags. Tips that
/// are no commits are returned in [`CommitRange::non_commit_tips`]. `shallow` are the commits at a shallow boundary:
/// their parents are ignored.
pub(crate) fn rev_list(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
) -> CommitRange {
    rev_list_within(objects, shallow, exclude, include, Limits::default())
}

/// Like [`rev_list`], within `limits`.
pub(crate) fn rev_list_within(
    objects: &impl ReadObjects,
    shallow: &HashSet<Oid>,
    exclude: &[Oid],
    include: &[Oid],
    limits: Limits,
) -> CommitRange {
    let mut walk = Walk {
        objects,
        shallow,
        nodes: OidMap::default(),
        queue: BinaryHeap::new(),
        included_in_queue: 0,
        non_commit_tips: Vec::new(),
    };
    let mut excluded: Vec<Oid> = exclude.iter().filter_map(|tip| walk.add_tip(tip, true)).collect();
    for tip in include {
        walk.add_tip(tip, false);
    }
    excluded.sort_unstable();
    excluded.dedup();
    let end = walk.run(&excluded, limits);
    CommitRange {
        is_timed_out: end == WalkEnd::TimedOut,
        is_approximate: end == WalkEnd::Approximate,
        ..walk.into_range()
    }
}

/// How a walk ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WalkEnd {
    /// The range is exact, apart from the effects of shallow boundaries and unreadable commits.
    Exact,
    /// Dates were trusted.
    Approximate,
    /// The deadline has passed.
    TimedOut,
}

struct Node {
    /// The commit, once it was read. Commits with a generation number are read when they are taken from the queue.
    commit: Option<Result<CommitHeader, ObjectError>>,
    generation: u32,
    is_excluded: bool,
    is_shallow: bool,
}

/// A commit whose parents are not yet visited. The greatest one is taken from the queue first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct QueuedCommit {
    generation: u32,
    /// 0 if the commit has a generation number.
    date: i64,
    id: Oid,
    /// Whether it was queued as an ancestor of an excluded tip.
    is_excluded: bool,
}

struct CommitHeader {
    tree: Oid,
    date: i64,
    parents: Vec<Oid>,
}

struct Walk<'a, O> {
    objects: &'a O,
    shallow: &'a HashSet<Oid>,
    nodes: OidMap<Node>,
    queue: BinaryHeap<QueuedCommit>,
    /// The number of these that were queued as ancestors of an included tip.
    included_in_queue: usize,
    /// Included tips that are no commits.
    non_commit_tips: Vec<(Oid, Kind)>,
}

impl<O: ReadObjects> Walk<'_, O> {
    /// Adds a tip and returns its commit; `None` if it is no commit.
    fn add_tip(&mut self, tip: &Oid, is_excluded: bool) -> Option<Oid> {
        let peeled =
            peel_and_read(self.objects, tip, |id| self.objects.generation(id) != GENERATION_INFINITY);
        let (id, object) = match peeled {
            Ok((id, Kind::Commit, object)) => (id, object),
            Ok((id, kind, _)) => {
                self.non_commit_tips.extend(Some((id, kind)).filter(|_| !is_excluded));
                return None;
            }
            // The unreadable object may also be a tag of the chain.
            Err(error) => {
                let commit = Some(Err(error));
                let node =
                    Node { commit, generation: GENERATION_INFINITY, is_excluded: false, is_shallow: false };
                self.nodes.entry(*tip).or_insert(node);
                (*tip, None)
            }
        };
        self.mark(id, is_excluded, object);
        Some(id)
    }

    /// Records that `id` is reachable from an excluded or included tip, and queues it if that is new. `object` is the
    /// commit, if it was read.
    fn mark(&mut self, id: Oid, is_excluded: bool, object: Option<Object>) {
        let known = self.nodes.get(&id).map(|node| node.is_excluded);
        match known {
            Some(was_excluded) if was_excluded || !is_excluded => return,
            Some(_) => {}
            None => {
                let generation = self.objects.generation(&id);
                let read = || object.map_or_else(|| self.objects.read(&id), Ok);
                let commit = (generation == GENERATION_INFINITY).then(|| self.parse(&id, read()));
                let is_shallow = self.shallow.contains(&id);
                self.nodes.insert(id, Node { commit, generation, is_excluded: false, is_shallow });
            }
        }
        let node = self.nodes.get_mut(&id).expect("inserted above");
        node.is_excluded |= is_excluded;
        let header = node.commit.as_ref().and_then(|commit| commit.as_ref().ok());
        let date = header.map_or(0, |header| header.date);
        self.queue.push(QueuedCommit { generation: node.generation, date, id, is_excluded });
        self.included_in_queue += usize::from(!is_excluded);
    }

    fn parse(&self, id: &Oid, object: Result<Object, ObjectError>) -> Result<CommitHeader, ObjectError> {
        object.and_then(|object| {
            let corrupt = |why| ObjectError::Corrupt { id: *id, why };
            if object.kind != Kind::Commit {
                return Err(corrupt("used as a commit, but is none".to_owned()));
            }
            let commit = Commit::parse(&object.data).map_err(|error| corrupt(error.to_string()))?;
            let date = commit.committer().seconds;
            let parents = if self.shallow.contains(id) { Vec::new() } else { commit.parents };
            Ok(CommitHeader { tree: commit.tree, date, parents })
        })
    }

    /// Returns the parents of a queued commit, which is read now if it was not before.
    fn parents(&mut self, id: &Oid) -> Vec<Oid> {
        if self.nodes[id].commit.is_none() {
            let commit = self.parse(id, self.objects.read(id));
            self.nodes.get_mut(id).expect("it was queued").commit = Some(commit);
        }
        self.header(id).map_or(Vec::new(), |header| header.parents.clone())
    }

    /// Walks until nothing can change the range or one of the limits ends the walk.
    fn run(&mut self, excluded_tips: &[Oid], Limits { deadline, trust_dates_after }: Limits) -> WalkEnd {
        /// Number of commits between two checks of the deadline, and of the dates.
        const CHECK_INTERVAL: usize = 256;
        /// Maximum difference between clocks that is assumed when dates are trusted, in seconds: a week.
        const CLOCK_SKEW: i64 = 7 * 24 * 60 * 60;
        let mut steps = 0usize;
        let mut next_check = 0usize;
        while let Some(QueuedCommit { generation, date, id, is_excluded }) = self.queue.pop() {
            // All queued commits are excluded, and their ancestors have lower generation numbers. All commits of the
            // range were taken from the queue before.
            if self.included_in_queue == 0 && generation != GENERATION_INFINITY {
                return WalkEnd::Exact;
            }
            if steps > 0
                && steps.is_multiple_of(CHECK_INTERVAL)
                && deadline.is_some_and(|end| Instant::now() >= end)
            {
                return WalkEnd::TimedOut;
            }
            let is_date_check = trust_dates_after.is_some_and(|after| {
                let is_due = steps >= after && steps.is_multiple_of(after.clamp(1, CHECK_INTERVAL));
                self.included_in_queue == 0 && is_due
            });
            if is_date_check && self.oldest().is_none_or(|oldest| date < oldest.saturating_sub(CLOCK_SKEW)) {
                return WalkEnd::Approximate;
            }
            steps += 1;
            self.included_in_queue -= usize::from(!is_excluded);
            // A commit that was queued as included and is excluded now has a second queue entry, which is used instead.
            if self.nodes[&id].is_excluded == is_excluded {
                self.parents(&id).into_iter().for_each(|parent| self.mark(parent, is_excluded, None));
            }
            if self.included_in_queue == 0 && steps >= next_check {
                if self.is_exact(excluded_tips) {
                    return WalkEnd::Exact;
                }
                next_check = steps * 2;
            }
        }
        WalkEnd::Exact
    }

    /// Returns the oldest date in the range.
    fn oldest(&self) -> Option<i64> {
        let in_range = self.nodes.values().filter(|node| !node.is_excluded);
        let headers = in_range.filter_map(|node| node.commit.as_ref()?.as_ref().ok());
        headers.map(|header| header.date).min()
    }

    /// Whether no commit of the range can still turn out to be excluded: each one is a descendant of every excluded
    /// tip, and a descendant of a tip is no ancestor of it, whatever was not read. Handles at most 64 excluded tips.
    fn is_exact(&self, excluded_tips: &[Oid]) -> bool {
        if excluded_tips.len() > 64 {
            return false;
        }
        let all = u64::MAX.checked_shr(64 - excluded_tips.len() as u32).unwrap_or(0);
        let (ids, parents, order) = self.sorted_range();
        let positions: OidMap<usize> = ids.iter().copied().zip(0..).collect();
        // Per commit: a bit for each excluded tip that is an ancestor.
        let mut ancestors = vec![0u64; ids.len()];
        for &at in &order {
            let at = at as usize;
            let mut mask = parents[at].iter().fold(0, |mask, &parent| mask | ancestors[parent as usize]);
            for parent in self.header(&ids[at]).map_or(&[][..], |header| &header.parents) {
                if !positions.contains_key(parent) {
                    mask |= excluded_tips.binary_search(parent).map_or(0, |tip| 1 << tip);
                }
            }
            ancestors[at] = mask;
            if mask != all {
                return false;
            }
        }
        true
    }

    fn header(&self, id: &Oid) -> Option<&CommitHeader> {
        self.nodes.get(id)?.commit.as_ref()?.as_ref().ok()
    }

    /// Returns the readable commits of the range, sorted by id, their parents within the range, and their topological
    /// order; both as positions in the first list.
    fn sorted_range(&self) -> (Vec<Oid>, Vec<Vec<u32>>, Vec<u32>) {
        let in_range = |(id, node): (&Oid, &Node)| {
            (!node.is_excluded && matches!(node.commit, Some(Ok(_)))).then_some(*id)
        };
        let mut ids: Vec<Oid> = self.nodes.iter().filter_map(in_range).collect();
        ids.sort_unstable();
        let positions: OidMap<u32> = ids.iter().copied().zip(0..).collect();
        let headers = || ids.iter().filter_map(|id| self.header(id));
        let parents: Vec<Vec<u32>> = headers()
            .map(|header| header.parents.iter().filter_map(|parent| positions.get(parent).copied()).collect())
            .collect();
        let dates: Vec<i64> = headers().map(|header| header.date).collect();
        let order = parents_first(&parents, &dates);
        (ids, parents, order)
    }

    fn into_range(self) -> CommitRange {
        let (ids, _, order) = self.sorted_range();
        let mut range =
            CommitRange { non_commit_tips: self.non_commit_tips.clone(), ..CommitRange::default() };
        for (id, node) in &self.nodes {
            match (&node.commit, node.is_excluded) {
                (Some(Err(error)), true) => range.missing_excluded.push(error.clone()),
                (Some(Err(error)), false) => range.missing.push(error.clone()),
                (Some(Ok(_)), true) => range.has_shallow_exclude |= node.is_shallow,
                (Some(Ok(_)), false) if node.is_shallow => range.shallow_boundary.push(*id),
                // A commit that was not read is excluded, or the deadline has passed.
                (Some(Ok(_)) | None, _) => {}
            }
        }
        range.shallow_boundary.sort_unstable();
        range.missing.sort_by_cached_key(ToString::to_string);
        range.missing_excluded.sort_by_cached_key(ToString::to_string);
        let commit = |at: u32| {
            let id = ids[at as usize];
            let header = self.header(&id)?;
            Some(RangeCommit { id, tree: header.tree, parents: header.parents.clone() })
        };
        range.commits = order.into_iter().filter_map(commit).collect();
        range
    }
}

#[cfg(test)]
mod tests;

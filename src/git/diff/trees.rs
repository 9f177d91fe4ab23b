//! Compares a tree with the trees of its parents.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use super::change::{Change, Diff, OmittedPaths};
use super::listing;
use super::listing::{Entry, Listing, NamedEntries};
use super::path_budget::PathBudget;
use crate::git::odb::cache::Cache;
use crate::git::odb::object::{ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidHasher;
use crate::git::odb::tree;
use crate::git::odb::tree::Mode;

/// Deeper directories are refused; the default of git's `core.maxTreeDepth`.
const MAX_DEPTH: usize = 2048;
/// Most changes of one comparison. The largest known trees have 3.5 million files; a change needs about 200 bytes.
const MAX_CHANGES: usize = 8_000_000;

/// Does the same as [`TreeDiffer::diff`], for one comparison.
#[cfg(test)]
pub(crate) fn diff_trees(
    objects: &impl ReadObjects,
    new_tree: Option<Oid>,
    parent_trees: &[Option<Oid>],
) -> Diff {
    let mut walk = TreeWalk::new(objects);
    walk.compare(Vec::new(), new_tree, parent_trees.to_vec());
    walk.diff.sorted()
}

/// Capacity in bytes of the cache of tree listings.
const LISTING_CACHE_BYTES: usize = 16 << 20;

/// Compares many commits, with a cache of tree listings: most directories of a commit are those of its parent.
pub(crate) struct TreeDiffer<'a, O> {
    objects: &'a O,
    listings: Listings,
    budget: Arc<PathBudget>,
    deadline: Option<Instant>,
}

impl<'a, O: ReadObjects> TreeDiffer<'a, O> {
    /// Compares trees of `objects` until the `deadline`. All comparisons share the `budget`.
    pub(crate) fn new(
        objects: &'a O,
        budget: Arc<PathBudget>,
        deadline: Option<Instant>,
    ) -> TreeDiffer<'a, O> {
        TreeDiffer { objects, listings: Listings::new(LISTING_CACHE_BYTES), budget, deadline }
    }

    /// Returns the changes of `new_tree` against all `parent_trees`. Without parents, everything is new.
    ///
    /// An entry is a change when no parent has the same entry at its path, so a clean merge has no changes, and an evil
    /// merge has those that it adds. A path is deleted when all parents have it. `None` is the empty tree.
    pub(crate) fn diff(&mut self, new_tree: Option<Oid>, parent_trees: &[Option<Oid>]) -> Diff {
        let listings = std::mem::replace(&mut self.listings, Listings::new(0));
        let mut walk = TreeWalk::new(self.objects);
        (walk.listings, walk.deadline) = (listings, self.deadline);
        walk.budget = Arc::clone(&self.budget);
        walk.compare(Vec::new(), new_tree, parent_trees.to_vec());
        self.listings = walk.listings;
        walk.diff.sorted()
    }
}

type Listings = Cache<Oid, Rc<Listing>, BuildHasherDefault<OidHasher>>;

/// Compares directories recursively, and collects the changes.
pub(super) struct TreeWalk<'a, O> {
    objects: &'a O,
    pub(super) diff: Diff,
    listings: Listings,
    /// The new trees that were compared; for deletions, those of the first parent.
    compared: HashSet<Oid, BuildHasherDefault<OidHasher>>,
    budget: Arc<PathBudget>,
    deadline: Option<Instant>,
}

/// One directory to compare. Its path ends with `/`, or is empty at the root.
struct Frame {
    path: Vec<u8>,
    depth: usize,
    new: Option<Oid>,
    parents: Vec<Option<Oid>>,
}

impl<'a, O: ReadObjects> TreeWalk<'a, O> {
    pub(super) fn new(objects: &'a O) -> TreeWalk<'a, O> {
        TreeWalk {
            objects,
            diff: Diff::default(),
            listings: Listings::new(0),
            compared: HashSet::default(),
            budget: Arc::default(),
            deadline: None,
        }
    }

    /// Compares the trees at `path` and everything below them.
    pub(super) fn compare(&mut self, path: Vec<u8>, new: Option<Oid>, parents: Vec<Option<Oid>>) {
        let depth = path.iter().filter(|&&byte| byte == b'/').count();
        let mut frames = vec![Frame { path, depth, new, parents }];
        while let Some(frame) = frames.pop() {
            if self.diff.changes.len() > MAX_CHANGES || frame.depth > MAX_DEPTH {
                let why = "directories too deep or too many".to_owned();
                let id = frame.new.or(frame.parents.iter().flatten().next().copied());
                let error = id.map(|id| ObjectError::Corrupt { id, why });
                self.diff.problems.extend(error.map(|error| (frame.path, error)));
                continue;
            }
            if self.deadline.is_some_and(|end| Instant::now() >= end) {
                self.diff.is_out_of_time = true;
                return;
            }
            // Equal to one parent's tree: every entry below is equal too, and no path is deleted from all parents.
            if frame.new.is_some() && frame.parents.contains(&frame.new) {
                continue;
            }
            let tree = frame.new.or(frame.parents.first().copied().flatten());
            if tree.is_none_or(|tree| self.compared.insert(tree)) {
                self.compare_one(&frame, &mut frames);
            } else if self.budget.is_left() {
                let before = self.diff.changes.len();
                self.compare_one(&frame, &mut frames);
                self.budget.subtract(1 + self.diff.changes.len() - before);
            } else {
                let omitted = OmittedPaths { path: frame.path, count: 0 };
                self.diff.omitted.get_or_insert(omitted).count += 1;
            }
        }
    }

    fn compare_one(&mut self, frame: &Frame, frames: &mut Vec<Frame>) {
        let new = self.listing(&frame.path, frame.new);
        let parents: Vec<Rc<Listing>> =
            frame.parents.iter().map(|id| self.listing(&frame.path, *id)).collect();
        for name in listing::changed(&new, &parents) {
            let new: Vec<Entry> = new.named(name).entries().collect();
            let old_entries: Vec<NamedEntries<'_>> =
                parents.iter().map(|listing| listing.named(name)).collect();
            let path = [&frame.path, name].concat();
            self.compare_leaves(&path, &new, &old_entries);
            let subtrees: Vec<Option<Oid>> = old_entries.iter().map(NamedEntries::subtree).collect();
            let mut push = |new| {
                let (path, depth) = ([&path[..], b"/"].concat(), frame.depth + 1);
                frames.push(Frame { path, depth, new, parents: subtrees.clone() });
            };
            let mut has_tree = false;
            for entry in new.iter().filter(|entry| entry.mode == Mode::Tree) {
                has_tree = true;
                push(Some(entry.id));
            }
            if !has_tree && !subtrees.is_empty() && subtrees.iter().all(Option::is_some) {
                push(None);
            }
        }
    }

    /// Compares the entries at one path that are not directories.
    pub(super) fn compare_leaves(&mut self, path: &[u8], new: &[Entry], old_entries: &[NamedEntries<'_>]) {
        let is_leaf = |entry: &Entry| entry.mode != Mode::Tree;
        let new: Vec<Entry> = new.iter().copied().filter(is_leaf).collect();
        let old_entries: Vec<Vec<Entry>> =
            old_entries.iter().map(|old| old.entries().filter(is_leaf).collect()).collect();
        if new.is_empty() {
            let first = old_entries.first().and_then(|entries| entries.first());
            if let Some(first) = first.filter(|_| old_entries.iter().all(|entries| !entries.is_empty())) {
                let change = Change {
                    path: path.to_vec(),
                    mode: first.mode,
                    new: None,
                    old_blobs: blobs(&old_entries),
                };
                self.diff.changes.push(change);
            }
        }
        for entry in new {
            let same = |old: &Entry| old.id == entry.id && old.mode.is_same_type(entry.mode);
            if !old_entries.iter().any(|entries| entries.iter().any(same)) {
                let (mode, new) = (entry.mode, Some(entry.id));
                self.diff.changes.push(Change {
                    path: path.to_vec(),
                    mode,
                    new,
                    old_blobs: blobs(&old_entries),
                });
            }
        }
    }

    /// Returns the entries of a tree, sorted by name. An unreadable tree is added to the problems and returned as
    /// empty; of a malformed tree, the entries before the malformed one are returned.
    pub(super) fn listing(&mut self, path: &[u8], id: Option<Oid>) -> Rc<Listing> {
        let Some(id) = id else { return Rc::default() };
        if let Some(cached) = self.listings.get(&id) {
            return cached.clone();
        }
        let data = match tree::read_tree(self.objects, &id) {
            Ok(data) => data,
            Err(error) => {
                self.diff.problems.push((path.to_vec(), error));
                return Rc::default();
            }
        };
        let (listing, malformed) = Listing::new(data, id.as_bytes().len());
        let listing = Rc::new(listing);
        match malformed {
            Some(error) => {
                let error = ObjectError::Corrupt { id, why: error.to_string() };
                self.diff.problems.push((path.to_vec(), error));
            }
            // Only valid listings are cached, so that a malformed tree is reported for each of its paths.
            None => self.listings.insert(id, listing.clone(), listing.weight()),
        }
        listing
    }
}

fn blobs(old_entries: &[Vec<Entry>]) -> Vec<Oid> {
    let mut ids: Vec<Oid> = Vec::new();
    for entry in old_entries.iter().flatten().filter(|entry| entry.mode.is_blob()) {
        if !ids.contains(&entry.id) {
            ids.push(entry.id);
        }
    }
    ids
}

//! Compares a tree with the trees of any number of parents.

use std::hash::BuildHasherDefault;
use std::rc::Rc;

use super::listing;
use super::listing::{Entry, Listing, Named};
use super::{Change, Diff};
use crate::git::odb::cache::Cache;
use crate::git::odb::object::{ObjectError, ReadObjects};
use crate::git::odb::oid::Oid;
use crate::git::odb::oid_map::OidHasher;
use crate::git::odb::tree;
use crate::git::odb::tree::Mode;

/// Deeper directories are refused, as git does (`core.maxTreeDepth`).
const MAX_DEPTH: usize = 2048;
/// More paths than any real repository has. A few small trees that repeat each other can claim more
/// than memory holds.
const MAX_CHANGES: usize = 8_000_000;

/// The changes of `new_tree` against all of `parent_trees`. No parents: everything is new.
///
/// An entry is a change when no parent has the same one at its path, so a clean merge shows nothing
/// and an evil one what it added. A path is deleted when all parents have it. `None` is an empty tree.
pub fn diff_trees(objects: &impl ReadObjects, new_tree: Option<Oid>, parent_trees: &[Option<Oid>]) -> Diff {
    let mut walk = TreeWalk::new(objects);
    walk.compare(Vec::new(), new_tree, parent_trees.to_vec());
    walk.diff.sorted()
}

/// The directories of so many bytes are kept for the next comparison.
const KEPT: usize = 16 << 20;

/// Compares one commit after the other, and keeps the directories that it has read: a commit's are mostly those
/// of its parent.
pub struct TreeDiffs<'a, O> {
    objects: &'a O,
    listings: Listings,
}

impl<'a, O: ReadObjects> TreeDiffs<'a, O> {
    /// For trees among `objects`.
    pub fn new(objects: &'a O) -> TreeDiffs<'a, O> {
        TreeDiffs { objects, listings: Listings::new(KEPT) }
    }

    /// As [`diff_trees`].
    pub fn diff(&mut self, new_tree: Option<Oid>, parent_trees: &[Option<Oid>]) -> Diff {
        let listings = std::mem::replace(&mut self.listings, Listings::new(0));
        let mut walk = TreeWalk { objects: self.objects, diff: Diff::default(), listings };
        walk.compare(Vec::new(), new_tree, parent_trees.to_vec());
        self.listings = walk.listings;
        walk.diff.sorted()
    }
}

type Listings = Cache<Oid, Rc<Listing>, BuildHasherDefault<OidHasher>>;

/// Directories still to compare, and what was found so far.
pub(super) struct TreeWalk<'a, O> {
    objects: &'a O,
    pub(super) diff: Diff,
    listings: Listings,
}

/// One directory of the comparison; its path ends with `/`, or is empty at the root.
struct Frame {
    path: Vec<u8>,
    depth: usize,
    new: Option<Oid>,
    parents: Vec<Option<Oid>>,
}

impl<'a, O: ReadObjects> TreeWalk<'a, O> {
    pub(super) fn new(objects: &'a O) -> TreeWalk<'a, O> {
        TreeWalk { objects, diff: Diff::default(), listings: Listings::new(0) }
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
            self.compare_one(&frame, &mut frames);
        }
    }

    fn compare_one(&mut self, frame: &Frame, frames: &mut Vec<Frame>) {
        // Equal to one parent's tree: then so is every entry below, and no deletion is in all parents.
        if frame.new.is_some() && frame.parents.contains(&frame.new) {
            return;
        }
        let new = self.listing(&frame.path, frame.new);
        let parents: Vec<Rc<Listing>> =
            frame.parents.iter().map(|id| self.listing(&frame.path, *id)).collect();
        for name in listing::changed(&new, &parents) {
            let new: Vec<Entry> = new.named(name).entries().collect();
            let olds: Vec<Named<'_>> = parents.iter().map(|listing| listing.named(name)).collect();
            let path = [&frame.path, name].concat();
            self.compare_leaves(&path, &new, &olds);
            let subtrees: Vec<Option<Oid>> = olds.iter().map(Named::subtree).collect();
            let mut push = |new| {
                let (path, depth) = ([&path[..], b"/"].concat(), frame.depth + 1);
                frames.push(Frame { path, depth, new, parents: subtrees.clone() });
            };
            let mut any = false;
            for entry in new.iter().filter(|entry| entry.mode == Mode::Tree) {
                any = true;
                push(Some(entry.id));
            }
            if !any && !subtrees.is_empty() && subtrees.iter().all(Option::is_some) {
                push(None);
            }
        }
    }

    /// Compares what is no directory at one path.
    pub(super) fn compare_leaves(&mut self, path: &[u8], new: &[Entry], olds: &[Named<'_>]) {
        let is_leaf = |entry: &Entry| entry.mode != Mode::Tree;
        let new: Vec<Entry> = new.iter().copied().filter(is_leaf).collect();
        let olds: Vec<Vec<Entry>> = olds.iter().map(|old| old.entries().filter(is_leaf).collect()).collect();
        if new.is_empty() {
            let first = olds.first().and_then(|entries| entries.first());
            if let Some(first) = first.filter(|_| olds.iter().all(|entries| !entries.is_empty())) {
                let change = Change { path: path.to_vec(), mode: first.mode, new: None, olds: blobs(&olds) };
                self.diff.changes.push(change);
            }
        }
        for entry in new {
            let same = |old: &Entry| old.id == entry.id && old.mode.same_type(entry.mode);
            if !olds.iter().any(|entries| entries.iter().any(same)) {
                let (mode, new) = (entry.mode, Some(entry.id));
                self.diff.changes.push(Change { path: path.to_vec(), mode, new, olds: blobs(&olds) });
            }
        }
    }

    /// The entries of a tree, sorted by name. One that cannot be read is noted and empty; of a
    /// malformed one, the entries before the bad one stay.
    pub(super) fn listing(&mut self, path: &[u8], id: Option<Oid>) -> Rc<Listing> {
        let Some(id) = id else { return Rc::default() };
        if let Some(known) = self.listings.get(&id) {
            return known.clone();
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
            // Another path with this tree must hear of what is wrong with it, so only sound ones are kept.
            None => self.listings.put(id, listing.clone(), listing.weight()),
        }
        listing
    }
}

fn blobs(olds: &[Vec<Entry>]) -> Vec<Oid> {
    let mut ids: Vec<Oid> = Vec::new();
    for entry in olds.iter().flatten().filter(|entry| entry.mode.is_blob()) {
        if !ids.contains(&entry.id) {
            ids.push(entry.id);
        }
    }
    ids
}

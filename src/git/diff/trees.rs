//! Compares a tree with the trees of any number of parents.

use super::{Change, Diff};
use crate::git::object::{ObjectError, ReadObjects};
use crate::git::oid::Oid;
use crate::git::tree::{self, Mode};

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

/// An owned tree entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: Mode,
    pub(super) id: Oid,
}

/// The entries of one tree by name; hostile trees may repeat a name, then all of its entries count.
pub(super) type Listing = Vec<(Vec<u8>, Entry)>;

/// Directories still to compare, and what was found so far.
pub(super) struct TreeWalk<'a, O> {
    objects: &'a O,
    pub(super) diff: Diff,
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
        TreeWalk { objects, diff: Diff::default() }
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
        let parents: Vec<Listing> = frame.parents.iter().map(|id| self.listing(&frame.path, *id)).collect();
        let mut names: Vec<&[u8]> = new.iter().map(|(name, _)| name.as_slice()).collect();
        // Whatever all parents have, the first one has.
        names.extend(parents.first().into_iter().flatten().map(|(name, _)| name.as_slice()));
        names.sort();
        names.dedup();
        for name in names {
            let new = named(&new, name);
            let olds: Vec<&[(Vec<u8>, Entry)]> = parents.iter().map(|listing| named(listing, name)).collect();
            let path = [&frame.path, name].concat();
            self.compare_leaves(&path, new, &olds);
            let subtrees: Vec<Option<Oid>> = olds.iter().map(|entries| subtree(entries)).collect();
            let mut push = |new| {
                let (path, depth) = ([&path[..], b"/"].concat(), frame.depth + 1);
                frames.push(Frame { path, depth, new, parents: subtrees.clone() });
            };
            let mut any = false;
            for (_, entry) in new.iter().filter(|(_, entry)| entry.mode == Mode::Tree) {
                any = true;
                push(Some(entry.id));
            }
            if !any && !subtrees.is_empty() && subtrees.iter().all(Option::is_some) {
                push(None);
            }
        }
    }

    /// Compares what is no directory at one path.
    pub(super) fn compare_leaves(
        &mut self,
        path: &[u8],
        new: &[(Vec<u8>, Entry)],
        olds: &[&[(Vec<u8>, Entry)]],
    ) {
        let leaves = |entries: &[(Vec<u8>, Entry)]| -> Vec<Entry> {
            entries.iter().map(|(_, entry)| *entry).filter(|entry| entry.mode != Mode::Tree).collect()
        };
        let new = leaves(new);
        let olds: Vec<Vec<Entry>> = olds.iter().map(|entries| leaves(entries)).collect();
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
    pub(super) fn listing(&mut self, path: &[u8], id: Option<Oid>) -> Listing {
        let Some(id) = id else { return Listing::new() };
        let data = match tree::read_tree(self.objects, &id) {
            Ok(data) => data,
            Err(error) => {
                self.diff.problems.push((path.to_vec(), error));
                return Listing::new();
            }
        };
        let mut listing = Listing::new();
        for entry in tree::entries(&data, id.as_bytes().len()) {
            match entry {
                Ok(entry) => listing.push((entry.name.to_vec(), Entry { mode: entry.mode, id: entry.id })),
                Err(error) => {
                    let error = ObjectError::Corrupt { id, why: error.to_string() };
                    self.diff.problems.push((path.to_vec(), error));
                }
            }
        }
        listing.sort_by(|left, right| left.0.cmp(&right.0));
        listing
    }
}

/// All entries of that name; more than one only in a hostile tree.
pub(super) fn named<'l>(listing: &'l [(Vec<u8>, Entry)], name: &[u8]) -> &'l [(Vec<u8>, Entry)] {
    let begin = listing.partition_point(|(other, _)| other.as_slice() < name);
    let len = listing[begin..].iter().take_while(|(other, _)| other == name).count();
    &listing[begin..begin + len]
}

pub(super) fn subtree(entries: &[(Vec<u8>, Entry)]) -> Option<Oid> {
    entries.iter().find(|(_, entry)| entry.mode == Mode::Tree).map(|(_, entry)| entry.id)
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

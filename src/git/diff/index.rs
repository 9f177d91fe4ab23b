//! Compares the index with HEAD, and reads as few trees as possible.

use std::ops::Range;
use std::rc::Rc;

use super::change::Diff;
use super::listing::{Entry, Listing, NamedEntries};
use super::trees::TreeWalk;
use crate::git::index::{CachedDir, CachedTree, Index};
use crate::git::odb::object::ReadObjects;
use crate::git::odb::oid::Oid;
use crate::git::odb::tree::Mode;

/// Returns the changes that `git commit` would record, like `git diff-index --cached HEAD`. `head_tree` is `None`
/// before the first commit: everything is new.
///
/// Intent-to-add entries (`git add -N`) are left out, because they are not part of the commit. For a path in
/// conflict, both sides are compared, and the path is listed as conflicted.
pub(crate) fn diff_index(objects: &impl ReadObjects, index: &Index, head_tree: Option<Oid>) -> Diff {
    match head_tree {
        Some(tree) => diff_index_with_parents(objects, index, &[tree]),
        None => diff_index_with_parents(objects, index, &[]),
    }
}

/// Does the same against several parents, for a commit that concludes a merge: an entry that equals that of any
/// parent is no change.
pub(crate) fn diff_index_with_parents(objects: &impl ReadObjects, index: &Index, parents: &[Oid]) -> Diff {
    let mut walk = IndexWalk { index, trees: TreeWalk::new(objects) };
    let parents = parents.iter().copied().map(Some).collect();
    let cached = index.cached_tree.as_ref().map(CachedTree::root);
    let mut dirs = vec![Dir { prefix: 0, entries: 0..index.len(), parents, cached }];
    while let Some(dir) = dirs.pop() {
        walk.compare(dir, &mut dirs);
    }
    walk.trees.diff.sorted()
}

/// One directory of the index.
struct Dir<'i> {
    /// Length in bytes of the path of the directory, with its `/`.
    prefix: usize,
    /// Positions of the entries below it. Not empty, except at the root.
    entries: Range<usize>,
    parents: Vec<Option<Oid>>,
    cached: Option<CachedDir<'i>>,
}

struct IndexWalk<'a, O> {
    index: &'a Index,
    trees: TreeWalk<'a, O>,
}

impl<'a, O: ReadObjects> IndexWalk<'a, O> {
    fn compare(&mut self, dir: Dir<'a>, dirs: &mut Vec<Dir<'a>>) {
        // git commits a cached id for this directory without reading the entries below.
        let cached_id = dir.cached.and_then(|cached| cached.id());
        if cached_id.is_some() && dir.parents.contains(&cached_id) {
            return;
        }
        let index = self.index;
        let Range { start: mut at, end } = dir.entries;
        let path = if at < end { &index.entry(at).path[..dir.prefix] } else { &[] };
        let cached = dir.cached.map(|cached| cached.children());
        let parents: Vec<Rc<Listing>> = dir.parents.iter().map(|id| self.trees.listing(path, *id)).collect();
        let mut present: Vec<&[u8]> = Vec::new();
        while at < end {
            let first = index.entry(at);
            let below = &first.path[dir.prefix..];
            let slash = memchr::memchr(b'/', below);
            let name = &below[..slash.unwrap_or(below.len())];
            let prefix = dir.prefix + name.len() + usize::from(slash.is_some());
            let group_end = if first.path.len() == prefix {
                (at + 1..end).find(|&at| index.entry(at).path != first.path).unwrap_or(end)
            } else {
                // The entries of one directory are adjacent.
                index.end_of_directory(&first.path[..prefix], at..end)
            };
            let group = at..group_end;
            at = group_end;
            let old_entries: Vec<NamedEntries<'_>> =
                parents.iter().map(|listing| listing.named(name)).collect();
            if slash.is_none() {
                if self.compare_file(group, &old_entries) {
                    present.push(name);
                }
                continue;
            }
            let subtrees: Vec<Option<Oid>> = old_entries.iter().map(NamedEntries::subtree).collect();
            if group.clone().all(|at| index.entry(at).is_intent_to_add) {
                continue;
            }
            // "dir/" sorts between "dir-x" and "dirx", so a file "dir" of a type change is another group. This group
            // only covers the entries below the directory.
            if first.path.len() == prefix {
                // A folded directory of a sparse index.
                self.trees.compare(first.path.to_vec(), Some(first.id), subtrees);
            } else {
                let cached = cached.as_ref().and_then(|cached| cached.get(name));
                dirs.push(Dir { prefix, entries: group, parents: subtrees, cached });
            }
            present.push(&first.path[dir.prefix..prefix]);
        }
        self.deletions(path, &parents, present);
    }

    /// Compares the stages of one path. Returns false when nothing will be committed there.
    fn compare_file(&mut self, stages: Range<usize>, old_entries: &[NamedEntries<'_>]) -> bool {
        let mut is_present = false;
        for entry in stages.map(|at| self.index.entry(at)) {
            if entry.stage > 0 {
                self.trees.diff.conflicted.push(entry.path.to_vec());
            }
            if entry.is_intent_to_add {
                continue;
            }
            is_present = true;
            // Stage 1 is the merge base.
            if entry.stage != 1 {
                let new = Entry { mode: entry.mode, id: entry.id };
                self.trees.compare_leaves(entry.path, &[new], old_entries);
            }
        }
        is_present
    }

    /// Adds the paths that all parents have in this directory and the index does not. `present` are the names in the
    /// index, those of directories with their `/`.
    fn deletions(&mut self, path: &[u8], parents: &[Rc<Listing>], mut present: Vec<&[u8]>) {
        let Some(first) = parents.first() else { return };
        present.sort();
        for (name, entry) in first.iter() {
            let old_entries: Vec<NamedEntries<'_>> =
                parents.iter().map(|listing| listing.named(name)).collect();
            let full = [path, name].concat();
            if entry.mode == Mode::Tree {
                let subtrees: Vec<Option<Oid>> = old_entries.iter().map(NamedEntries::subtree).collect();
                let directory = [name, b"/"].concat();
                if subtrees.iter().all(Option::is_some) && present.binary_search(&&directory[..]).is_err() {
                    self.trees.compare([&full[..], b"/"].concat(), None, subtrees);
                }
            } else if present.binary_search(&name).is_err() {
                self.trees.compare_leaves(&full, &[], &old_entries);
            }
        }
    }
}

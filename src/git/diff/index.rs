//! Compares the index with HEAD, reading as few trees as possible.

use std::ops::Range;
use std::rc::Rc;

use super::Diff;
use super::listing::{Entry, Listing, Named};
use super::trees::TreeWalk;
use crate::git::index::{CachedDir, CachedTree, Index};
use crate::git::odb::object::ReadObjects;
use crate::git::odb::oid::Oid;
use crate::git::odb::tree::Mode;

/// What `git commit` would record that HEAD lacks, as `git diff-index --cached HEAD` sees it.
/// `None`: there is no HEAD yet, everything is new.
///
/// Intended files (`git add -N`) are left out, since nothing of them will be committed. Of a path in
/// conflict both sides are compared, and the path is listed as conflicted.
pub fn diff_index(objects: &impl ReadObjects, index: &Index, head_tree: Option<Oid>) -> Diff {
    match head_tree {
        Some(tree) => diff_index_merging(objects, index, &[tree]),
        None => diff_index_merging(objects, index, &[]),
    }
}

/// The same against several parents, for a commit that concludes a merge: what equals any parent's
/// entry is no change.
pub fn diff_index_merging(objects: &impl ReadObjects, index: &Index, parents: &[Oid]) -> Diff {
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
    /// How many bytes of each entry's path name the directory, with its `/`.
    prefix: usize,
    /// Where the entries below it are; only at the root may there be none.
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
        // A known id is what git will commit for this directory without looking below.
        let known = dir.cached.and_then(|cached| cached.id());
        if known.is_some() && dir.parents.contains(&known) {
            return;
        }
        let index = self.index;
        let Range { start: mut at, end } = dir.entries;
        let path = if at < end { &index.entry(at).path[..dir.prefix] } else { &[] };
        let cached = dir.cached.map(|cached| cached.children());
        let parents: Vec<Rc<Listing>> = dir.parents.iter().map(|id| self.trees.listing(path, *id)).collect();
        let mut seen: Vec<&[u8]> = Vec::new();
        while at < end {
            let first = index.entry(at);
            let below = &first.path[dir.prefix..];
            let slash = memchr::memchr(b'/', below);
            let name = &below[..slash.unwrap_or(below.len())];
            let prefix = dir.prefix + name.len() + usize::from(slash.is_some());
            let group_end = if first.path.len() == prefix {
                (at + 1..end).find(|&at| index.entry(at).path != first.path).unwrap_or(end)
            } else {
                // Entries of one directory stand together.
                index.end_of(&first.path[..prefix], at..end)
            };
            let group = at..group_end;
            at = group_end;
            let olds: Vec<Named<'_>> = parents.iter().map(|listing| listing.named(name)).collect();
            if slash.is_none() {
                if self.compare_file(group, &olds) {
                    seen.push(name);
                }
                continue;
            }
            let subtrees: Vec<Option<Oid>> = olds.iter().map(Named::subtree).collect();
            if group.clone().all(|at| index.entry(at).intent_to_add) {
                continue;
            }
            // "dir/" sorts between "dir-x" and "dirx", so a file "dir" of a type change has its own
            // turn; a directory only settles what is below it.
            if first.path.len() == prefix {
                // A folded directory of a sparse index.
                self.trees.compare(first.path.to_vec(), Some(first.id), subtrees);
            } else {
                let cached = cached.as_ref().and_then(|cached| cached.get(name));
                dirs.push(Dir { prefix, entries: group, parents: subtrees, cached });
            }
            seen.push(&first.path[dir.prefix..prefix]);
        }
        self.deletions(path, &parents, seen);
    }

    /// Compares the stages of one path. False when nothing will be committed there.
    fn compare_file(&mut self, stages: Range<usize>, olds: &[Named<'_>]) -> bool {
        let mut present = false;
        for entry in stages.map(|at| self.index.entry(at)) {
            if entry.stage > 0 {
                self.trees.diff.conflicted.push(entry.path.to_vec());
            }
            if entry.intent_to_add {
                continue;
            }
            present = true;
            // Stage 1 is the old common version.
            if entry.stage != 1 {
                let new = Entry { mode: entry.mode, id: entry.id };
                self.trees.compare_leaves(entry.path, &[new], olds);
            }
        }
        present
    }

    /// Notes what all parents have here and the index has not. `seen` names what it has, directories
    /// with their `/`.
    fn deletions(&mut self, path: &[u8], parents: &[Rc<Listing>], mut seen: Vec<&[u8]>) {
        let Some(first) = parents.first() else { return };
        seen.sort();
        for (name, entry) in first.iter() {
            let olds: Vec<Named<'_>> = parents.iter().map(|listing| listing.named(name)).collect();
            let full = [path, name].concat();
            if entry.mode == Mode::Tree {
                let subtrees: Vec<Option<Oid>> = olds.iter().map(Named::subtree).collect();
                let folder = [name, b"/"].concat();
                if subtrees.iter().all(Option::is_some) && seen.binary_search(&&folder[..]).is_err() {
                    self.trees.compare([&full[..], b"/"].concat(), None, subtrees);
                }
            } else if seen.binary_search(&name).is_err() {
                self.trees.compare_leaves(&full, &[], &olds);
            }
        }
    }
}

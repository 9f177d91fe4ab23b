//! Compares the index with HEAD, reading as few trees as possible.

use std::rc::Rc;

use super::Diff;
use super::listing::{Entry, Listing, Named};
use super::trees::TreeWalk;
use crate::git::index::{CachedDir, CachedTree, Index, IndexEntry};
use crate::git::object::ReadObjects;
use crate::git::oid::Oid;
use crate::git::tree::Mode;

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
    let mut walk = IndexWalk { trees: TreeWalk::new(objects) };
    let parents = parents.iter().copied().map(Some).collect();
    let cached = index.cached_tree.as_ref().map(CachedTree::root);
    let mut dirs = vec![Dir { prefix: 0, entries: &index.entries, parents, cached }];
    while let Some(dir) = dirs.pop() {
        walk.compare(dir, &mut dirs);
    }
    walk.trees.diff.sorted()
}

/// One directory of the index.
struct Dir<'i> {
    /// How many bytes of each entry's path name the directory, with its `/`.
    prefix: usize,
    /// All entries below it; only at the root may there be none.
    entries: &'i [IndexEntry],
    parents: Vec<Option<Oid>>,
    cached: Option<CachedDir<'i>>,
}

struct IndexWalk<'a, O> {
    trees: TreeWalk<'a, O>,
}

impl<O: ReadObjects> IndexWalk<'_, O> {
    fn compare<'i>(&mut self, dir: Dir<'i>, dirs: &mut Vec<Dir<'i>>) {
        // A known id is what git will commit for this directory without looking below.
        let known = dir.cached.and_then(|cached| cached.id());
        if known.is_some() && dir.parents.contains(&known) {
            return;
        }
        let path = dir.entries.first().map_or(&[][..], |entry| &entry.path[..dir.prefix]);
        let parents: Vec<Rc<Listing>> = dir.parents.iter().map(|id| self.trees.listing(path, *id)).collect();
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut rest = dir.entries;
        while let Some(first) = rest.first() {
            let below = &first.path[dir.prefix..];
            let slash = memchr::memchr(b'/', below);
            let name = &below[..slash.unwrap_or(below.len())];
            let prefix = dir.prefix + name.len() + usize::from(slash.is_some());
            let len = if first.path.len() == prefix {
                rest.iter().take_while(|entry| entry.path == first.path).count()
            } else {
                // Entries of one directory stand together; their end is found without visiting them.
                rest.partition_point(|entry| entry.path.starts_with(&first.path[..prefix]))
            };
            let (group, tail) = rest.split_at(len);
            rest = tail;
            let olds: Vec<Named<'_>> = parents.iter().map(|listing| listing.named(name)).collect();
            if slash.is_none() {
                if self.compare_file(group, &olds) {
                    seen.push(name);
                }
                continue;
            }
            let subtrees: Vec<Option<Oid>> = olds.iter().map(Named::subtree).collect();
            if group.iter().all(|entry| entry.intent_to_add) {
                continue;
            }
            // "dir/" sorts between "dir-x" and "dirx", so a file "dir" of a type change has its own
            // turn; a directory only settles what is below it.
            if first.path.len() == prefix {
                // A folded directory of a sparse index.
                self.trees.compare(first.path.clone(), Some(first.id), subtrees);
            } else {
                let cached = dir.cached.and_then(|cached| cached.child(name));
                dirs.push(Dir { prefix, entries: group, parents: subtrees, cached });
            }
            seen.push(&first.path[dir.prefix..prefix]);
        }
        self.deletions(path, &parents, seen);
    }

    /// Compares the stages of one path. False when nothing will be committed there.
    fn compare_file(&mut self, stages: &[IndexEntry], olds: &[Named<'_>]) -> bool {
        let path = &stages[0].path;
        if stages.iter().any(|entry| entry.stage > 0) {
            self.trees.diff.conflicted.push(path.clone());
        }
        let mut present = false;
        for entry in stages.iter().filter(|entry| !entry.intent_to_add) {
            present = true;
            // Stage 1 is the old common version.
            if entry.stage != 1 {
                let new = Entry { mode: entry.mode, id: entry.id };
                self.trees.compare_leaves(path, &[new], olds);
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

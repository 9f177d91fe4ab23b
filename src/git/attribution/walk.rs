//! Walks the trees of commits, parents first, and records where the targets of a query first appear.

use std::collections::{HashMap, HashSet};

use super::tree_index::TreeIndex;
use crate::git::odb::tree::Mode;

/// Maximum depth of directories, as in git (`core.maxTreeDepth`).
const MAX_DEPTH: u32 = 2048;

/// Maximum number of visits of known trees at further paths. A few small trees that repeat each other can form more
/// paths than fit into memory. Once the maximum is reached, each further tree is visited at one path only.
const MAX_REVISITS: usize = 1 << 18;

/// A path at which a target appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathEntry {
    /// The number of the first walked root that contains the target at this path.
    pub(super) root: u32,
    pub(super) path: Vec<u8>,
    pub(super) mode: Mode,
}

/// Walks one root tree after the other. Each tree is read once for each path that it has.
pub(super) struct TreeWalk<'t> {
    trees: &'t TreeIndex,
    /// Per tree: the number of the path at which it was seen first; 0 before that.
    first_paths: Vec<u32>,
    /// Whether trees were not visited at further paths because of [`MAX_REVISITS`].
    pub(super) is_truncated: bool,
    /// (tree, number of a path other than its first) of each revisit.
    revisits: HashSet<(u32, u32)>,
    /// Numbers of directory paths by (number of the parent's path, number of the name). The root's number is 1.
    paths: HashMap<(u32, u32), u32>,
    /// Per target, in the order of roots.
    pub(super) entries: Vec<Vec<PathEntry>>,
    /// What `entries` contains: (target, number of the directory's path, number of the name).
    seen: HashSet<(u32, u32, u32)>,
    stack: Vec<(u32, u32, u32, Vec<u8>)>,
}

impl<'t> TreeWalk<'t> {
    pub(super) fn new(trees: &'t TreeIndex) -> TreeWalk<'t> {
        TreeWalk {
            trees,
            first_paths: vec![0; trees.len()],
            is_truncated: false,
            revisits: HashSet::new(),
            paths: HashMap::new(),
            entries: vec![Vec::new(); trees.target_count()],
            seen: HashSet::new(),
            stack: Vec::new(),
        }
    }

    /// Walks `tree` as root number `root`. The numbers of successive calls must not decrease.
    pub(super) fn add_root(&mut self, tree: u32, root: u32) {
        if self.visit(tree, 1) {
            self.stack.push((tree, 1, 0, Vec::new()));
        }
        while let Some((tree, number, depth, path)) = self.stack.pop() {
            let trees = self.trees;
            for leaf in trees.leaves(tree) {
                if self.seen.insert((leaf.target, number, leaf.name)) {
                    let path = [&path, trees.name(leaf.name)].concat();
                    self.entries[leaf.target as usize].push(PathEntry { root, path, mode: leaf.mode });
                }
            }
            if depth < MAX_DEPTH {
                for edge in trees.subtrees(tree) {
                    let next = self.paths.len() as u32 + 2;
                    let number = *self.paths.entry((number, edge.name)).or_insert(next);
                    if self.visit(edge.child, number) {
                        let path = [&path, trees.name(edge.name), b"/"].concat();
                        self.stack.push((edge.child, number, depth + 1, path));
                    }
                }
            }
        }
    }

    /// Records a visit of `tree` at the path of this number. Returns whether it is the first one.
    fn visit(&mut self, tree: u32, path: u32) -> bool {
        match &mut self.first_paths[tree as usize] {
            first @ 0 => {
                *first = path;
                true
            }
            first if *first == path => false,
            _ if self.revisits.len() == MAX_REVISITS => {
                self.is_truncated |= !self.revisits.contains(&(tree, path));
                false
            }
            _ => self.revisits.insert((tree, path)),
        }
    }
}

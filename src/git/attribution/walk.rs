//! Walks commits parents first over the edges in memory, and sees where wanted blobs turn up.

use super::edges::{Leaf, TreeEdges};
use crate::git::tree::Mode;

/// As deep as git follows directories (`core.maxTreeDepth`).
const MAX_DEPTH: u32 = 2048;
/// A few small trees that repeat each other can spell more paths than memory holds; past so many
/// repeated visits in one commit each further tree is visited once.
const MAX_REVISITS: usize = 1 << 18;

/// Where a wanted blob first turned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct First {
    /// The number of the walked root.
    pub(super) root: u32,
    pub(super) paths: Vec<(Vec<u8>, Mode)>,
}

/// Walks roots one after the other; each tree is looked into under the first root that has it.
pub(super) struct Walk<'e> {
    edges: &'e TreeEdges,
    /// Per tree: 1 + the number of the root that it was first seen under.
    seen: Vec<u32>,
    /// Per wanted blob.
    pub(super) first: Vec<Option<First>>,
    stack: Vec<(u32, u32, Vec<u8>)>,
}

impl<'e> Walk<'e> {
    pub(super) fn new(edges: &'e TreeEdges, wanted: usize) -> Walk<'e> {
        Walk { edges, seen: vec![0; edges.len()], first: vec![None; wanted], stack: Vec::new() }
    }

    /// Walks the tree `at` as root number `root`. Numbers must not fall.
    ///
    /// A tree that an earlier root had holds nothing new. Within one root a tree is visited at each
    /// of its paths, since a blob may turn up at several at once.
    pub(super) fn root(&mut self, at: u32, root: u32) {
        let mut revisits = 0;
        self.stack.push((at, 0, Vec::new()));
        while let Some((at, depth, path)) = self.stack.pop() {
            match self.seen[at as usize] {
                0 => self.seen[at as usize] = root + 1,
                seen if seen == root + 1 && revisits < MAX_REVISITS => revisits += 1,
                _ => continue,
            }
            for (leaf, name) in self.edges.leaves(at) {
                note(&mut self.first[leaf.blob as usize], root, leaf, [&path, name].concat());
            }
            if depth < MAX_DEPTH {
                for (child, name) in self.edges.subtrees(at) {
                    let seen = self.seen[child as usize];
                    if seen == 0 || seen == root + 1 {
                        self.stack.push((child, depth + 1, [&path, name, b"/"].concat()));
                    }
                }
            }
        }
    }

    /// The wanted blobs below a tree, each once.
    pub(super) fn blobs_below(edges: &TreeEdges, at: u32) -> Vec<u32> {
        let mut seen = vec![false; edges.len()];
        let mut blobs = Vec::new();
        let mut stack = vec![at];
        while let Some(at) = stack.pop() {
            if !std::mem::replace(&mut seen[at as usize], true) {
                blobs.extend(edges.leaves(at).map(|(leaf, _)| leaf.blob));
                stack.extend(edges.subtrees(at).map(|(child, _)| child));
            }
        }
        blobs.sort_unstable();
        blobs.dedup();
        blobs
    }
}

fn note(first: &mut Option<First>, root: u32, leaf: Leaf, path: Vec<u8>) {
    let first = first.get_or_insert_with(|| First { root, paths: Vec::new() });
    if first.root == root {
        first.paths.push((path, leaf.mode));
    }
}

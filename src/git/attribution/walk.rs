//! Walks commits parents first over the edges in memory, and sees where wanted blobs turn up.

use std::collections::{HashMap, HashSet};

use super::tree_index::Trees;
use crate::git::odb::tree::Mode;

/// As deep as git follows directories (`core.maxTreeDepth`).
const MAX_DEPTH: u32 = 2048;
/// A few small trees that repeat each other can spell more paths than memory holds; past so many
/// visits of known trees at further paths, each further tree is visited at one path.
const MAX_REVISITS: usize = 1 << 18;

/// Where a wanted blob turned up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the first walked root that has it there.
    pub(super) root: u32,
    pub(super) path: Vec<u8>,
    pub(super) mode: Mode,
}

/// Walks roots one after the other; each tree is looked into once for each path it stands at.
pub(super) struct Walk<'e> {
    edges: &'e Trees,
    /// Per tree: the number of the path that it was first seen at, from 1.
    seen: Vec<u32>,
    /// Whether trees were not visited at further paths because there are too many of them.
    pub(super) is_cut: bool,
    /// The further paths of trees.
    also: HashSet<(u32, u32)>,
    /// The paths of directories: (that of the parent, number of the name) to number. The root's is 1.
    paths: HashMap<(u32, u32), u32>,
    /// Per wanted blob, in the order of roots.
    pub(super) places: Vec<Vec<Place>>,
    /// What is in there: blob, number of the directory's path, number of the name.
    known: HashSet<(u32, u32, u32)>,
    stack: Vec<(u32, u32, u32, Vec<u8>)>,
}

impl<'e> Walk<'e> {
    pub(super) fn new(edges: &'e Trees, wanted: usize) -> Walk<'e> {
        Walk {
            edges,
            seen: vec![0; edges.len()],
            is_cut: false,
            also: HashSet::new(),
            paths: HashMap::new(),
            places: vec![Vec::new(); wanted],
            known: HashSet::new(),
            stack: Vec::new(),
        }
    }

    /// Walks the tree `at` as root number `root`. Numbers must not fall.
    pub(super) fn root(&mut self, at: u32, root: u32) {
        if self.is_new(at, 1) {
            self.stack.push((at, 1, 0, Vec::new()));
        }
        while let Some((at, number, depth, path)) = self.stack.pop() {
            let edges = self.edges;
            for (leaf, name) in edges.leaves(at) {
                if self.known.insert((leaf.blob, number, name)) {
                    let path = [&path, edges.name(name)].concat();
                    self.places[leaf.blob as usize].push(Place { root, path, mode: leaf.mode });
                }
            }
            if depth < MAX_DEPTH {
                for (child, name) in edges.subtrees(at) {
                    let next = self.paths.len() as u32 + 2;
                    let number = *self.paths.entry((number, name)).or_insert(next);
                    if self.is_new(child, number) {
                        self.stack.push((child, number, depth + 1, [&path, edges.name(name), b"/"].concat()));
                    }
                }
            }
        }
    }

    /// Whether this is the first time that the tree is seen at the path of that number; then it
    /// counts as seen.
    fn is_new(&mut self, at: u32, path: u32) -> bool {
        match &mut self.seen[at as usize] {
            first @ 0 => {
                *first = path;
                true
            }
            first if *first == path => false,
            _ if self.also.len() == MAX_REVISITS => {
                self.is_cut |= !self.also.contains(&(at, path));
                false
            }
            _ => self.also.insert((at, path)),
        }
    }

    /// The wanted blobs below a tree, each once.
    pub(super) fn blobs_below(edges: &Trees, at: u32) -> Vec<u32> {
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

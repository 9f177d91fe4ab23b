//! The cached tree (`TREE` extension): ids of directories that have not changed since they were
//! last written as trees.

use super::IndexError;
use super::parse::Cursor;
use crate::git::oid::{HashAlgorithm, Oid};

/// The directories of the index, each with its tree's id where git still knows it.
///
/// git itself trusts these ids: `git commit` records them without looking at the entries below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedTree {
    /// The root first. A flat list, so that hostile depth cannot exhaust the stack.
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    name: Vec<u8>,
    id: Option<Oid>,
    /// Positions in the list, sorted by name.
    children: Vec<usize>,
}

/// One directory of a [`CachedTree`].
#[derive(Clone, Copy, Debug)]
pub struct CachedDir<'a> {
    tree: &'a CachedTree,
    at: usize,
}

impl CachedTree {
    /// Reads the extension's bytes; `None` when it is empty.
    pub(super) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Option<CachedTree>, IndexError> {
        let mut cursor = Cursor(content);
        let mut nodes: Vec<Node> = Vec::new();
        // Directories whose children are still to come: (position, how many).
        let mut open: Vec<(usize, usize)> = Vec::new();
        while !cursor.0.is_empty() {
            let name = cursor.until(0)?.to_vec();
            let entries = number(cursor.until(b' ')?)?;
            let children = number(cursor.until(b'\n')?)?;
            let children = usize::try_from(children).map_err(|_| IndexError::Corrupt("bad cached tree"))?;
            // A negative count marks a directory that changed since; then no id follows.
            let id = if entries < 0 { None } else { Some(cursor.id(algorithm)?) };
            let at = nodes.len();
            nodes.push(Node { name, id, children: Vec::new() });
            match open.last_mut() {
                Some((parent, left)) => {
                    nodes[*parent].children.push(at);
                    *left -= 1;
                }
                None if at > 0 => return Err(IndexError::Corrupt("the cached tree has two roots")),
                None => {}
            }
            open.push((at, children));
            while open.pop_if(|(_, left)| *left == 0).is_some() {}
        }
        if !open.is_empty() {
            return Err(IndexError::Corrupt("the cached tree ends too early"));
        }
        for at in 0..nodes.len() {
            let mut children = std::mem::take(&mut nodes[at].children);
            children.sort_by(|left, right| nodes[*left].name.cmp(&nodes[*right].name));
            nodes[at].children = children;
        }
        Ok(if nodes.is_empty() { None } else { Some(CachedTree { nodes }) })
    }

    /// The root directory.
    pub fn root(&self) -> CachedDir<'_> {
        CachedDir { tree: self, at: 0 }
    }
}

impl<'a> CachedDir<'a> {
    fn node(&self) -> &'a Node {
        &self.tree.nodes[self.at]
    }

    /// The tree that the index's entries of this directory form; `None` when that must be computed.
    pub fn id(&self) -> Option<Oid> {
        self.node().id
    }

    /// The directory of that name in this one.
    pub fn child(&self, name: &[u8]) -> Option<CachedDir<'a>> {
        let children = &self.node().children;
        let found = children.binary_search_by(|&at| self.tree.nodes[at].name.as_slice().cmp(name)).ok()?;
        Some(CachedDir { tree: self.tree, at: children[found] })
    }
}

fn number(text: &[u8]) -> Result<i64, IndexError> {
    let text = std::str::from_utf8(text).ok();
    text.and_then(|text| text.parse().ok()).ok_or(IndexError::Corrupt("bad number in the cached tree"))
}

//! The cached tree (`TREE` extension): ids of directories that have not changed since they were
//! last written as trees.

use super::IndexError;
use super::parse::Cursor;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// The directories of the index, each with its tree's id where git still knows it.
///
/// git itself trusts these ids: `git commit` records them without looking at the entries below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedTree {
    /// The extension. Names and ids stay in it: most are never looked at.
    content: Vec<u8>,
    /// Every directory before those in it, the root first. A flat list, so that hostile depth cannot exhaust
    /// the stack.
    nodes: Vec<Node>,
    id_len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    /// Where its name begins and ends.
    name: (u32, u32),
    /// Where its id begins, if it has one.
    id: Option<u32>,
    /// Where in the list the directories in it end.
    end: u32,
}

/// One directory of a [`CachedTree`].
#[derive(Clone, Copy, Debug)]
pub struct CachedDir<'a> {
    tree: &'a CachedTree,
    at: usize,
}

/// The directories in one directory.
#[derive(Clone, Debug)]
pub struct CachedChildren<'a> {
    /// Sorted by name, which is not how git writes them.
    by_name: Vec<(&'a [u8], CachedDir<'a>)>,
}

impl CachedTree {
    /// Reads the extension's bytes; `None` when it is empty.
    pub(super) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Option<CachedTree>, IndexError> {
        let mut cursor = Cursor(content);
        let mut nodes: Vec<Node> = Vec::new();
        // Directories whose children are still to come: (position, how many).
        let mut open: Vec<(usize, usize)> = Vec::new();
        // The length of an extension has 32 bits.
        let place = |cursor: &Cursor<'_>| (content.len() - cursor.0.len()) as u32;
        while !cursor.0.is_empty() {
            let start = place(&cursor);
            let name = (start, start + cursor.until(0)?.len() as u32);
            let entries = number(cursor.until(b' ')?)?;
            let children = number(cursor.until(b'\n')?)?;
            let children = usize::try_from(children).map_err(|_| IndexError::Corrupt("bad cached tree"))?;
            // A negative count marks a directory that changed since; then no id follows.
            let id = (entries >= 0).then(|| place(&cursor));
            if id.is_some() {
                cursor.take(algorithm.id_len())?;
            }
            let at = nodes.len();
            nodes.push(Node { name, id, end: 0 });
            match open.last_mut() {
                Some((_, left)) => *left -= 1,
                None if at > 0 => return Err(IndexError::Corrupt("the cached tree has two roots")),
                None => {}
            }
            open.push((at, children));
            while let Some((done, _)) = open.pop_if(|(_, left)| *left == 0) {
                nodes[done].end = nodes.len() as u32;
            }
        }
        if !open.is_empty() {
            return Err(IndexError::Corrupt("the cached tree ends too early"));
        }
        let tree = CachedTree { content: content.to_vec(), nodes, id_len: algorithm.id_len() };
        Ok(if tree.nodes.is_empty() { None } else { Some(tree) })
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

    fn name(&self) -> &'a [u8] {
        let (start, end) = self.node().name;
        &self.tree.content[start as usize..end as usize]
    }

    /// The tree that the index's entries of this directory form; `None` when that must be computed.
    pub fn id(&self) -> Option<Oid> {
        let start = self.node().id? as usize;
        Oid::from_bytes(&self.tree.content[start..start + self.tree.id_len])
    }

    /// The directories in this one.
    pub fn children(&self) -> CachedChildren<'a> {
        let mut by_name = Vec::new();
        let mut at = self.at + 1;
        while at < self.node().end as usize {
            let child = CachedDir { tree: self.tree, at };
            by_name.push((child.name(), child));
            at = child.node().end as usize;
        }
        by_name.sort_by_key(|(name, _)| *name);
        CachedChildren { by_name }
    }
}

impl<'a> CachedChildren<'a> {
    /// The directory of that name.
    pub fn get(&self, name: &[u8]) -> Option<CachedDir<'a>> {
        let at = self.by_name.binary_search_by_key(&name, |(name, _)| name).ok()?;
        Some(self.by_name[at].1)
    }
}

fn number(text: &[u8]) -> Result<i64, IndexError> {
    let text = std::str::from_utf8(text).ok();
    text.and_then(|text| text.parse().ok()).ok_or(IndexError::Corrupt("bad number in the cached tree"))
}

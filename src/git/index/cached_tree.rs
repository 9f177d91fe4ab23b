//! The cached tree (`TREE` extension): ids of directories that have not changed since they were last written as
//! trees.
//!
//! Format: the section "Cache tree" of git's `gitformat-index`.

use super::cursor::Cursor;
use super::error::IndexError;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// The directories of the index, each with the id of its tree where that is still valid.
///
/// git itself trusts these ids: `git commit` records them without reading the entries below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedTree {
    /// The bytes of the extension. Names and ids are read from it on demand, because most are never needed.
    content: Vec<u8>,
    /// Every directory before its subdirectories, the root first. A flat list, so that malicious nesting cannot
    /// exhaust the stack.
    nodes: Vec<Node>,
    id_len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    /// Start and end of its name in `content`.
    name: (u32, u32),
    /// Start of its id in `content`, if it has one.
    id: Option<u32>,
    /// End of its subdirectories in the list of nodes.
    end: u32,
}

/// One directory of a [`CachedTree`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct CachedDir<'a> {
    tree: &'a CachedTree,
    at: usize,
}

/// The subdirectories of one directory.
#[derive(Clone, Debug)]
pub(crate) struct CachedChildren<'a> {
    /// Sorted by name, which is not the order that git writes.
    by_name: Vec<(&'a [u8], CachedDir<'a>)>,
}

impl CachedTree {
    /// Parses the bytes of the extension; `None` when it is empty.
    ///
    /// # Errors
    /// The bytes are malformed.
    pub(super) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Option<CachedTree>, IndexError> {
        let mut cursor = Cursor(content);
        let mut nodes: Vec<Node> = Vec::new();
        // Directories whose subdirectories are not complete: (position, how many are left).
        let mut open: Vec<(usize, usize)> = Vec::new();
        // The length of an extension has 32 bits.
        let position = |cursor: &Cursor<'_>| (content.len() - cursor.0.len()) as u32;
        while !cursor.0.is_empty() {
            let start = position(&cursor);
            let name = (start, start + cursor.until(0)?.len() as u32);
            let entries = parse_number(cursor.until(b' ')?)?;
            let children = parse_number(cursor.until(b'\n')?)?;
            let children = usize::try_from(children).map_err(|_| IndexError::Corrupt("bad cached tree"))?;
            // A negative count means that the directory has changed since; then no id follows.
            let id = (entries >= 0).then(|| position(&cursor));
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
            while let Some((complete, _)) = open.pop_if(|(_, left)| *left == 0) {
                nodes[complete].end = nodes.len() as u32;
            }
        }
        if !open.is_empty() {
            return Err(IndexError::Corrupt("the cached tree ends too early"));
        }
        let tree = CachedTree { content: content.to_vec(), nodes, id_len: algorithm.id_len() };
        Ok(if tree.nodes.is_empty() { None } else { Some(tree) })
    }

    /// Returns the root directory.
    pub(crate) fn root(&self) -> CachedDir<'_> {
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

    /// Returns the id of the tree of this directory's entries; `None` when it is not cached.
    pub(crate) fn id(&self) -> Option<Oid> {
        let start = self.node().id? as usize;
        Oid::from_bytes(&self.tree.content[start..start + self.tree.id_len])
    }

    /// Returns the subdirectories.
    pub(crate) fn children(&self) -> CachedChildren<'a> {
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
    /// Returns the subdirectory with this name.
    pub(crate) fn get(&self, name: &[u8]) -> Option<CachedDir<'a>> {
        let at = self.by_name.binary_search_by_key(&name, |(name, _)| name).ok()?;
        Some(self.by_name[at].1)
    }
}

fn parse_number(text: &[u8]) -> Result<i64, IndexError> {
    let text = std::str::from_utf8(text).ok();
    text.and_then(|text| text.parse().ok()).ok_or(IndexError::Corrupt("bad number in the cached tree"))
}

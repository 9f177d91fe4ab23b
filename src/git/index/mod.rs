//! Reads the index: what `git commit` is about to record.
//!
//! An own reader, since libgit2's takes six times as long on a large index and keeps no cached tree
//! for [`crate::git::diff`] to skip unchanged directories by. The checksum at the end is not
//! verified: git may leave it out (`index.skipHash`), and computing it costs more than reading.

mod cached_tree;
mod entries;
mod ewah;
mod parse;
mod split;

use std::ops::Range;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub use cached_tree::{CachedChildren, CachedDir, CachedTree};
use entries::{Bytes, Entries};
use parse::Parsed;

use super::odb::oid::{HashAlgorithm, Oid};
use super::odb::pack::{Map, regular_file_len};
use super::odb::tree::Mode;

/// Why an index could not be read.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The system would not hand out the file.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The index, or the shared index it names.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes are no index.
    #[error("index is corrupt: {0}")]
    Corrupt(&'static str),
    /// A version or extension that one must know to read the file rightly.
    #[error("unsupported index: {0}")]
    Unsupported(String),
}

/// One entry of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry<'i> {
    /// Path from the root; ends with `/` for a directory that a sparse index keeps folded.
    pub path: &'i [u8],
    /// What it is; [`Mode::Tree`] only for such a folded directory.
    pub mode: Mode,
    /// The blob (gitlink: commit, folded directory: tree).
    pub id: Oid,
    /// 0, or in a conflict 1 (base), 2 (ours), 3 (theirs).
    pub stage: u8,
    /// Added by `git add -N`: only a promise, nothing will be committed.
    pub intent_to_add: bool,
}

/// What is staged.
pub struct Index {
    entries: Entries,
    /// The trees that git knows the entries to form already, where it does.
    pub cached_tree: Option<CachedTree>,
}

impl Index {
    /// One without entries.
    pub fn empty(algorithm: HashAlgorithm) -> Index {
        Index { entries: Entries::empty(algorithm), cached_tree: None }
    }

    /// Reads the index at `path`. A missing file is an empty index. `git_dir` is where the shared
    /// part of a split index lies.
    pub fn read(path: &Path, git_dir: &Path, algorithm: HashAlgorithm) -> Result<Index, IndexError> {
        let data = match bytes(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Index::empty(algorithm));
            }
            result => result.map_err(|source| IndexError::Io { path: path.into(), source })?,
        };
        Index::of(data, algorithm, &|id| {
            let name = format!("sharedindex.{id}");
            let beside = path.with_file_name(&name);
            let shared = git_dir.join(name);
            let shared = if shared.exists() { shared } else { beside };
            bytes(&shared).map_err(|source| IndexError::Io { path: shared, source })
        })
    }

    /// Reads an index's bytes; `shared` fetches the shared index of an id.
    pub fn from_bytes(
        data: &[u8],
        algorithm: HashAlgorithm,
        shared: &dyn Fn(&Oid) -> Result<Vec<u8>, IndexError>,
    ) -> Result<Index, IndexError> {
        Index::of(Bytes::Owned(data.to_vec()), algorithm, &|id| shared(id).map(Bytes::Owned))
    }

    fn of(
        data: Bytes,
        algorithm: HashAlgorithm,
        shared: &dyn Fn(&Oid) -> Result<Bytes, IndexError>,
    ) -> Result<Index, IndexError> {
        let Parsed { mut entries, mut cached_tree, link } = parse::parse(data, algorithm)?;
        if let Some(link) = link {
            let base = match link.base {
                Some(id) => parse::parse(shared(&id)?, algorithm)?.entries,
                None => Entries::empty(algorithm),
            };
            let is_sorted = base.were_sorted;
            entries = split::join(&base, &entries, &link, algorithm)?;
            if !is_sorted {
                cached_tree = None;
            }
            // What was added stands behind the rest, wherever it belongs.
            entries.sort();
        } else if !entries.were_sorted {
            entries.sort();
            // Names out of order mean that the counts of the cached tree fit nothing.
            cached_tree = None;
        }
        if entries.is_part {
            return Err(IndexError::Corrupt("entry without a path"));
        }
        Ok(Index { entries, cached_tree })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry at a place below [`Index::len`], by path bytes, then stage. Assume-unchanged and
    /// skip-worktree entries are among them: they are committed like all others.
    pub fn entry(&self, at: usize) -> IndexEntry<'_> {
        #[cfg(test)]
        given::count();
        self.entries.get(at)
    }

    /// All entries.
    pub fn entries(&self) -> impl Iterator<Item = IndexEntry<'_>> {
        (0..self.len()).map(|at| self.entry(at))
    }

    /// The first of the places `within` whose path is not `before`, where those that are come first.
    pub fn partition_point(&self, within: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        self.entries.partition_point(within, before)
    }

    /// The end of the entries below `folder` (which ends with `/`) among those of `within`, the first of
    /// which is one. Found without visiting them all.
    pub(super) fn end_of(&self, folder: &[u8], within: Range<usize>) -> usize {
        self.partition_point(within, |path| path.starts_with(folder))
    }
}

/// The bytes of the file at `path`. Small ones are read: that is cheaper than mapping them.
fn bytes(path: &Path) -> std::io::Result<Bytes> {
    const MAPPED_FROM: u64 = 64 << 10;
    if regular_file_len(path)? < MAPPED_FROM {
        return std::fs::read(path).map(Bytes::Owned);
    }
    Map::open(path).map(Bytes::Mapped)
}

/// How many entries this thread has looked at: tests count instead of timing.
#[cfg(test)]
pub(super) mod given {
    use std::cell::Cell;

    thread_local! {
        static ENTRIES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        ENTRIES.set(ENTRIES.get() + 1);
    }

    pub(crate) fn entries() -> usize {
        ENTRIES.get()
    }
}

#[cfg(all(test, unix))]
mod tests;

//! Reads the index: the content of the next `git commit`.
//!
//! libgit2's reader is not used: it takes six times as long on a large index, and provides no cached tree, by which
//! `git::diff` skips unchanged directories. The checksum at the end is not verified: git may leave it out
//! (`index.skipHash`), and computing it costs more than reading.
//!
//! Format: git's `gitformat-index`.

mod cached_tree;
mod cursor;
mod entries;
mod error;
mod ewah;
mod parse;
mod split;

use std::ops::Range;
use std::path::Path;

pub(crate) use cached_tree::{CachedDir, CachedTree};
use entries::Entries;
pub(crate) use entries::IndexEntry;
pub(crate) use error::IndexError;
use parse::Parsed;

use super::odb::oid::{HashAlgorithm, Oid};
use super::odb::pack::FileBytes;

/// The index of a repository: the staged entries.
pub(crate) struct Index {
    entries: Entries,
    /// The ids of directories whose trees git has already written; `None` without valid ones.
    pub cached_tree: Option<CachedTree>,
}

impl Index {
    /// An index without entries.
    pub(crate) fn empty(algorithm: HashAlgorithm) -> Index {
        Index { entries: Entries::empty(algorithm), cached_tree: None }
    }

    /// Reads the index at `path`. A missing file is an empty index. `git_dir` is the directory of the shared part of
    /// a split index.
    ///
    /// # Errors
    /// A file cannot be read, is corrupt, or has an unsupported version or extension.
    pub(crate) fn read(path: &Path, git_dir: &Path, algorithm: HashAlgorithm) -> Result<Index, IndexError> {
        let data = match FileBytes::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Index::empty(algorithm));
            }
            result => result.map_err(|source| IndexError::Io { path: path.into(), source })?,
        };
        Index::from_data(data, algorithm, &|id| {
            let name = format!("sharedindex.{id}");
            let beside = path.with_file_name(&name);
            let shared = git_dir.join(name);
            let shared = if shared.exists() { shared } else { beside };
            FileBytes::open(&shared).map_err(|source| IndexError::Io { path: shared, source })
        })
    }

    /// Parses the bytes of an index; `shared` returns the bytes of the shared index with this id.
    ///
    /// # Errors
    /// The index is corrupt, has an unsupported version or extension, or `shared` fails.
    #[cfg(test)]
    pub(crate) fn from_bytes(
        data: &[u8],
        algorithm: HashAlgorithm,
        shared: &dyn Fn(&Oid) -> Result<Vec<u8>, IndexError>,
    ) -> Result<Index, IndexError> {
        Index::from_data(FileBytes::Owned(data.to_vec()), algorithm, &|id| shared(id).map(FileBytes::Owned))
    }

    /// Parses and joins the parts of an index.
    fn from_data(
        data: FileBytes,
        algorithm: HashAlgorithm,
        shared: &dyn Fn(&Oid) -> Result<FileBytes, IndexError>,
    ) -> Result<Index, IndexError> {
        let Parsed { mut entries, mut cached_tree, link } = parse::parse(data, algorithm)?;
        if let Some(link) = link {
            let base = match link.base {
                Some(id) => parse::parse(shared(&id)?, algorithm)?.entries,
                None => Entries::empty(algorithm),
            };
            let is_sorted = base.was_sorted;
            entries = split::join(&base, &entries, &link, algorithm)?;
            if !is_sorted {
                cached_tree = None;
            }
            // The added entries are at the end of the list.
            entries.sort();
        } else if !entries.was_sorted {
            entries.sort();
            // The counts of the cached tree are not valid for entries in another order.
            cached_tree = None;
        }
        if entries.has_empty_paths {
            return Err(IndexError::Corrupt("entry without a path"));
        }
        Ok(Index { entries, cached_tree })
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the entry at a position below [`Index::len`]. Entries are sorted by path bytes, then stage.
    /// Assume-unchanged and skip-worktree entries are included: they are committed like all others.
    pub(crate) fn entry(&self, at: usize) -> IndexEntry<'_> {
        #[cfg(test)]
        access_counter::count();
        self.entries.get(at)
    }

    /// Iterates over all entries.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> impl Iterator<Item = IndexEntry<'_>> {
        (0..self.len()).map(|at| self.entry(at))
    }

    /// Returns the first of the positions `within` whose path does not satisfy `before`; those that satisfy it must
    /// come first.
    pub(crate) fn partition_point(&self, within: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        self.entries.partition_point(within, before)
    }

    /// Returns the end of the entries below `directory` (which ends with `/`) among the positions `within`, the first
    /// of which is below it. Uses a binary search.
    pub(super) fn end_of_directory(&self, directory: &[u8], within: Range<usize>) -> usize {
        self.partition_point(within, |path| path.starts_with(directory))
    }
}

/// Counts the entries that this thread reads, for tests of the amount of work.
#[cfg(test)]
pub(super) mod access_counter {
    use std::cell::Cell;

    thread_local! {
        static ENTRIES: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        ENTRIES.set(ENTRIES.get() + 1);
    }

    pub(crate) fn entries_read() -> usize {
        ENTRIES.get()
    }
}

#[cfg(all(test, unix))]
mod tests;

//! Reads the index: what `git commit` is about to record.
//!
//! An own reader, since libgit2's takes six times as long on a large index and keeps no cached tree
//! for [`crate::git::diff`] to skip unchanged directories by. The checksum at the end is not
//! verified: git may leave it out (`index.skipHash`), and computing it costs more than reading.

mod cached_tree;
mod ewah;
mod parse;
mod split;

use std::path::{Path, PathBuf};

use thiserror::Error;

pub use cached_tree::{CachedDir, CachedTree};

use super::oid::{HashAlgorithm, Oid};
use super::tree::Mode;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    /// Path from the root; ends with `/` for a directory that a sparse index keeps folded.
    pub path: Vec<u8>,
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
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// All entries, sorted by path bytes, then stage. Assume-unchanged and skip-worktree entries are
    /// among them: they are committed like all others.
    pub entries: Vec<IndexEntry>,
    /// The trees that git knows the entries to form already, where it does.
    pub cached_tree: Option<CachedTree>,
}

impl Index {
    /// Reads the index at `path`. A missing file is an empty index. `git_dir` is where the shared
    /// part of a split index lies.
    pub fn read(path: &Path, git_dir: &Path, algorithm: HashAlgorithm) -> Result<Index, IndexError> {
        let data = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Index::default()),
            result => result.map_err(|source| IndexError::Io { path: path.into(), source })?,
        };
        Index::from_bytes(&data, algorithm, &|id| {
            let name = format!("sharedindex.{id}");
            let beside = path.with_file_name(&name);
            let shared = git_dir.join(name);
            let shared = if shared.exists() { shared } else { beside };
            std::fs::read(&shared).map_err(|source| IndexError::Io { path: shared, source })
        })
    }

    /// Reads an index's bytes; `shared` fetches the shared index of an id.
    pub fn from_bytes(
        data: &[u8],
        algorithm: HashAlgorithm,
        shared: &dyn Fn(&Oid) -> Result<Vec<u8>, IndexError>,
    ) -> Result<Index, IndexError> {
        let mut parsed = parse::parse(data, algorithm)?;
        if let Some(link) = parsed.link.take() {
            let base = match link.base {
                Some(id) => parse::parse(&shared(&id)?, algorithm)?.entries,
                None => Vec::new(),
            };
            parsed.entries = split::join(base, parsed.entries, &link)?;
        }
        if parsed.entries.iter().any(|entry| entry.path.is_empty()) {
            return Err(IndexError::Corrupt("entry without a path"));
        }
        // git writes them sorted; the readers of this list rely on it, so it is made sure.
        let key = |entry: &IndexEntry| (entry.path.clone(), entry.stage);
        let sorted = |pair: &[IndexEntry]| {
            (pair[0].path.as_slice(), pair[0].stage) <= (pair[1].path.as_slice(), pair[1].stage)
        };
        if !parsed.entries.windows(2).all(sorted) {
            parsed.entries.sort_by_cached_key(key);
            // Names out of order mean that the counts of the cached tree fit nothing.
            parsed.cached_tree = None;
        }
        Ok(Index { entries: parsed.entries, cached_tree: parsed.cached_tree })
    }
}

#[cfg(all(test, unix))]
mod tests;

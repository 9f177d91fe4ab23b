//! One `.pack` file with its index: entry headers, and the compressed bytes after them.
//!
//! An entry's header gives its size and its delta base without inflating anything.
//!
//! Format: the section on `.pack` files in git's `gitformat-pack`.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::delta::{Delta, DeltaError};
use super::index::{PackIndex, read_u32};
use super::inflate::{InflateError, Inflater};
use super::mmap::MappedFile;
use crate::git::odb::object::Kind;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// Why one entry of a pack cannot be read.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub(crate) enum PackError {
    /// The offset is not within the entries of the pack.
    #[error("offset {0} is outside the pack's entries")]
    OffsetOutOfRange(u64),
    /// The header is truncated or contains an impossible number.
    #[error("no entry header at offset {0}")]
    Header(u64),
    /// The type field has a reserved value.
    #[error("unknown entry type {kind} at offset {offset}")]
    Type {
        /// Byte offset of the entry.
        offset: u64,
        /// The value of the field.
        kind: u8,
    },
    /// The base offset is outside the entries before this one.
    #[error("the delta at offset {0} has no possible base")]
    Base(u64),
    /// The delta chain is cyclic, or longer than allowed.
    #[error("the delta at offset {0} has an endless chain of bases")]
    EndlessChain(u64),
    /// The compressed bytes are damaged.
    #[error("at offset {offset}: {error}")]
    Inflate {
        /// Byte offset of the entry.
        offset: u64,
        /// The cause.
        error: InflateError,
    },
    /// The delta is damaged or does not fit its base.
    #[error("at offset {offset}: {error}")]
    Delta {
        /// Byte offset of the entry.
        offset: u64,
        /// The cause.
        error: DeltaError,
    },
}

/// The header of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Byte offset of the header in the pack.
    pub offset: u64,
    /// Inflated size in bytes of the stored object or delta instructions.
    pub size: u64,
    /// The delta base, if the entry is a delta.
    pub base: EntryBase,
    /// Byte offset of the compressed bytes.
    data: usize,
}

/// Whether an entry is a complete object or a delta, and against which base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryBase {
    /// A complete (undeltified) object.
    Whole(Kind),
    /// A delta against the entry at this lower offset of the same pack (`OBJ_OFS_DELTA`).
    Offset(u64),
    /// A delta against the object with this id (`OBJ_REF_DELTA`).
    Id(Oid),
}

/// A pack and its index.
#[derive(Debug)]
pub(crate) struct PackFile {
    path: PathBuf,
    map: MappedFile,
    /// Byte offset where the entries end.
    end: usize,
    index: PackIndex,
    algorithm: HashAlgorithm,
}

impl PackFile {
    /// Maps the `.pack` file at `path`. A pack that does not match its index (another checksum, another number of
    /// objects, truncated) is still opened, so that its readable entries are found: see
    /// [`PackFile::inconsistency`].
    ///
    /// # Errors
    /// The file cannot be mapped.
    pub(crate) fn open(path: &Path, index: PackIndex, algorithm: HashAlgorithm) -> std::io::Result<PackFile> {
        let map = MappedFile::open(path)?;
        let mut pack = PackFile { path: path.to_owned(), end: map.len(), map, index, algorithm };
        if pack.inconsistency().is_none() {
            pack.end -= algorithm.id_len();
        }
        Ok(pack)
    }

    /// Returns why the pack does not match its index or is no complete pack; `None` when it is consistent.
    pub(crate) fn inconsistency(&self) -> Option<String> {
        let id_len = self.algorithm.id_len();
        if !self.map.starts_with(b"PACK") || self.map.len() < 12 + id_len {
            return Some("not a pack, or truncated".into());
        }
        let version = read_u32(&self.map, 4).unwrap_or(0);
        if !(2..=3).contains(&version) {
            return Some(format!("unknown pack version {version}"));
        }
        let checksum = self.index.pack_checksum()?;
        let objects = read_u32(&self.map, 8).unwrap_or(0);
        if objects != self.index.len() {
            return Some(format!("contains {objects} objects, but its index lists {}", self.index.len()));
        }
        let is_same = self.map.ends_with(checksum);
        (!is_same).then(|| "its checksum differs from the one in its index (truncated or replaced)".into())
    }

    /// The path of the `.pack` file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The index of the pack.
    pub(crate) fn index(&self) -> &PackIndex {
        &self.index
    }

    /// Parses the header of the entry at byte offset `offset`.
    ///
    /// # Errors
    /// There is no valid header at this offset.
    pub(crate) fn entry(&self, offset: u64) -> Result<Entry, PackError> {
        let start = usize::try_from(offset).ok().filter(|start| (12..self.end).contains(start));
        let mut rest =
            start.map(|start| &self.map[start..self.end]).ok_or(PackError::OffsetOutOfRange(offset))?;
        let mut next = || {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            Some(byte)
        };
        let header = PackError::Header(offset);
        let Some(first) = next() else { return Err(header) };
        let mut size = u64::from(first & 0x0f);
        let mut more = first & 0x80 != 0;
        let mut shift = 4;
        while more {
            let Some(byte) = next().filter(|_| shift < 64) else { return Err(header) };
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(header);
            }
            size |= bits << shift;
            shift += 7;
            more = byte & 0x80 != 0;
        }
        let base = match first >> 4 & 7 {
            1 => EntryBase::Whole(Kind::Commit),
            2 => EntryBase::Whole(Kind::Tree),
            3 => EntryBase::Whole(Kind::Blob),
            4 => EntryBase::Whole(Kind::Tag),
            6 => {
                let distance = distance(&mut next).ok_or(header)?;
                let base = offset.checked_sub(distance).filter(|base| (12..offset).contains(base));
                EntryBase::Offset(base.ok_or(PackError::Base(offset))?)
            }
            7 => {
                let (id, tail) = rest.split_at_checked(self.algorithm.id_len()).ok_or(header)?;
                rest = tail;
                EntryBase::Id(Oid::from_bytes(id).expect("as many bytes as an id has"))
            }
            kind => return Err(PackError::Type { offset, kind }),
        };
        Ok(Entry { offset, size, base, data: self.end - rest.len() })
    }

    /// Returns the index position and header of every indexed entry, in the order of the pack.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, Result<Entry, PackError>)> {
        self.positions().into_iter().map(|(offset, position)| (position, self.entry(offset)))
    }

    /// Returns the offset and index position of every indexed entry, in the order of the pack. An entry whose offset
    /// is not in the index gets `u64::MAX`, where no entry is.
    pub(crate) fn positions(&self) -> Vec<(u64, u32)> {
        let offset = |position| self.index.offset(position).unwrap_or(u64::MAX);
        let mut positions: Vec<_> =
            (0..self.index.len()).map(|position| (offset(position), position)).collect();
        positions.sort_unstable();
        positions
    }

    /// Returns the id of the object at `offset`. Reads the whole index, so it is for error handling only.
    pub(crate) fn id_at(&self, offset: u64) -> Option<Oid> {
        let position = (0..self.index.len()).find(|&position| self.index.offset(position) == Some(offset))?;
        Some(self.index.id(position))
    }

    /// Replaces the content of `out` with what `entry` stores: the object, or the delta instructions.
    ///
    /// # Errors
    /// The compressed bytes are damaged.
    pub(crate) fn inflate(
        &self,
        entry: &Entry,
        inflater: &mut Inflater,
        out: &mut Vec<u8>,
    ) -> Result<(), PackError> {
        let stored = &self.map[entry.data..self.end];
        let result = inflater.inflate(stored, entry.size, out);
        result.map(|_| ()).map_err(|error| PackError::Inflate { offset: entry.offset, error })
    }

    /// Returns the size in bytes of the object that `entry` represents: for a delta the size in its header.
    ///
    /// # Errors
    /// The delta header cannot be read.
    pub(crate) fn object_size(&self, entry: &Entry, inflater: &mut Inflater) -> Result<u64, PackError> {
        if let EntryBase::Whole(_) = entry.base {
            return Ok(entry.size);
        }
        let offset = entry.offset;
        let mut header = [0; 20];
        let header = inflater.inflate_prefix(&self.map[entry.data..self.end], &mut header);
        let header = header.map_err(|error| PackError::Inflate { offset, error })?;
        let delta = Delta::parse(header).map_err(|error| PackError::Delta { offset, error })?;
        Ok(delta.result_len())
    }
}

/// Parses the distance to the base of an `OBJ_OFS_DELTA`: seven bits a byte, most significant first. Each further
/// byte adds one, so that no number has two encodings.
fn distance(next: &mut impl FnMut() -> Option<u8>) -> Option<u64> {
    let mut byte = next()?;
    let mut value = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = next()?;
        value = value.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
    }
    Some(value)
}

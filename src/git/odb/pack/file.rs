//! One `.pack` file with its index: entry headers, and the compressed bytes behind them.
//!
//! An entry's header gives its size and what it is based on without inflating anything.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::delta::{Delta, DeltaError};
use super::index::{Index, read_u32};
use super::inflate::{InflateError, Inflater};
use super::mmap::Map;
use crate::git::odb::object::Kind;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// Why one entry of a pack does not read back.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum PackError {
    /// The offset is not within the entries of the pack.
    #[error("offset {0} is outside the pack's entries")]
    Outside(u64),
    /// The header is cut short or holds an impossible number.
    #[error("no entry header at offset {0}")]
    Header(u64),
    /// The type field has a value that git does not use.
    #[error("unknown entry type {kind} at offset {offset}")]
    Type {
        /// Where the entry starts.
        offset: u64,
        /// The value of the field.
        kind: u8,
    },
    /// The base is said to lie before the pack, or at the entry itself.
    #[error("the delta at offset {0} has no possible base")]
    Base(u64),
    /// The chain of bases comes back to where it began, or is longer than allowed.
    #[error("the delta at offset {0} has an endless chain of bases")]
    Endless(u64),
    /// The compressed bytes are bad.
    #[error("at offset {offset}: {error}")]
    Inflate {
        /// Where the entry starts.
        offset: u64,
        /// What is wrong.
        error: InflateError,
    },
    /// The delta is bad or does not fit its base.
    #[error("at offset {offset}: {error}")]
    Delta {
        /// Where the entry starts.
        offset: u64,
        /// What is wrong.
        error: DeltaError,
    },
}

/// The header of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the header starts.
    pub offset: u64,
    /// The inflated size of what is stored: of the object, or of the delta instructions.
    pub size: u64,
    /// What is stored.
    pub base: EntryBase,
    data: usize,
}

/// Whether an entry stands alone or is a delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryBase {
    /// A whole object.
    Whole(Kind),
    /// A delta over the entry at this offset of the same pack, which is always a lower one.
    Offset(u64),
    /// A delta over the object with this id.
    Id(Oid),
}

/// A pack and the index that says what is in it.
#[derive(Debug)]
pub struct PackFile {
    path: PathBuf,
    map: Map,
    end: usize,
    index: Index,
    algorithm: HashAlgorithm,
}

impl PackFile {
    /// Maps the `.pack` file at `path`. A pack that does not fit its index (another checksum, another number
    /// of objects, cut short) is still opened, for what can be read of it; [`PackFile::doubt`] tells.
    pub fn open(path: &Path, index: Index, algorithm: HashAlgorithm) -> std::io::Result<PackFile> {
        let map = Map::open(path)?;
        let mut pack = PackFile { path: path.to_owned(), end: map.len(), map, index, algorithm };
        if pack.doubt().is_none() {
            pack.end -= algorithm.id_len();
        }
        Ok(pack)
    }

    /// What makes this pack as a whole doubtful, if anything does.
    pub fn doubt(&self) -> Option<String> {
        let width = self.algorithm.id_len();
        if !self.map.starts_with(b"PACK") || self.map.len() < 12 + width {
            return Some("not a pack, or cut short".into());
        }
        let version = read_u32(&self.map, 4).unwrap_or(0);
        if !(2..=3).contains(&version) {
            return Some(format!("unknown pack version {version}"));
        }
        let checksum = self.index.pack_checksum()?;
        let objects = read_u32(&self.map, 8).unwrap_or(0);
        if objects != self.index.len() {
            return Some(format!("holds {objects} objects, and its index lists {}", self.index.len()));
        }
        let fits = self.map.ends_with(checksum);
        (!fits).then(|| "its checksum is not the one that its index names (cut short or replaced)".into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The header of the entry at `offset`.
    pub fn entry(&self, offset: u64) -> Result<Entry, PackError> {
        let start = usize::try_from(offset).ok().filter(|start| (12..self.end).contains(start));
        let mut rest = start.map(|start| &self.map[start..self.end]).ok_or(PackError::Outside(offset))?;
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
                EntryBase::Id(Oid::from_bytes(id).expect("the width is that of a hash algorithm"))
            }
            kind => return Err(PackError::Type { offset, kind }),
        };
        Ok(Entry { offset, size, base, data: self.end - rest.len() })
    }

    /// The index position and header of every indexed entry, in the order of the pack.
    pub fn entries(&self) -> impl Iterator<Item = (u32, Result<Entry, PackError>)> {
        self.positions().into_iter().map(|(offset, position)| (position, self.entry(offset)))
    }

    /// The offset and index position of every indexed entry, in the order of the pack. An entry whose offset
    /// the index cannot tell has `u64::MAX`, where no entry is.
    pub(crate) fn positions(&self) -> Vec<(u64, u32)> {
        let offset = |position| self.index.offset(position).unwrap_or(u64::MAX);
        let mut positions: Vec<_> =
            (0..self.index.len()).map(|position| (offset(position), position)).collect();
        positions.sort_unstable();
        positions
    }

    /// The id of the object at `offset`, by looking through the whole index: for what goes wrong only.
    pub fn id_at(&self, offset: u64) -> Option<Oid> {
        let position = (0..self.index.len()).find(|&position| self.index.offset(position) == Some(offset))?;
        Some(self.index.id(position))
    }

    /// Replaces the content of `out` by what `entry` stores: the object, or the delta instructions.
    pub fn inflate(
        &self,
        entry: &Entry,
        inflater: &mut Inflater,
        out: &mut Vec<u8>,
    ) -> Result<(), PackError> {
        let stored = &self.map[entry.data..self.end];
        let result = inflater.inflate(stored, entry.size, out);
        result.map(|_| ()).map_err(|error| PackError::Inflate { offset: entry.offset, error })
    }

    /// The size of the object that `entry` makes: for a delta the size it announces.
    pub fn object_size(&self, entry: &Entry, inflater: &mut Inflater) -> Result<u64, PackError> {
        if let EntryBase::Whole(_) = entry.base {
            return Ok(entry.size);
        }
        let offset = entry.offset;
        let mut head = [0; 20];
        let head = inflater.prefix(&self.map[entry.data..self.end], &mut head);
        let head = head.map_err(|error| PackError::Inflate { offset, error })?;
        let delta = Delta::parse(head).map_err(|error| PackError::Delta { offset, error })?;
        Ok(delta.result_len())
    }
}

/// Seven bits a byte, highest first, and each further byte adds one so that no number has two forms.
fn distance(next: &mut impl FnMut() -> Option<u8>) -> Option<u64> {
    let mut byte = next()?;
    let mut value = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = next()?;
        value = value.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
    }
    Some(value)
}

//! The offset of each object in one pack: `.idx` files of version 1 and 2, or a list from a multi-pack index.
//!
//! Opening checks the size and the fan-out table only, so that a hook does not read the whole file. An index whose
//! ids are out of order is detected by [`PackIndex::is_sorted`]; its only effect is that lookups miss objects.
//!
//! Format: the sections on pack `.idx` files in git's `gitformat-pack`.

use std::path::Path;

use thiserror::Error;

use super::mmap::MappedFile;
use crate::git::odb::oid::{HashAlgorithm, Oid};

const V2_MAGIC: &[u8] = b"\xfftOc";
/// Bytes of a fan-out table: 256 cumulative counts of 4 bytes, by the first byte of the id.
pub(crate) const FAN_OUT_LEN: usize = 256 * 4;
/// Set in a version 2 offset that is a row number in the table of 64-bit offsets.
const LARGE: u32 = 1 << 31;

/// How many interpolation steps a lookup takes before it continues as a binary search.
const MAX_INTERPOLATIONS: u32 = 8;

/// Why an index cannot be used.
#[derive(Debug, Error)]
pub(crate) enum PackIndexError {
    /// The file cannot be opened or mapped.
    #[error("cannot be opened: {0}")]
    Open(#[from] std::io::Error),
    /// The version is not supported.
    #[error("has the unknown version {0}")]
    Version(u32),
    /// Its hash algorithm is not that of the repository.
    #[error("is for another hash algorithm")]
    Algorithm,
    /// Its parts are inconsistent.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// The objects of one pack. A position counts the objects in the order of the index, which is by id.
#[derive(Debug)]
pub(crate) struct PackIndex {
    table: Table,
    count: u32,
    /// Bytes per object id.
    id_len: usize,
}

#[derive(Debug)]
enum Table {
    V1(MappedFile),
    /// The file, and the number of rows in its table of 64-bit offsets.
    V2(MappedFile, usize),
    List {
        ids: Vec<u8>,
        offsets: Vec<u64>,
    },
}

impl PackIndex {
    /// Opens the `.idx` file at `path`.
    ///
    /// # Errors
    /// The file cannot be opened, or is not a complete index for this hash algorithm.
    pub(crate) fn open(path: &Path, algorithm: HashAlgorithm) -> Result<PackIndex, PackIndexError> {
        let map = MappedFile::open(path)?;
        let id_len = algorithm.id_len();
        let is_version_2 = map.starts_with(V2_MAGIC);
        if is_version_2 {
            match read_u32(&map, 4) {
                Some(2) => (),
                version => return Err(PackIndexError::Version(version.unwrap_or(0))),
            }
        }
        let fan_out = if is_version_2 { 8 } else { 0 };
        let count = fan_out_total(&map, fan_out)?;
        let row = if is_version_2 { id_len + 4 + 4 } else { 4 + id_len };
        let fixed = (count as usize)
            .checked_mul(row)
            .and_then(|rows| rows.checked_add(fan_out + FAN_OUT_LEN + 2 * id_len));
        let spare = fixed.and_then(|fixed| map.len().checked_sub(fixed));
        let spare = spare.ok_or(PackIndexError::Damaged("too short for its number of objects"))?;
        let is_complete =
            if is_version_2 { spare.is_multiple_of(8) && spare / 8 <= count as usize } else { spare == 0 };
        if !is_complete {
            return Err(PackIndexError::Damaged("its length does not fit its number of objects"));
        }
        let table = if is_version_2 { Table::V2(map, spare / 8) } else { Table::V1(map) };
        Ok(PackIndex { table, count, id_len })
    }

    /// Creates an index from ids and offsets in any order.
    pub(crate) fn from_objects(algorithm: HashAlgorithm, mut objects: Vec<(Oid, u64)>) -> PackIndex {
        let id_len = algorithm.id_len();
        objects.retain(|(id, _)| id.as_bytes().len() == id_len);
        objects.sort_unstable();
        objects.truncate(u32::MAX as usize);
        let ids = objects.iter().flat_map(|(id, _)| id.as_bytes()).copied().collect();
        let offsets: Vec<u64> = objects.iter().map(|(_, offset)| *offset).collect();
        PackIndex { count: offsets.len() as u32, table: Table::List { ids, offsets }, id_len }
    }

    /// Returns the number of objects.
    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// Returns the id at `position`.
    ///
    /// # Panics
    /// When `position` is not below [`PackIndex::len`].
    pub(crate) fn id(&self, position: u32) -> Oid {
        Oid::from_bytes(self.raw_id(position)).expect("as many bytes as an id has")
    }

    /// Returns the byte offset in the pack of the object at `position`; `None` when the index refers outside its own
    /// tables. The offset is not checked against the pack.
    pub(crate) fn offset(&self, position: u32) -> Option<u64> {
        let position = position as usize;
        let count = self.count as usize;
        match &self.table {
            Table::V1(map) => read_u32(map, FAN_OUT_LEN + position * (4 + self.id_len)).map(u64::from),
            Table::V2(map, large) => {
                let offsets = 8 + FAN_OUT_LEN + count * (self.id_len + 4);
                let small = read_u32(map, offsets + position * 4)?;
                if small & LARGE == 0 {
                    return Some(u64::from(small));
                }
                let row = (small & !LARGE) as usize;
                let at = offsets + count * 4 + row * 8;
                let bytes = map.get(at..at + 8).filter(|_| row < *large)?;
                bytes.try_into().ok().map(u64::from_be_bytes)
            }
            Table::List { offsets, .. } => offsets.get(position).copied(),
        }
    }

    /// Returns the position of `id`, if it is listed.
    pub(crate) fn find(&self, id: &Oid) -> Option<u32> {
        self.find_raw(id.as_bytes())
    }

    /// Returns the position of the id with these bytes, if it is listed.
    ///
    /// Ids are evenly distributed, so an interpolation search finds one among a million in about four steps instead
    /// of twelve. Ids that were chosen to defeat it are found by a binary search after a few steps.
    pub(crate) fn find_raw(&self, wanted: &[u8]) -> Option<u32> {
        if wanted.len() != self.id_len {
            return None;
        }
        let prefix = prefix(wanted)?;
        let (mut low, mut high) = self.bucket(wanted[0]);
        let (mut low_prefix, mut high_prefix) = match &self.table {
            Table::List { .. } => (0, u64::MAX),
            _ => (u64::from(wanted[0]) << 56, u64::from(wanted[0]) << 56 | u64::MAX >> 8),
        };
        let (ids, start, step) = self.ids();
        let mut interpolations = MAX_INTERPOLATIONS;
        while low < high {
            let middle = if interpolations > 0 {
                interpolations -= 1;
                let share = prefix.saturating_sub(low_prefix) as f64
                    / (high_prefix.saturating_sub(low_prefix) as f64 + 1.0);
                low + ((f64::from(high - low) * share) as u32).min(high - low - 1)
            } else {
                low + (high - low) / 2
            };
            let at = start + middle as usize * step;
            let id = ids.get(at..at + self.id_len)?;
            let found = self::prefix(id)?;
            let order = found.cmp(&prefix).then_with(|| id[8..].cmp(&wanted[8..]));
            match order {
                std::cmp::Ordering::Less => (low, low_prefix) = (middle + 1, found),
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => (high, high_prefix) = (middle, found),
            }
        }
        None
    }

    /// Returns whether every id is greater than the one before it, as git writes them. Reads the whole index.
    pub(crate) fn is_sorted(&self) -> bool {
        (1..self.count).all(|position| self.raw_id(position - 1) < self.raw_id(position))
    }

    /// Returns the checksum of the pack that the index records; `None` for an index from a multi-pack index.
    pub(crate) fn pack_checksum(&self) -> Option<&[u8]> {
        let (Table::V1(map) | Table::V2(map, _)) = &self.table else { return None };
        let end = map.len() - self.id_len;
        Some(&map[end - self.id_len..end])
    }

    pub(crate) fn raw_id(&self, position: u32) -> &[u8] {
        assert!(position < self.count, "position {position} of {}", self.count);
        let (ids, start, step) = self.ids();
        let at = start + position as usize * step;
        &ids[at..at + self.id_len]
    }

    /// Returns the bytes that contain the ids, the offset of the first one, and the distance between two.
    fn ids(&self) -> (&[u8], usize, usize) {
        match &self.table {
            Table::V1(map) => (map, FAN_OUT_LEN + 4, 4 + self.id_len),
            Table::V2(map, _) => (map, 8 + FAN_OUT_LEN, self.id_len),
            Table::List { ids, .. } => (ids, 0, self.id_len),
        }
    }

    /// Returns the range of positions (start, end) of the ids that begin with the byte `first`.
    fn bucket(&self, first: u8) -> (u32, u32) {
        let (map, fan_out) = match &self.table {
            Table::V1(map) => (map, 0),
            Table::V2(map, _) => (map, 8),
            Table::List { .. } => return (0, self.count),
        };
        let upto = |byte: u8| read_u32(map, fan_out + usize::from(byte) * 4).unwrap_or(0);
        (first.checked_sub(1).map_or(0, upto), upto(first))
    }
}

/// Returns the first eight bytes of an id as a number of the same order.
fn prefix(id: &[u8]) -> Option<u64> {
    id.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// Returns the number of objects of the fan-out table at byte offset `start`.
///
/// # Errors
/// The table is truncated, or its counts decrease.
pub(crate) fn fan_out_total(bytes: &[u8], start: usize) -> Result<u32, PackIndexError> {
    let table = bytes.get(start..start + FAN_OUT_LEN).ok_or(PackIndexError::Damaged("truncated"))?;
    let mut before = 0;
    for row in 0..256 {
        let upto = read_u32(table, row * 4).unwrap_or(0);
        if upto < before {
            return Err(PackIndexError::Damaged("its fan-out table decreases"));
        }
        before = upto;
    }
    Ok(before)
}

/// Returns the big-endian number at byte offset `at`; `None` when the bytes end before it does.
pub(crate) fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    bytes.try_into().ok().map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: HashAlgorithm = HashAlgorithm::Sha1;

    fn id(n: u32) -> Oid {
        let mut raw = [0; 20];
        raw[..4].copy_from_slice(&n.wrapping_mul(0x9E37_79B9).to_be_bytes());
        raw[16..].copy_from_slice(&n.to_be_bytes());
        Oid::from_bytes(&raw).expect("20 bytes")
    }

    fn fan_out(ids: &[Oid]) -> Vec<u8> {
        let upto = |byte: u8| ids.iter().filter(|id| id.as_bytes()[0] <= byte).count() as u32;
        (0..=255).flat_map(|byte| upto(byte).to_be_bytes()).collect()
    }

    fn opened(bytes: &[u8]) -> Result<PackIndex, PackIndexError> {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), bytes).expect("write");
        PackIndex::open(file.path(), SHA1)
    }

    fn assert_lists(index: &PackIndex, objects: &[(Oid, u64)]) {
        assert_eq!(index.len() as usize, objects.len());
        assert!(index.is_sorted());
        for (id, offset) in objects {
            let position = index.find(id).expect("listed");
            assert_eq!((index.id(position), index.offset(position)), (*id, Some(*offset)));
        }
        assert_eq!(index.find(&id(1_000_000)), None);
    }

    fn objects(offset: impl Fn(u64) -> u64) -> Vec<(Oid, u64)> {
        let mut objects: Vec<_> = (0..700).map(|n| (id(n), offset(u64::from(n)))).collect();
        objects.sort_unstable();
        objects
    }

    #[test]
    fn version_1_is_read() {
        let objects = objects(|n| n * 31 + 12);
        let ids: Vec<_> = objects.iter().map(|(id, _)| *id).collect();
        let mut bytes = fan_out(&ids);
        for (id, offset) in &objects {
            bytes.extend_from_slice(&(*offset as u32).to_be_bytes());
            bytes.extend_from_slice(id.as_bytes());
        }
        bytes.extend_from_slice(&[7; 20]);
        bytes.extend_from_slice(&[8; 20]);
        let index = opened(&bytes).expect("valid");
        assert_lists(&index, &objects);
        assert_eq!(index.pack_checksum(), Some(&[7; 20][..]));
        bytes.pop();
        assert!(opened(&bytes).is_err());
    }

    #[test]
    fn version_2_is_read_with_offsets_beyond_32_bits() {
        let objects = objects(|n| if n % 3 == 0 { n + (1 << 40) } else { n * 17 });
        let ids: Vec<_> = objects.iter().map(|(id, _)| *id).collect();
        let mut bytes = [V2_MAGIC, &2u32.to_be_bytes(), &fan_out(&ids)].concat();
        ids.iter().for_each(|id| bytes.extend_from_slice(id.as_bytes()));
        bytes.resize(bytes.len() + 4 * ids.len(), 0);
        let mut large = Vec::new();
        for (_, offset) in &objects {
            let small = u32::try_from(*offset).unwrap_or_else(|_| {
                large.push(*offset);
                LARGE | (large.len() as u32 - 1)
            });
            bytes.extend_from_slice(&small.to_be_bytes());
        }
        large.iter().for_each(|offset| bytes.extend_from_slice(&offset.to_be_bytes()));
        bytes.extend_from_slice(&[7; 40]);
        assert_lists(&opened(&bytes).expect("valid"), &objects);

        // With one row less in the 64-bit table, that object has no offset, and the others keep theirs.
        let end = bytes.len() - 40;
        bytes.drain(end - 8..end);
        let index = opened(&bytes).expect("still a possible length");
        assert_eq!((0..700).filter(|&position| index.offset(position).is_none()).count(), 1);
    }

    #[test]
    fn a_list_may_be_unsorted() {
        let mut objects = objects(|n| n);
        objects.reverse();
        assert_lists(&PackIndex::from_objects(SHA1, objects.clone()), &objects);
        assert_eq!(PackIndex::from_objects(SHA1, Vec::new()).len(), 0);
    }

    #[test]
    fn inconsistent_files_are_refused() {
        assert!(matches!(opened(b""), Err(PackIndexError::Damaged(_))));
        assert!(matches!(opened(b"\xfftOc\0\0\0\x09"), Err(PackIndexError::Version(9))));
        let decreasing = [&5u32.to_be_bytes()[..], &[0; 2000]].concat();
        assert!(matches!(opened(&decreasing), Err(PackIndexError::Damaged(_))));
        let too_many = [V2_MAGIC, &2u32.to_be_bytes(), &[0xff; 1024], &[0; 100]].concat();
        assert!(matches!(opened(&too_many), Err(PackIndexError::Damaged(_))));
    }
}

//! Which object lies where in one pack: `.idx` files of version 1 and 2, or a list taken from a multi-pack index.
//!
//! Opening looks at the size and the fan-out table only, so that a hook does not read the whole file. An index
//! whose ids are out of order is found by [`Index::is_sorted`] and makes lookups miss, nothing worse.

use std::path::Path;

use thiserror::Error;

use super::mmap::Map;
use crate::git::odb::oid::{HashAlgorithm, Oid};

const V2_MAGIC: &[u8] = b"\xfftOc";
pub(crate) const FAN_OUT: usize = 256 * 4;
/// Set in a version 2 offset that is the number of a row in the table of 64-bit offsets.
const LARGE: u32 = 1 << 31;

/// How often to guess where an id is before halving.
const GUESSES: u32 = 8;

/// Why an index cannot be used.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The file cannot be opened or mapped.
    #[error("cannot be opened: {0}")]
    Open(#[from] std::io::Error),
    /// A version this reader does not know.
    #[error("has the unknown version {0}")]
    Version(u32),
    /// It names objects by another hash algorithm than the repository.
    #[error("is for another hash algorithm")]
    Algorithm,
    /// Its parts contradict each other.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// The objects of one pack by id. Positions count the objects in the order of the index: by id.
#[derive(Debug)]
pub struct Index {
    table: Table,
    count: u32,
    width: usize,
}

#[derive(Debug)]
enum Table {
    V1(Map),
    /// With the number of rows in the table of 64-bit offsets.
    V2(Map, usize),
    Listed {
        ids: Vec<u8>,
        offsets: Vec<u64>,
    },
}

impl Index {
    /// Opens the `.idx` file at `path`.
    pub fn open(path: &Path, algorithm: HashAlgorithm) -> Result<Index, IndexError> {
        let map = Map::open(path)?;
        let width = algorithm.id_len();
        let second = map.starts_with(V2_MAGIC);
        if second {
            match read_u32(&map, 4) {
                Some(2) => (),
                version => return Err(IndexError::Version(version.unwrap_or(0))),
            }
        }
        let head = if second { 8 } else { 0 };
        let count = fan_out_total(&map, head)?;
        let row = if second { width + 4 + 4 } else { 4 + width };
        let fixed =
            (count as usize).checked_mul(row).and_then(|rows| rows.checked_add(head + FAN_OUT + 2 * width));
        let spare = fixed.and_then(|fixed| map.len().checked_sub(fixed));
        let spare = spare.ok_or(IndexError::Damaged("shorter than its number of objects"))?;
        let whole = if second { spare.is_multiple_of(8) && spare / 8 <= count as usize } else { spare == 0 };
        if !whole {
            return Err(IndexError::Damaged("its length does not fit its number of objects"));
        }
        let table = if second { Table::V2(map, spare / 8) } else { Table::V1(map) };
        Ok(Index { table, count, width })
    }

    /// An index from a list of ids and offsets, which need not be in order.
    pub fn listed(algorithm: HashAlgorithm, mut objects: Vec<(Oid, u64)>) -> Index {
        let width = algorithm.id_len();
        objects.retain(|(id, _)| id.as_bytes().len() == width);
        objects.sort_unstable();
        objects.truncate(u32::MAX as usize);
        let ids = objects.iter().flat_map(|(id, _)| id.as_bytes()).copied().collect();
        let offsets: Vec<u64> = objects.iter().map(|(_, offset)| *offset).collect();
        Index { count: offsets.len() as u32, table: Table::Listed { ids, offsets }, width }
    }

    /// How many objects it lists.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The id at `position`.
    ///
    /// # Panics
    /// When `position` is not below [`Index::len`].
    pub fn id(&self, position: u32) -> Oid {
        Oid::from_bytes(self.raw_id(position)).expect("the width is that of a hash algorithm")
    }

    /// The offset in the pack of the object at `position`; `None` when the index points outside its own
    /// tables. Whether anything is there only the pack can tell.
    pub fn offset(&self, position: u32) -> Option<u64> {
        let position = position as usize;
        let count = self.count as usize;
        match &self.table {
            Table::V1(map) => read_u32(map, FAN_OUT + position * (4 + self.width)).map(u64::from),
            Table::V2(map, large) => {
                let offsets = 8 + FAN_OUT + count * (self.width + 4);
                let small = read_u32(map, offsets + position * 4)?;
                if small & LARGE == 0 {
                    return Some(u64::from(small));
                }
                let row = (small & !LARGE) as usize;
                let at = offsets + count * 4 + row * 8;
                let bytes = map.get(at..at + 8).filter(|_| row < *large)?;
                bytes.try_into().ok().map(u64::from_be_bytes)
            }
            Table::Listed { offsets, .. } => offsets.get(position).copied(),
        }
    }

    /// The position of `id`, if it is listed.
    pub fn find(&self, id: &Oid) -> Option<u32> {
        self.find_raw(id.as_bytes())
    }

    /// The position of the id with these bytes, if it is listed.
    ///
    /// Ids are evenly spread, so where one should be can be computed: four looks into a million instead of
    /// twelve. Ids that somebody chose are found by halving, after a few such guesses.
    pub(crate) fn find_raw(&self, wanted: &[u8]) -> Option<u32> {
        if wanted.len() != self.width {
            return None;
        }
        let head = head(wanted)?;
        let (mut low, mut high) = self.bucket(wanted[0]);
        let (mut least, mut greatest) = match &self.table {
            Table::Listed { .. } => (0, u64::MAX),
            _ => (u64::from(wanted[0]) << 56, u64::from(wanted[0]) << 56 | u64::MAX >> 8),
        };
        let (ids, start, step) = self.ids();
        let mut guesses = GUESSES;
        while low < high {
            let middle = if guesses > 0 {
                guesses -= 1;
                let share = head.saturating_sub(least) as f64 / (greatest.saturating_sub(least) as f64 + 1.0);
                low + ((f64::from(high - low) * share) as u32).min(high - low - 1)
            } else {
                low + (high - low) / 2
            };
            let at = start + middle as usize * step;
            let id = ids.get(at..at + self.width)?;
            let here = self::head(id)?;
            let order = here.cmp(&head).then_with(|| id[8..].cmp(&wanted[8..]));
            match order {
                std::cmp::Ordering::Less => (low, least) = (middle + 1, here),
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => (high, greatest) = (middle, here),
            }
        }
        None
    }

    /// Whether every id is greater than the one before it, as git writes them. Reads the whole index.
    pub fn is_sorted(&self) -> bool {
        (1..self.count).all(|position| self.raw_id(position - 1) < self.raw_id(position))
    }

    /// The pack's own checksum as the index knows it; `None` when it was listed.
    pub fn pack_checksum(&self) -> Option<&[u8]> {
        let (Table::V1(map) | Table::V2(map, _)) = &self.table else { return None };
        let end = map.len() - self.width;
        Some(&map[end - self.width..end])
    }

    pub(crate) fn raw_id(&self, position: u32) -> &[u8] {
        assert!(position < self.count, "position {position} of {}", self.count);
        let (ids, start, step) = self.ids();
        let at = start + position as usize * step;
        &ids[at..at + self.width]
    }

    /// The bytes that hold the ids, where the first one is, and how far each is from the next.
    fn ids(&self) -> (&[u8], usize, usize) {
        match &self.table {
            Table::V1(map) => (map, FAN_OUT + 4, 4 + self.width),
            Table::V2(map, _) => (map, 8 + FAN_OUT, self.width),
            Table::Listed { ids, .. } => (ids, 0, self.width),
        }
    }

    /// The positions of the ids that begin with `first`.
    fn bucket(&self, first: u8) -> (u32, u32) {
        let (map, head) = match &self.table {
            Table::V1(map) => (map, 0),
            Table::V2(map, _) => (map, 8),
            Table::Listed { .. } => return (0, self.count),
        };
        let upto = |byte: u8| read_u32(map, head + usize::from(byte) * 4).unwrap_or(0);
        (first.checked_sub(1).map_or(0, upto), upto(first))
    }
}

/// The first eight bytes of an id as a number that sorts like them.
fn head(id: &[u8]) -> Option<u64> {
    id.first_chunk::<8>().map(|head| u64::from_be_bytes(*head))
}

/// The number of objects, after checking that the table at `head` never decreases.
pub(crate) fn fan_out_total(bytes: &[u8], head: usize) -> Result<u32, IndexError> {
    let table = bytes.get(head..head + FAN_OUT).ok_or(IndexError::Damaged("cut short"))?;
    let mut before = 0;
    for row in 0..256 {
        let upto = read_u32(table, row * 4).unwrap_or(0);
        if upto < before {
            return Err(IndexError::Damaged("its fan-out table decreases"));
        }
        before = upto;
    }
    Ok(before)
}

/// The big-endian number at `at`, if the bytes reach that far.
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

    fn opened(bytes: &[u8]) -> Result<Index, IndexError> {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(file.path(), bytes).expect("write");
        Index::open(file.path(), SHA1)
    }

    fn assert_lists(index: &Index, objects: &[(Oid, u64)]) {
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
        let index = opened(&bytes).expect("sound");
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
        assert_lists(&opened(&bytes).expect("sound"), &objects);

        // One row less in the 64-bit table: that object has no offset any more, the others keep theirs.
        let end = bytes.len() - 40;
        bytes.drain(end - 8..end);
        let index = opened(&bytes).expect("still a possible length");
        assert_eq!((0..700).filter(|&position| index.offset(position).is_none()).count(), 1);
    }

    #[test]
    fn a_list_needs_no_order() {
        let mut objects = objects(|n| n);
        objects.reverse();
        assert_lists(&Index::listed(SHA1, objects.clone()), &objects);
        assert!(Index::listed(SHA1, Vec::new()).is_empty());
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(matches!(opened(b""), Err(IndexError::Damaged(_))));
        assert!(matches!(opened(b"\xfftOc\0\0\0\x09"), Err(IndexError::Version(9))));
        let decreasing = [&5u32.to_be_bytes()[..], &[0; 2000]].concat();
        assert!(matches!(opened(&decreasing), Err(IndexError::Damaged(_))));
        let endless = [V2_MAGIC, &2u32.to_be_bytes(), &[0xff; 1024], &[0; 100]].concat();
        assert!(matches!(opened(&endless), Err(IndexError::Damaged(_))));
    }
}

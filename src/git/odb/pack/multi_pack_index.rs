//! The multi-pack index: one list of objects for many packs.
//!
//! It is read only for packs without an `.idx` file. It lists each object once, in one of the packs that contain it,
//! so an index made from it can list fewer objects than its pack contains.
//!
//! Format: the section on `multi-pack-index` files in git's `gitformat-pack`, and `gitformat-chunk`.

use std::path::Path;

use super::chunks::ChunkTable;
use super::index::{PackIndex, PackIndexError, fan_out_total, read_u32};
use super::mmap::MappedFile;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// Set in an offset that is a row number in the `LOFF` chunk.
const LARGE: u32 = 1 << 31;

/// One multi-pack index file; each layer of an incremental multi-pack index is a complete file.
#[derive(Debug)]
pub(crate) struct MultiPackIndex {
    map: MappedFile,
    algorithm: HashAlgorithm,
    /// Number of objects.
    count: u32,
    /// The `.idx` file names of the packs.
    names: Vec<String>,
    /// Start of the `OIDL` chunk.
    ids: usize,
    /// Start of the `OOFF` chunk.
    offsets: usize,
    /// The `LOFF` chunk, empty when there is none.
    large: std::ops::Range<usize>,
}

impl MultiPackIndex {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// The file cannot be opened, or is not a complete multi-pack index for this hash algorithm.
    pub(crate) fn open(path: &Path, algorithm: HashAlgorithm) -> Result<MultiPackIndex, PackIndexError> {
        let map = MappedFile::open(path)?;
        let Some((header, _)) = map.split_at_checked(12) else {
            return Err(PackIndexError::Damaged("truncated"));
        };
        if &header[..4] != b"MIDX" {
            return Err(PackIndexError::Damaged("not a multi-pack index"));
        }
        if !(1..=2).contains(&header[4]) {
            return Err(PackIndexError::Version(u32::from(header[4])));
        }
        if header[5] != (if algorithm == HashAlgorithm::Sha1 { 1 } else { 2 }) {
            return Err(PackIndexError::Algorithm);
        }
        let chunks = ChunkTable { map: &map, table: 12, count: usize::from(header[6]) };
        let names = chunks.find(b"PNAM")?.ok_or(PackIndexError::Damaged("has no pack names"))?;
        let fan_out = chunks.find(b"OIDF")?.ok_or(PackIndexError::Damaged("has no fan-out table"))?;
        let ids = chunks.find(b"OIDL")?.ok_or(PackIndexError::Damaged("has no ids"))?;
        let offsets = chunks.find(b"OOFF")?.ok_or(PackIndexError::Damaged("has no offsets"))?;
        let large = chunks.find(b"LOFF")?.unwrap_or(0..0);

        let count = fan_out_total(&map, fan_out.start)?;
        if ids.len() / algorithm.id_len() < count as usize || offsets.len() / 8 < count as usize {
            return Err(PackIndexError::Damaged("too short for its number of objects"));
        }
        let packs = read_u32(&map, 8).unwrap_or(0) as usize;
        let names = map[names].split(|&byte| byte == 0).take(packs);
        let names = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        Ok(MultiPackIndex { algorithm, count, names, ids: ids.start, offsets: offsets.start, large, map })
    }

    /// Returns the index of the pack whose `.idx` file would be called `name`; `None` when that pack is not covered.
    pub(crate) fn pack_index(&self, name: &str) -> Option<PackIndex> {
        let pack = self.names.iter().position(|known| known == name)? as u32;
        let id_len = self.algorithm.id_len();
        let mut objects = Vec::new();
        for position in 0..self.count as usize {
            let at = self.offsets + position * 8;
            if read_u32(&self.map, at) != Some(pack) {
                continue;
            }
            let id = self.ids + position * id_len;
            let id = self.map.get(id..id + id_len).and_then(Oid::from_bytes);
            let offset = read_u32(&self.map, at + 4).and_then(|small| self.offset(small));
            // An invalid row number becomes an offset that is outside every pack, which the pack rejects.
            objects.extend(id.map(|id| (id, offset.unwrap_or(u64::MAX))));
        }
        Some(PackIndex::from_objects(self.algorithm, objects))
    }

    /// Resolves an offset of the `OOFF` chunk. Without a `LOFF` chunk the high bit is part of the offset.
    fn offset(&self, small: u32) -> Option<u64> {
        if small & LARGE == 0 || self.large.is_empty() {
            return Some(u64::from(small));
        }
        let at = self.large.start + (small & !LARGE) as usize * 8;
        let bytes = self.map.get(at..at + 8).filter(|_| at + 8 <= self.large.end)?;
        bytes.try_into().ok().map(u64::from_be_bytes)
    }
}

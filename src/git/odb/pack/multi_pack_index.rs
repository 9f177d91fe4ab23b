//! The multi-pack index: one list of objects for many packs.
//!
//! It is read only for packs that have no `.idx` of their own. It names each object once, in one of the packs
//! that hold it, so an index made from it can be shorter than its pack.

use std::path::Path;

use super::chunks::Chunks;
use super::index::{Index, IndexError, fan_out_total, read_u32};
use super::mmap::Map;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// Set in an offset that is the number of a row in the `LOFF` chunk.
const LARGE: u32 = 1 << 31;

/// One file of a multi-pack index; each layer of an incremental one is complete in itself.
#[derive(Debug)]
pub struct MultiIndex {
    map: Map,
    algorithm: HashAlgorithm,
    count: u32,
    names: Vec<String>,
    ids: usize,
    offsets: usize,
    large: std::ops::Range<usize>,
}

impl MultiIndex {
    /// Opens the file at `path`.
    pub fn open(path: &Path, algorithm: HashAlgorithm) -> Result<MultiIndex, IndexError> {
        let map = Map::open(path)?;
        let cut = IndexError::Damaged("cut short");
        let Some((header, _)) = map.split_at_checked(12) else { return Err(cut) };
        if &header[..4] != b"MIDX" {
            return Err(IndexError::Damaged("not a multi-pack index"));
        }
        if !(1..=2).contains(&header[4]) {
            return Err(IndexError::Version(u32::from(header[4])));
        }
        if header[5] != (if algorithm == HashAlgorithm::Sha1 { 1 } else { 2 }) {
            return Err(IndexError::Algorithm);
        }
        let chunks = Chunks { map: &map, table: 12, count: usize::from(header[6]) };
        let names = chunks.find(b"PNAM")?.ok_or(IndexError::Damaged("without pack names"))?;
        let fan_out = chunks.find(b"OIDF")?.ok_or(IndexError::Damaged("without a fan-out table"))?;
        let ids = chunks.find(b"OIDL")?.ok_or(IndexError::Damaged("without ids"))?;
        let offsets = chunks.find(b"OOFF")?.ok_or(IndexError::Damaged("without offsets"))?;
        let large = chunks.find(b"LOFF")?.unwrap_or(0..0);

        let count = fan_out_total(&map, fan_out.start)?;
        if ids.len() / algorithm.id_len() < count as usize || offsets.len() / 8 < count as usize {
            return Err(IndexError::Damaged("shorter than its number of objects"));
        }
        let packs = read_u32(&map, 8).unwrap_or(0) as usize;
        let names = map[names].split(|&byte| byte == 0).take(packs);
        let names = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        Ok(MultiIndex { algorithm, count, names, ids: ids.start, offsets: offsets.start, large, map })
    }

    /// The index of the pack whose `.idx` file would have the name `name`; `None` when it is not covered.
    pub fn index_of(&self, name: &str) -> Option<Index> {
        let pack = self.names.iter().position(|known| known == name)? as u32;
        let width = self.algorithm.id_len();
        let mut objects = Vec::new();
        for position in 0..self.count as usize {
            let at = self.offsets + position * 8;
            if read_u32(&self.map, at) != Some(pack) {
                continue;
            }
            let id = self.ids + position * width;
            let id = self.map.get(id..id + width).and_then(Oid::from_bytes);
            let offset = read_u32(&self.map, at + 4).and_then(|small| self.offset(small));
            // An offset outside the file's own tables can be nowhere in the pack either: the pack refuses it.
            objects.extend(id.map(|id| (id, offset.unwrap_or(u64::MAX))));
        }
        Some(Index::listed(self.algorithm, objects))
    }

    /// Without the chunk of 64-bit offsets the high bit is part of the offset.
    fn offset(&self, small: u32) -> Option<u64> {
        if small & LARGE == 0 || self.large.is_empty() {
            return Some(u64::from(small));
        }
        let at = self.large.start + (small & !LARGE) as usize * 8;
        let bytes = self.map.get(at..at + 8).filter(|_| at + 8 <= self.large.end)?;
        bytes.try_into().ok().map(u64::from_be_bytes)
    }
}

//! How far commits are above the roots, from git's commit-graph files: what lets a walk end early.
//!
//! A commit has a higher level than everything that it reaches, and what it reaches is in the files when it is. Nobody
//! vouches for that here, and no parents are taken from the files: who ends a walk by levels has to end up with too
//! many commits where they are wrong, and never with too few.

use std::path::{Path, PathBuf};

use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::{Chunks, FAN_OUT, Map, fan_out_total, read_u32};

/// The level of a commit that no file has: above all that have one.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// The files of a store, as far as they can be read: without them everything is found all the same.
#[derive(Debug)]
pub(crate) struct Levels(Vec<File>);

#[derive(Debug)]
struct File {
    map: Map,
    fan_out: usize,
    ids: usize,
    data: usize,
    width: usize,
}

impl Levels {
    /// Those of the objects directories `dirs`.
    pub(crate) fn open(dirs: &[PathBuf], algorithm: HashAlgorithm) -> Levels {
        let files = dirs.iter().flat_map(|dir| names(&dir.join("info")));
        Levels(files.filter_map(|path| File::open(&path, algorithm)).collect())
    }

    /// The level of `id`, [`UNKNOWN`] when no file has it.
    pub(crate) fn of(&self, id: &Oid) -> u32 {
        self.0.iter().find_map(|file| file.level(id.as_bytes())).unwrap_or(UNKNOWN)
    }
}

/// The one file, and those of a chain.
fn names(info: &Path) -> Vec<PathBuf> {
    let chain = info.join("commit-graphs");
    let hashes = std::fs::read(chain.join("commit-graph-chain")).unwrap_or_default();
    let of_chain = hashes
        .split(|&byte| byte == b'\n')
        .filter_map(|line| Some(chain.join(format!("graph-{}.graph", Oid::from_hex(line)?))));
    [info.join("commit-graph")].into_iter().chain(of_chain).collect()
}

impl File {
    fn open(path: &Path, algorithm: HashAlgorithm) -> Option<File> {
        let map = Map::open(path).ok()?;
        let width = algorithm.id_len();
        let hash = if algorithm == HashAlgorithm::Sha1 { 1 } else { 2 };
        let header = map.get(..8)?;
        if !header.starts_with(b"CGPH") || header[4] != 1 || header[5] != hash {
            return None;
        }
        let chunks = Chunks { map: &map, table: 8, count: usize::from(header[6]) };
        let chunk = |name| chunks.find(name).ok().flatten();
        let (fan_out, ids, data) = (chunk(b"OIDF")?, chunk(b"OIDL")?, chunk(b"CDAT")?);
        let count = fan_out_total(&map, fan_out.start).ok()? as usize;
        let whole =
            fan_out.len() >= FAN_OUT && ids.len() / width >= count && data.len() / (width + 16) >= count;
        let (fan_out, ids, data) = (fan_out.start, ids.start, data.start);
        whole.then_some(File { map, fan_out, ids, data, width })
    }

    /// `None` where the file does not have it, or was written without levels.
    fn level(&self, id: &[u8]) -> Option<u32> {
        let row = |row: usize| read_u32(&self.map, self.fan_out + row * 4).map(|at| at as usize);
        let first = usize::from(*id.first()?);
        let mut low = if first == 0 { 0 } else { row(first - 1)? };
        let mut high = row(first)?;
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.ids + middle * self.width;
            match self.map.get(at..at + self.width)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    // The tree and two parents stand before it, two bits of the date behind it.
                    let at = self.data + middle * (self.width + 16) + self.width + 8;
                    return read_u32(&self.map, at).map(|word| word >> 2).filter(|level| *level > 0);
                }
            }
        }
        None
    }
}

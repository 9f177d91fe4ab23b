//! Generation numbers from git's commit-graph files, which let a walk over commits end early.
//!
//! A commit has a higher generation number than all its ancestors, and the ancestors of a commit in the files are in
//! the files too. Neither is verified here, and parents are not taken from the files: a walk that ends by generation
//! may return too many commits where the numbers are wrong, and never too few.
//!
//! Format: git's `gitformat-commit-graph` and `gitformat-chunk`.

use std::path::{Path, PathBuf};

use crate::git::odb::object::GENERATION_INFINITY;
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::{ChunkTable, FAN_OUT_LEN, MappedFile, fan_out_total, read_u32};

/// The commit-graph files of a store. Files that are missing or damaged are left out: they only make walks faster.
#[derive(Debug)]
pub(crate) struct CommitGraphFiles(Vec<CommitGraphFile>);

/// One commit-graph file, or one file of a commit-graph chain.
#[derive(Debug)]
struct CommitGraphFile {
    map: MappedFile,
    /// Start of the `OIDF` chunk.
    fan_out: usize,
    /// Start of the `OIDL` chunk.
    ids: usize,
    /// Start of the `CDAT` chunk.
    data: usize,
    /// Bytes per object id.
    id_len: usize,
}

impl CommitGraphFiles {
    /// Opens the files of the objects directories `dirs`.
    pub(crate) fn open(dirs: &[PathBuf], algorithm: HashAlgorithm) -> CommitGraphFiles {
        let files = dirs.iter().flat_map(|dir| graph_paths(&dir.join("info")));
        CommitGraphFiles(files.filter_map(|path| CommitGraphFile::open(&path, algorithm)).collect())
    }

    /// Returns the generation number of `id`; [`GENERATION_INFINITY`] when no file contains it.
    pub(crate) fn generation(&self, id: &Oid) -> u32 {
        self.0.iter().find_map(|file| file.generation(id.as_bytes())).unwrap_or(GENERATION_INFINITY)
    }
}

/// Lists the paths of the single file and of the files of a chain.
fn graph_paths(info: &Path) -> Vec<PathBuf> {
    let chain = info.join("commit-graphs");
    let hashes = std::fs::read(chain.join("commit-graph-chain")).unwrap_or_default();
    let chained = hashes
        .split(|&byte| byte == b'\n')
        .filter_map(|line| Some(chain.join(format!("graph-{}.graph", Oid::from_hex(line)?))));
    [info.join("commit-graph")].into_iter().chain(chained).collect()
}

impl CommitGraphFile {
    fn open(path: &Path, algorithm: HashAlgorithm) -> Option<CommitGraphFile> {
        let map = MappedFile::open(path).ok()?;
        let id_len = algorithm.id_len();
        let hash = if algorithm == HashAlgorithm::Sha1 { 1 } else { 2 };
        let header = map.get(..8)?;
        if !header.starts_with(b"CGPH") || header[4] != 1 || header[5] != hash {
            return None;
        }
        let chunks = ChunkTable { map: &map, table: 8, count: usize::from(header[6]) };
        let chunk = |name| chunks.find(name).ok().flatten();
        let (fan_out, ids, data) = (chunk(b"OIDF")?, chunk(b"OIDL")?, chunk(b"CDAT")?);
        let count = fan_out_total(&map, fan_out.start).ok()? as usize;
        let is_complete = fan_out.len() >= FAN_OUT_LEN
            && ids.len() / id_len >= count
            && data.len() / (id_len + 16) >= count;
        let (fan_out, ids, data) = (fan_out.start, ids.start, data.start);
        is_complete.then_some(CommitGraphFile { map, fan_out, ids, data, id_len })
    }

    /// Returns the generation number of `id`; `None` when the file does not contain the commit, or was written
    /// without generation numbers.
    fn generation(&self, id: &[u8]) -> Option<u32> {
        let row = |row: usize| read_u32(&self.map, self.fan_out + row * 4).map(|at| at as usize);
        let first = usize::from(*id.first()?);
        let mut low = if first == 0 { 0 } else { row(first - 1)? };
        let mut high = row(first)?;
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.ids + middle * self.id_len;
            match self.map.get(at..at + self.id_len)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => {
                    // A row is the tree's id, two parents of 4 bytes each, 30 bits of generation number and 34 bits
                    // of commit time.
                    let at = self.data + middle * (self.id_len + 16) + self.id_len + 8;
                    return read_u32(&self.map, at).map(|word| word >> 2).filter(|number| *number > 0);
                }
            }
        }
        None
    }
}

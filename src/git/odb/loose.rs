//! Loose objects: one zlib file each, named by its id, with a header that tells kind and size.

use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::object::{Kind, Object, ObjectError};
use super::oid::{HashAlgorithm, Oid};
use super::pack::{Inflater, Map, corrupt, regular_file_len};

/// The longest header is `commit`, a space, twenty digits and a zero byte.
const HEADER: usize = 32;
/// Smaller files are read: that is cheaper than mapping them.
const MAPPED_FROM: u64 = 64 << 10;

/// The loose objects of one objects directory.
#[derive(Debug)]
pub struct LooseObjects {
    dir: PathBuf,
    algorithm: HashAlgorithm,
}

/// A loose object whose header was read.
pub struct LooseObject {
    id: Oid,
    /// What it is.
    pub kind: Kind,
    /// Its size, as its header says.
    pub size: u64,
    header: usize,
    stored: Stored,
}

enum Stored {
    Read(Vec<u8>),
    Mapped(Map),
}

impl Deref for Stored {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Stored::Read(bytes) => bytes,
            Stored::Mapped(map) => map,
        }
    }
}

impl LooseObjects {
    /// The loose objects below the objects directory `dir`.
    pub fn new(dir: &Path, algorithm: HashAlgorithm) -> LooseObjects {
        LooseObjects { dir: dir.to_owned(), algorithm }
    }

    /// Whether there is a file for `id`, whatever it holds.
    pub fn contains(&self, id: &Oid) -> bool {
        self.path(id).is_file()
    }

    /// The object `id` with its header read; `None` when there is no file for it.
    pub fn open(&self, id: &Oid, inflater: &mut Inflater) -> Result<Option<LooseObject>, ObjectError> {
        let stored = match stored(&self.path(id)) {
            Ok(stored) => stored,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(corrupt(*id, &format!("its loose file cannot be read: {error}"))),
        };
        let mut head = [0; HEADER];
        let head = inflater.prefix(&stored, &mut head).map_err(|error| loose(*id, &error))?;
        let (kind, size, header) = header(head).ok_or_else(|| loose(*id, &"it has no object header"))?;
        Ok(Some(LooseObject { id: *id, kind, size, header, stored }))
    }

    /// The ids of all loose objects, in no order. Directories that cannot be listed are handed to `problem`.
    pub fn list(&self, mut problem: impl FnMut(&Path, io::Error)) -> Vec<Oid> {
        let mut ids = Vec::new();
        let mut names = |dir: &Path| match fs::read_dir(dir) {
            Ok(entries) => {
                let mut names = Vec::new();
                for entry in entries {
                    match entry {
                        Ok(entry) => names.extend(entry.file_name().into_string()),
                        Err(error) => problem(dir, error),
                    }
                }
                names
            }
            // Git removes a fan-out directory when its last object was packed.
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                problem(dir, error);
                Vec::new()
            }
        };
        let digits =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        for first in names(&self.dir) {
            if first.len() != 2 || !digits(&first) {
                continue;
            }
            for rest in names(&self.dir.join(&first)) {
                if rest.len() + 2 == self.algorithm.id_len() * 2 && digits(&rest) {
                    ids.extend(Oid::from_hex(format!("{first}{rest}").as_bytes()));
                }
            }
        }
        ids
    }

    fn path(&self, id: &Oid) -> PathBuf {
        let name = id.to_string();
        self.dir.join(&name[..2]).join(&name[2..])
    }
}

impl LooseObject {
    /// The whole object. Nothing over `limit` bytes is allocated.
    pub fn read(&self, limit: u64, inflater: &mut Inflater) -> Result<Object, ObjectError> {
        if self.size > limit {
            return Err(ObjectError::TooLarge { id: self.id, size: self.size, limit });
        }
        let mut data = Vec::new();
        let stored = self.size.saturating_add(self.header as u64);
        inflater.inflate(&self.stored, stored, &mut data).map_err(|error| loose(self.id, &error))?;
        data.drain(..self.header);
        Ok(Object { kind: self.kind, data })
    }
}

fn stored(path: &Path) -> io::Result<Stored> {
    if regular_file_len(path)? < MAPPED_FROM {
        return fs::read(path).map(Stored::Read);
    }
    Map::open(path).map(Stored::Mapped)
}

fn loose(id: Oid, why: &impl ToString) -> ObjectError {
    corrupt(id, &format!("loose file: {}", why.to_string()))
}

/// Kind, size, and the length of the header itself.
fn header(head: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = head.iter().position(|&byte| byte == 0)?;
    let header = std::str::from_utf8(&head[..end]).ok()?;
    let (kind, size) = header.split_once(' ')?;
    let kind = match kind {
        "commit" => Kind::Commit,
        "tree" => Kind::Tree,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        _ => return None,
    };
    if !size.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((kind, size.parse().ok()?, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_strictly() {
        assert_eq!(header(b"blob 12\0rest"), Some((Kind::Blob, 12, 8)));
        assert_eq!(header(b"commit 18446744073709551615\0"), Some((Kind::Commit, u64::MAX, 28)));
        for bad in [
            "blob 12",
            "blob +1\0",
            "blob -1\0",
            "blob \0",
            "thing 1\0",
            "blob\0",
            "blob 99999999999999999999\0",
        ] {
            assert_eq!(header(bad.as_bytes()), None, "{bad}");
        }
    }
}

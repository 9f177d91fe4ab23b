//! Loose objects: one zlib file each, named by its id, with a header of kind and size.
//!
//! Format: the "Object Storage" section of Pro Git's chapter "Git Objects".

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::object::{Kind, Object, ObjectError, corrupt, no_memory};
use super::oid::{HashAlgorithm, Oid};
use super::pack::{FileBytes, InflateError, Inflater};

/// Buffer size for the header: the longest one is `commit`, a space, twenty digits and a zero byte.
const MAX_HEADER_LEN: usize = 32;

/// The loose objects of one objects directory.
#[derive(Debug)]
pub(crate) struct LooseObjects {
    dir: PathBuf,
    algorithm: HashAlgorithm,
}

/// A loose object whose header is parsed.
pub(crate) struct LooseObject {
    id: Oid,
    /// The kind of the object.
    pub kind: Kind,
    /// The size in its header, in bytes.
    pub size: u64,
    header_len: usize,
    stored: FileBytes,
}

impl LooseObjects {
    /// The loose objects of the objects directory `dir`.
    pub(crate) fn new(dir: &Path, algorithm: HashAlgorithm) -> LooseObjects {
        LooseObjects { dir: dir.to_owned(), algorithm }
    }

    /// Returns whether there is a file for `id`, intact or not.
    pub(crate) fn contains(&self, id: &Oid) -> bool {
        self.path(id).is_file()
    }

    /// Opens the object `id` and parses its header; `None` when there is no file for it.
    ///
    /// # Errors
    /// The file cannot be read, or has no object header.
    pub(crate) fn open(&self, id: &Oid, inflater: &mut Inflater) -> Result<Option<LooseObject>, ObjectError> {
        let stored = match FileBytes::open(&self.path(id)) {
            Ok(stored) => stored,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::OutOfMemory => {
                let size = fs::metadata(self.path(id)).map_or(0, |metadata| metadata.len());
                return Err(no_memory(*id, size));
            }
            Err(error) => return Err(corrupt(*id, &format!("its loose file cannot be read: {error}"))),
        };
        let mut start = [0; MAX_HEADER_LEN];
        let start =
            inflater.inflate_prefix(&stored, &mut start).map_err(|error| corrupt_file(*id, &error))?;
        let (kind, size, header_len) =
            parse_header(start).ok_or_else(|| corrupt_file(*id, &"it has no object header"))?;
        Ok(Some(LooseObject { id: *id, kind, size, header_len, stored }))
    }

    /// Returns the ids of all loose objects, in an unspecified order. Directories that cannot be listed are passed to
    /// `problem`.
    pub(crate) fn list(&self, mut problem: impl FnMut(&Path, io::Error)) -> Vec<Oid> {
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
        let is_hex =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        for first in names(&self.dir) {
            if first.len() != 2 || !is_hex(&first) {
                continue;
            }
            for rest in names(&self.dir.join(&first)) {
                if rest.len() + 2 == self.algorithm.id_len() * 2 && is_hex(&rest) {
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
    /// Inflates the whole object. Nothing over `limit` bytes is allocated.
    ///
    /// # Errors
    /// The file is damaged, or the object is over `limit` bytes.
    pub(crate) fn read(&self, limit: u64, inflater: &mut Inflater) -> Result<Object, ObjectError> {
        if self.size > limit {
            return Err(ObjectError::TooLarge { id: self.id, size: self.size, limit });
        }
        let mut data = Vec::new();
        let inflated_len = self.size.saturating_add(self.header_len as u64);
        inflater.inflate(&self.stored, inflated_len, &mut data).map_err(|error| match error {
            InflateError::NoMemory { size } => no_memory(self.id, size),
            error => corrupt_file(self.id, &error),
        })?;
        data.drain(..self.header_len);
        Ok(Object { kind: self.kind, data })
    }
}

fn corrupt_file(id: Oid, why: &impl ToString) -> ObjectError {
    corrupt(id, &format!("loose file: {}", why.to_string()))
}

/// Parses the header and returns kind, size, and the length of the header itself.
fn parse_header(start: &[u8]) -> Option<(Kind, u64, usize)> {
    let end = start.iter().position(|&byte| byte == 0)?;
    let header = std::str::from_utf8(&start[..end]).ok()?;
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
    fn headers_are_parsed_strictly() {
        assert_eq!(parse_header(b"blob 12\0rest"), Some((Kind::Blob, 12, 8)));
        assert_eq!(parse_header(b"commit 18446744073709551615\0"), Some((Kind::Commit, u64::MAX, 28)));
        for invalid in [
            "blob 12",
            "blob +1\0",
            "blob -1\0",
            "blob \0",
            "thing 1\0",
            "blob\0",
            "blob 99999999999999999999\0",
        ] {
            assert_eq!(parse_header(invalid.as_bytes()), None, "{invalid}");
        }
    }
}

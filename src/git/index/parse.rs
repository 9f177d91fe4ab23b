//! The bytes of one index file: header, entries, extensions.

use super::IndexError;
use super::cached_tree::CachedTree;
use super::entries::{Bytes, Entries};
use super::split::Link;
use crate::git::odb::oid::{HashAlgorithm, Oid};

/// One file as it stands: in a split index a mere part, whose replacing entries have no path.
pub(super) struct Parsed {
    pub(super) entries: Entries,
    pub(super) cached_tree: Option<CachedTree>,
    pub(super) link: Option<Link>,
}

/// Takes pieces off the front of a byte string, or says that it ended too early.
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], IndexError> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(IndexError::Corrupt("it ends too early"))?;
        self.0 = tail;
        Ok(head)
    }

    pub(super) fn u32(&mut self) -> Result<u32, IndexError> {
        Ok(self.take(4)?.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    pub(super) fn u64(&mut self) -> Result<u64, IndexError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    pub(super) fn id(&mut self, algorithm: HashAlgorithm) -> Result<Oid, IndexError> {
        Oid::from_bytes(self.take(algorithm.id_len())?).ok_or(IndexError::Corrupt("bad id"))
    }

    /// Everything before the next `end` byte, which is dropped.
    pub(super) fn until(&mut self, end: u8) -> Result<&'a [u8], IndexError> {
        let len = memchr::memchr(end, self.0).ok_or(IndexError::Corrupt("a text has no end"))?;
        let text = self.take(len)?;
        self.take(1)?;
        Ok(text)
    }

    /// The base-128 number of version 4, in which longer forms begin where shorter ones end.
    pub(super) fn varint(&mut self) -> Result<usize, IndexError> {
        let mut byte = self.take(1)?[0];
        let mut value = usize::from(byte & 127);
        while byte & 128 != 0 {
            byte = self.take(1)?[0];
            value = value
                .checked_add(1)
                .and_then(|value| value.checked_mul(128))
                .ok_or(IndexError::Corrupt("a number is too large"))?
                + usize::from(byte & 127);
        }
        Ok(value)
    }
}

pub(super) fn parse(data: Bytes, algorithm: HashAlgorithm) -> Result<Parsed, IndexError> {
    let body = data.len().checked_sub(algorithm.id_len()).ok_or(IndexError::Corrupt("it ends too early"))?;
    let mut cursor = Cursor(&data[..body]);
    if cursor.take(4)? != b"DIRC" {
        return Err(IndexError::Corrupt("it does not begin with DIRC"));
    }
    let version = cursor.u32()?;
    if !(2..=4).contains(&version) {
        return Err(IndexError::Unsupported(format!("version {version}")));
    }
    let count = cursor.u32()? as usize;
    let begin = body - cursor.0.len();
    let (entries, end) = Entries::find(data, body, begin, count, version, algorithm)?;
    let mut parsed = Parsed { cached_tree: None, link: None, entries };
    let mut cursor = Cursor(&parsed.entries.data()[end..body]);
    while !cursor.0.is_empty() {
        let signature = cursor.take(4)?;
        let len = cursor.u32()? as usize;
        let content = cursor.take(len)?;
        match signature {
            b"TREE" => parsed.cached_tree = CachedTree::parse(content, algorithm)?,
            b"link" => parsed.link = Some(Link::parse(content, algorithm)?),
            b"sdir" => {}
            [b'A'..=b'Z', ..] => {}
            other => {
                let name = String::from_utf8_lossy(other).escape_default().to_string();
                return Err(IndexError::Unsupported(format!("extension '{name}'")));
            }
        }
    }
    Ok(parsed)
}

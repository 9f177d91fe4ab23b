//! The bytes of one index file, versions 2 to 4.

use super::cached_tree::CachedTree;
use super::split::Link;
use super::{IndexEntry, IndexError};
use crate::git::oid::{HashAlgorithm, Oid};
use crate::git::tree::Mode;

/// One file as it stands: in a split index a mere part, whose replacing entries have no path.
pub(super) struct Parsed {
    pub(super) entries: Vec<IndexEntry>,
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

    pub(super) fn u16(&mut self) -> Result<u16, IndexError> {
        Ok(self.take(2)?.iter().fold(0, |sum, &byte| sum << 8 | u16::from(byte)))
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
    fn varint(&mut self) -> Result<usize, IndexError> {
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

const EXTENDED: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;

pub(super) fn parse(data: &[u8], algorithm: HashAlgorithm) -> Result<Parsed, IndexError> {
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
    // The count may lie; the smallest entry is longer than what is reserved for it here.
    let mut entries: Vec<IndexEntry> = Vec::with_capacity(count.min(body / (42 + algorithm.id_len())));
    // Version 4 repeats a path for a byte: without a bound a small file could claim all memory.
    let mut room = body.saturating_mul(64);
    for _ in 0..count {
        let previous = entries.last().map_or(&[][..], |entry| &entry.path);
        let entry = parse_entry(&mut cursor, version, algorithm, previous)?;
        room = room.checked_sub(entry.path.len()).ok_or(IndexError::Corrupt("its paths are too long"))?;
        entries.push(entry);
    }
    let mut parsed = Parsed { entries, cached_tree: None, link: None };
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

fn parse_entry(
    cursor: &mut Cursor<'_>,
    version: u32,
    algorithm: HashAlgorithm,
    previous: &[u8],
) -> Result<IndexEntry, IndexError> {
    let begin = cursor.0.len();
    cursor.take(24)?; // times, device, inode
    let mode = Mode::from_bits(cursor.u32()?);
    cursor.take(12)?; // owner, group, size
    let id = cursor.id(algorithm)?;
    let flags = cursor.u16()?;
    let mut extended = 0;
    if flags & EXTENDED != 0 {
        if version < 3 {
            return Err(IndexError::Corrupt("extended flags in version 2"));
        }
        extended = cursor.u16()?;
    }
    let path = if version == 4 {
        let drop = cursor.varint()?;
        let keep = previous.len().checked_sub(drop).ok_or(IndexError::Corrupt("a path drops too much"))?;
        [&previous[..keep], cursor.until(0)?].concat()
    } else {
        let path = cursor.until(0)?.to_vec();
        // Entries are padded with NULs to a multiple of eight bytes; one is gone already.
        let used = begin - cursor.0.len();
        cursor.take(used.next_multiple_of(8) - used)?;
        path
    };
    let stage = (flags >> 12 & 3) as u8;
    Ok(IndexEntry { path, mode, id, stage, intent_to_add: extended & INTENT_TO_ADD != 0 })
}

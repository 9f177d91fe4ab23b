//! The entries of one index file, versions 2 to 4, left where they stand.
//!
//! One pass finds where each entry begins and sees to it that all are in order; mode and id are read when
//! somebody asks. Of an index of half a million files a commit asks for a few dozen.

use std::cmp::Ordering;
use std::ops::{Deref, Range};

use super::parse::Cursor;
use super::{IndexEntry, IndexError};
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::Map;
use crate::git::odb::tree::Mode;

const EXTENDED: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;
/// The length of a path as far as the flags hold it; at this value its NUL tells.
const NAME_MASK: u16 = 0x0fff;
/// Bytes before the id: times, device, inode, mode, owner, group, size.
const BEFORE_ID: usize = 40;

/// The bytes of an index.
pub(super) enum Bytes {
    Mapped(Map),
    Owned(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Mapped(map) => map,
            Bytes::Owned(bytes) => bytes,
        }
    }
}

/// The entries, sorted by path, then stage.
pub(super) struct Entries {
    data: Bytes,
    id_len: usize,
    rows: Vec<Row>,
    /// Version 4 compresses paths: here they are whole, each with a NUL behind it.
    paths: Option<Vec<u8>>,
    /// Whether they came in that order.
    pub(super) were_sorted: bool,
    /// Whether one has no path, as the replacements of a split index do.
    pub(super) is_part: bool,
}

/// One entry.
#[derive(Clone, Copy)]
struct Row {
    /// Where it begins.
    at: u32,
    /// Where its path begins, in the data or in `paths`.
    path: u32,
}

impl Entries {
    /// None.
    pub(super) fn empty(algorithm: HashAlgorithm) -> Entries {
        let data = Bytes::Owned(Vec::new());
        let id_len = algorithm.id_len();
        Entries { data, id_len, rows: Vec::new(), paths: None, were_sorted: true, is_part: false }
    }

    /// Finds `count` entries in `data` from `at` on, and where the last one ends. Nothing from `body` on
    /// belongs to them.
    pub(super) fn find(
        data: Bytes,
        body: usize,
        mut at: usize,
        count: usize,
        version: u32,
        algorithm: HashAlgorithm,
    ) -> Result<(Entries, usize), IndexError> {
        if u32::try_from(data.len()).is_err() {
            return Err(IndexError::Unsupported("larger than 4 GiB".to_owned()));
        }
        let mut entries = Entries { data, ..Entries::empty(algorithm) };
        // The count may lie; the smallest entry is longer than what is reserved for it here.
        entries.rows.reserve_exact(count.min(body / (BEFORE_ID + 2 + entries.id_len)));
        let mut paths = (version == 4).then(Vec::new);
        // Version 4 repeats a path for a byte: without a bound a small file could claim all memory.
        let room = body.saturating_mul(64).min(u32::MAX as usize);
        let mut before: Range<usize> = 0..0;
        let mut stage_before = 0;
        for _ in 0..count {
            let flags = entries.flags(at).filter(|_| at < body).ok_or(TOO_EARLY)?;
            let mut path = at + BEFORE_ID + entries.id_len + 2;
            if flags & EXTENDED != 0 {
                if version < 3 {
                    return Err(IndexError::Corrupt("extended flags in version 2"));
                }
                path += 2;
            }
            let rest = entries.data.get(path..body).ok_or(TOO_EARLY)?;
            let row = at as u32;
            let (texts, span): (&[u8], _) = match &mut paths {
                None => {
                    let len = path_len(flags, rest).ok_or(TOO_EARLY)?;
                    // Entries are padded with one to eight NULs to a multiple of eight bytes.
                    at += (path - at + len + 8) & !7;
                    if at > body {
                        return Err(TOO_EARLY);
                    }
                    if rest[len] != 0 || len > 0 && rest[len - 1] == 0 {
                        return Err(IndexError::Corrupt("a path has not the length it claims"));
                    }
                    (&entries.data, path..path + len)
                }
                Some(paths) => {
                    let mut cursor = Cursor(rest);
                    let drop = cursor.varint()?;
                    let keep = before.len().checked_sub(drop).ok_or(DROPS)?;
                    let own = cursor.until(0)?;
                    at = body - cursor.0.len();
                    let start = paths.len();
                    paths.extend_from_within(before.start..before.start + keep);
                    paths.extend_from_slice(own);
                    let span = start..paths.len();
                    paths.push(0);
                    if paths.len() > room {
                        return Err(IndexError::Corrupt("its paths are too long"));
                    }
                    (paths, span)
                }
            };
            let stage = stage(flags);
            entries.were_sorted &= match texts[before].cmp(&texts[span.clone()]) {
                Ordering::Less => true,
                Ordering::Equal => stage_before <= stage,
                Ordering::Greater => false,
            };
            entries.is_part |= span.is_empty();
            entries.rows.push(Row { at: row, path: span.start as u32 });
            (before, stage_before) = (span, stage);
        }
        entries.paths = paths;
        Ok((entries, at))
    }

    /// Puts them in order. git writes them so; whoever reads them relies on it.
    pub(super) fn sort(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_by(|&a, &b| (self.path(a), self.entry(a).stage).cmp(&(self.path(b), self.entry(b).stage)));
        self.rows = rows;
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn get(&self, index: usize) -> IndexEntry<'_> {
        self.entry(self.rows[index])
    }

    /// The same as its bytes: what stands before the flags, and the flags that no length is part of.
    pub(super) fn raw(&self, index: usize) -> (&[u8], u16, u16) {
        let at = self.rows[index].at as usize;
        let end = at + BEFORE_ID + self.id_len;
        let flags = self.flags(at).expect("found before");
        (&self.data[at..end], flags & !(NAME_MASK | EXTENDED), self.extended_flags(at, flags))
    }

    /// See [`super::Index::partition_point`].
    pub(super) fn partition_point(&self, within: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        within.start + self.rows[within].partition_point(|&row| before(self.path(row)))
    }

    fn entry(&self, row: Row) -> IndexEntry<'_> {
        let at = row.at as usize;
        let flags = self.flags(at).expect("found before");
        let mode = &self.data[at + 24..at + 28];
        let id = &self.data[at + BEFORE_ID..at + BEFORE_ID + self.id_len];
        IndexEntry {
            path: self.path(row),
            mode: Mode::from_bits(u32::from_be_bytes(mode.try_into().expect("four bytes"))),
            id: Oid::from_bytes(id).expect("as long as an id"),
            stage: stage(flags),
            intent_to_add: self.extended_flags(at, flags) & INTENT_TO_ADD != 0,
        }
    }

    fn path(&self, row: Row) -> &[u8] {
        let start = row.path as usize;
        match &self.paths {
            Some(paths) => {
                let rest = &paths[start..];
                &rest[..memchr::memchr(0, rest).expect("each path has a NUL behind it")]
            }
            None => {
                let rest = &self.data[start..];
                let flags = self.flags(row.at as usize).expect("found before");
                &rest[..path_len(flags, rest).expect("found before")]
            }
        }
    }

    fn flags(&self, at: usize) -> Option<u16> {
        let at = at + BEFORE_ID + self.id_len;
        self.data.get(at..at + 2).map(|flags| u16::from_be_bytes([flags[0], flags[1]]))
    }

    fn extended_flags(&self, at: usize, flags: u16) -> u16 {
        if flags & EXTENDED == 0 { 0 } else { self.flags(at + 2).expect("found before") }
    }
}

const TOO_EARLY: IndexError = IndexError::Corrupt("it ends too early");
const DROPS: IndexError = IndexError::Corrupt("a path drops too much");

/// Of a path that is not compressed, as git measures it; `None` where it has no end.
fn path_len(flags: u16, rest: &[u8]) -> Option<usize> {
    match flags & NAME_MASK {
        NAME_MASK => memchr::memchr(0, rest),
        len => Some(usize::from(len)).filter(|&len| len < rest.len()),
    }
}

fn stage(flags: u16) -> u8 {
    (flags >> 12 & 3) as u8
}

/// Appends an entry as version 3 has it.
pub(super) fn write(out: &mut Vec<u8>, path: &[u8], (before, flags, extended): (&[u8], u16, u16)) {
    let begin = out.len();
    out.extend_from_slice(before);
    let len = path.len().min(usize::from(NAME_MASK)) as u16;
    out.extend_from_slice(&(flags | EXTENDED | len).to_be_bytes());
    out.extend_from_slice(&extended.to_be_bytes());
    out.extend_from_slice(path);
    let used = out.len() - begin;
    out.resize(begin + ((used + 8) & !7), 0);
}

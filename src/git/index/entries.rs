//! The entries of one index file, versions 2 to 4, read in place.
//!
//! One pass finds the start of each entry and checks the order; mode and id are parsed on demand. A commit needs
//! those of a few dozen entries, of an index of half a million files.
//!
//! Format: the section "Index entry" of git's `gitformat-index`.

use std::cmp::Ordering;
use std::ops::Range;

use super::cursor::Cursor;
use super::error::IndexError;
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::FileBytes;
use crate::git::odb::tree::Mode;

const EXTENDED: u16 = 0x4000;
const INTENT_TO_ADD: u16 = 0x2000;
/// The bits of the flags for the length of the path. Longer paths have this value and end at their NUL byte.
const NAME_MASK: u16 = 0x0fff;
/// Bytes of an entry before its id: times, device, inode, mode, owner, group, size.
const BEFORE_ID: usize = 40;

/// One entry of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexEntry<'i> {
    /// Path from the root; ends with `/` for a folded directory of a sparse index.
    pub path: &'i [u8],
    /// The type of the entry; [`Mode::Tree`] only for a folded directory.
    pub mode: Mode,
    /// The id of the blob (gitlink: commit, folded directory: tree).
    pub id: Oid,
    /// 0, or in a conflict 1 (base), 2 (ours), 3 (theirs).
    pub stage: u8,
    /// Whether it was added by `git add -N`, so that it is not part of the next commit.
    pub is_intent_to_add: bool,
}

/// The entries, sorted by path, then stage.
pub(super) struct Entries {
    data: FileBytes,
    id_len: usize,
    rows: Vec<Row>,
    /// The decompressed paths of version 4, each followed by a NUL byte.
    paths: Option<Vec<u8>>,
    /// Whether the file has them in that order.
    pub(super) was_sorted: bool,
    /// Whether there are entries without a path, which only the replacements of a split index are.
    pub(super) has_empty_paths: bool,
}

/// The location of one entry.
#[derive(Clone, Copy)]
struct Row {
    /// Byte offset of the entry in `data`.
    at: u32,
    /// Byte offset of its path, in `paths` if there are any, else in `data`.
    path: u32,
}

impl Entries {
    /// An empty list.
    pub(super) fn empty(algorithm: HashAlgorithm) -> Entries {
        let data = FileBytes::Owned(Vec::new());
        let id_len = algorithm.id_len();
        Entries { data, id_len, rows: Vec::new(), paths: None, was_sorted: true, has_empty_paths: false }
    }

    /// Finds `count` entries in `data` from byte offset `at` on, all before offset `body`. Returns them and the end
    /// of the last one.
    ///
    /// # Errors
    /// The entries are malformed, truncated or too large.
    pub(super) fn find(
        data: FileBytes,
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
        // The count may be wrong, so no more is reserved than the smallest entries of this length would need.
        entries.rows.reserve_exact(count.min(body / (BEFORE_ID + 2 + entries.id_len)));
        let mut paths = (version == 4).then(Vec::new);
        // In version 4 one byte can repeat a whole path: without a limit a small file could use all memory.
        let max_paths_len = body.saturating_mul(64).min(u32::MAX as usize);
        let mut previous: Range<usize> = 0..0;
        let mut previous_stage = 0;
        for _ in 0..count {
            let flags = entries.flags(at).filter(|_| at < body).ok_or(TRUNCATED)?;
            let mut path = at + BEFORE_ID + entries.id_len + 2;
            if flags & EXTENDED != 0 {
                if version < 3 {
                    return Err(IndexError::Corrupt("extended flags in version 2"));
                }
                path += 2;
            }
            let rest = entries.data.get(path..body).ok_or(TRUNCATED)?;
            let row = at as u32;
            let (texts, span): (&[u8], _) = match &mut paths {
                None => {
                    let len = path_len(flags, rest).ok_or(TRUNCATED)?;
                    // Entries are padded with one to eight NULs to a multiple of eight bytes.
                    at += (path - at + len + 8) & !7;
                    if at > body {
                        return Err(TRUNCATED);
                    }
                    if rest[len] != 0 || len > 0 && rest[len - 1] == 0 {
                        return Err(IndexError::Corrupt("a path does not have its declared length"));
                    }
                    (&entries.data, path..path + len)
                }
                Some(paths) => {
                    let mut cursor = Cursor(rest);
                    let removed = cursor.varint()?;
                    let keep = previous.len().checked_sub(removed).ok_or(BAD_PREFIX)?;
                    let suffix = cursor.until(0)?;
                    at = body - cursor.0.len();
                    let start = paths.len();
                    paths.extend_from_within(previous.start..previous.start + keep);
                    paths.extend_from_slice(suffix);
                    let span = start..paths.len();
                    paths.push(0);
                    if paths.len() > max_paths_len {
                        return Err(IndexError::Corrupt("its paths are too long"));
                    }
                    (paths, span)
                }
            };
            let stage = stage(flags);
            entries.was_sorted &= match texts[previous].cmp(&texts[span.clone()]) {
                Ordering::Less => true,
                Ordering::Equal => previous_stage <= stage,
                Ordering::Greater => false,
            };
            entries.has_empty_paths |= span.is_empty();
            entries.rows.push(Row { at: row, path: span.start as u32 });
            (previous, previous_stage) = (span, stage);
        }
        entries.paths = paths;
        Ok((entries, at))
    }

    /// Sorts the entries. git writes them sorted, and all readers depend on it.
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

    /// Returns the parts of an entry for `write`: the bytes before the flags, the flags without the length, and the
    /// extended flags.
    pub(super) fn raw(&self, index: usize) -> (&[u8], u16, u16) {
        let at = self.rows[index].at as usize;
        let end = at + BEFORE_ID + self.id_len;
        let flags = self.flags(at).expect("checked by `find`");
        (&self.data[at..end], flags & !(NAME_MASK | EXTENDED), self.extended_flags(at, flags))
    }

    /// Returns the first of the positions `within` whose path does not satisfy `before`; those that satisfy it must
    /// come first.
    pub(super) fn partition_point(&self, within: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        within.start + self.rows[within].partition_point(|&row| before(self.path(row)))
    }

    fn entry(&self, row: Row) -> IndexEntry<'_> {
        let at = row.at as usize;
        let flags = self.flags(at).expect("checked by `find`");
        let mode = &self.data[at + 24..at + 28];
        let id = &self.data[at + BEFORE_ID..at + BEFORE_ID + self.id_len];
        IndexEntry {
            path: self.path(row),
            mode: Mode::from_bits(u32::from_be_bytes(mode.try_into().expect("four bytes"))),
            id: Oid::from_bytes(id).expect("as long as an id"),
            stage: stage(flags),
            is_intent_to_add: self.extended_flags(at, flags) & INTENT_TO_ADD != 0,
        }
    }

    fn path(&self, row: Row) -> &[u8] {
        let start = row.path as usize;
        match &self.paths {
            Some(paths) => {
                let rest = &paths[start..];
                &rest[..memchr::memchr(0, rest).expect("each path is followed by a NUL")]
            }
            None => {
                let rest = &self.data[start..];
                let flags = self.flags(row.at as usize).expect("checked by `find`");
                &rest[..path_len(flags, rest).expect("checked by `find`")]
            }
        }
    }

    fn flags(&self, at: usize) -> Option<u16> {
        let at = at + BEFORE_ID + self.id_len;
        self.data.get(at..at + 2).map(|flags| u16::from_be_bytes([flags[0], flags[1]]))
    }

    fn extended_flags(&self, at: usize, flags: u16) -> u16 {
        if flags & EXTENDED == 0 { 0 } else { self.flags(at + 2).expect("checked by `find`") }
    }
}

const TRUNCATED: IndexError = IndexError::Corrupt("it ends too early");
const BAD_PREFIX: IndexError = IndexError::Corrupt("a path removes more than the previous path has");

/// Returns the length of an uncompressed path at the start of `rest`; `None` where it has no end.
fn path_len(flags: u16, rest: &[u8]) -> Option<usize> {
    match flags & NAME_MASK {
        NAME_MASK => memchr::memchr(0, rest),
        len => Some(usize::from(len)).filter(|&len| len < rest.len()),
    }
}

fn stage(flags: u16) -> u8 {
    (flags >> 12 & 3) as u8
}

/// Appends an entry in the format of version 3.
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

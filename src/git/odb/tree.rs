//! Reads the entries of a tree object.
//!
//! Trees are untrusted input: entries may be unsorted or repeat a name, so no caller relies on their order.
//!
//! Format: the "Tree Objects" section of Pro Git's chapter "Git Objects".

use thiserror::Error;

use super::object::{Kind, ObjectError, ReadObjects, not_a_tree};
use super::oid::Oid;

/// The type of a tree or index entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mode {
    /// A regular file.
    File,
    /// A regular file with the executable bit.
    Executable,
    /// A symbolic link; the blob is its target.
    Symlink,
    /// A submodule; the id names a commit of another repository.
    Gitlink,
    /// A directory.
    Tree,
}

impl Mode {
    /// Converts the mode number that git stores. Unknown file types become [`Mode::File`], so that their content is
    /// scanned instead of skipped.
    pub(crate) fn from_bits(bits: u32) -> Mode {
        match bits & 0o170_000 {
            0o040_000 => Mode::Tree,
            0o120_000 => Mode::Symlink,
            0o160_000 => Mode::Gitlink,
            _ if bits & 0o100 != 0 => Mode::Executable,
            _ => Mode::File,
        }
    }

    /// Returns whether the entry's id names a blob of this repository.
    pub(crate) fn is_blob(self) -> bool {
        matches!(self, Mode::File | Mode::Executable | Mode::Symlink)
    }

    /// Returns whether both have the same type; the executable bit makes no difference.
    pub(crate) fn is_same_type(self, other: Mode) -> bool {
        let plain = |mode| if mode == Mode::Executable { Mode::File } else { mode };
        plain(self) == plain(other)
    }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry<'a> {
    /// The type of the entry.
    pub mode: Mode,
    /// Its name, without directories.
    pub name: &'a [u8],
    /// The object it names.
    pub id: Oid,
}

/// Mode, name and the bytes of the id.
pub(crate) type RawEntry<'a> = (Mode, &'a [u8], &'a [u8]);

/// The bytes of a tree cannot be parsed as entries.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
#[error("malformed tree entry at byte {at}")]
pub(crate) struct MalformedTree {
    /// Byte offset of the first malformed entry.
    pub at: usize,
}

/// Iterates over the entries of a tree's bytes, in stored order. Ends after the first error.
#[derive(Clone, Debug)]
pub(crate) struct TreeEntries<'a> {
    data: &'a [u8],
    at: usize,
    id_len: usize,
}

/// Iterates over the entries of `data`, whose ids have `id_len` bytes (as many as the id of the tree itself).
pub(crate) fn entries(data: &[u8], id_len: usize) -> TreeEntries<'_> {
    TreeEntries { data, at: 0, id_len }
}

impl<'a> TreeEntries<'a> {
    /// Returns the next entry with its id as raw bytes: for passes over all trees of a repository, where most ids
    /// are not needed as an [`Oid`].
    pub(crate) fn next_raw(&mut self) -> Option<Result<RawEntry<'a>, MalformedTree>> {
        if self.at >= self.data.len() {
            return None;
        }
        let at = self.at;
        let entry = self.parse();
        if entry.is_none() {
            self.at = self.data.len();
        }
        Some(entry.ok_or(MalformedTree { at }))
    }

    /// Returns the byte offset of the next entry; after an error, the end of the bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// Continues at byte offset `at`, where an entry must begin.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    fn parse(&mut self) -> Option<RawEntry<'a>> {
        let mut rest = &self.data[self.at..];
        let mut bits = 0u32;
        let mut digits = 0;
        loop {
            match *rest.first()? {
                digit @ b'0'..=b'7' if digits < 8 => bits = bits << 3 | u32::from(digit - b'0'),
                b' ' if digits > 0 => break,
                _ => return None,
            }
            digits += 1;
            rest = &rest[1..];
        }
        rest = &rest[1..];
        let nul = memchr::memchr(0, rest).filter(|&len| len > 0)?;
        let id = rest.get(nul + 1..nul + 1 + self.id_len)?;
        self.at += digits + 1 + nul + 1 + self.id_len;
        Some((Mode::from_bits(bits), &rest[..nul], id))
    }
}

impl<'a> Iterator for TreeEntries<'a> {
    type Item = Result<TreeEntry<'a>, MalformedTree>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        let (mode, name, id) = match self.next_raw()? {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        Some(Oid::from_bytes(id).map(|id| TreeEntry { mode, name, id }).ok_or(MalformedTree { at }))
    }
}

/// Returns whether `id` is the empty tree, which git can read without storing it.
pub(crate) fn is_empty_tree(id: &Oid) -> bool {
    const SHA1: &[u8] = b"4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    const SHA256: &[u8] = b"6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
    // Called for nearly every tree of a history: the first byte decides most of them.
    match id.as_bytes()[0] {
        0x4b => Oid::from_hex(SHA1) == Some(*id),
        0x6e => Oid::from_hex(SHA256) == Some(*id),
        _ => false,
    }
}

/// Returns the bytes of the tree `id`.
///
/// # Errors
/// The object cannot be read, or is not a tree.
pub(crate) fn read_tree(objects: &impl ReadObjects, id: &Oid) -> Result<Vec<u8>, ObjectError> {
    if is_empty_tree(id) {
        return Ok(Vec::new());
    }
    let object = objects.read(id)?;
    if object.kind != Kind::Tree {
        return Err(not_a_tree(*id));
    }
    Ok(object.data)
}

/// Returns the entry at `path` below the tree `root`; `None` when there is none. The empty path is the root itself.
/// Symbolic links are not followed.
///
/// # Errors
/// A tree on the way cannot be read or is malformed.
pub(crate) fn lookup(
    objects: &impl ReadObjects,
    root: &Oid,
    path: &[u8],
) -> Result<Option<(Mode, Oid)>, ObjectError> {
    let mut found = (Mode::Tree, *root);
    for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
        if found.0 != Mode::Tree {
            return Ok(None);
        }
        let id = found.1;
        let data = read_tree(objects, &id)?;
        let mut next = None;
        for entry in entries(&data, id.as_bytes().len()) {
            let entry = entry.map_err(|error| ObjectError::Corrupt { id, why: error.to_string() })?;
            if entry.name == name {
                next = Some((entry.mode, entry.id));
                break;
            }
        }
        match next {
            Some(entry) => found = entry,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn raw(mode: &str, name: &[u8], id: u8) -> Vec<u8> {
        [mode.as_bytes(), b" ", name, b"\0", &[id; 20]].concat()
    }

    #[test]
    fn entries_keep_mode_name_and_id() {
        let data = [
            raw("100644", b"a", 1),
            raw("100755", b"b \xff", 2),
            raw("120000", b"c", 3),
            raw("160000", b"d", 4),
            raw("40000", b"e", 5),
            raw("100664", b"f", 6),
        ]
        .concat();
        let modes: Vec<Mode> = entries(&data, 20).map(|entry| entry.expect("valid").mode).collect();
        use Mode::*;
        assert_eq!(modes, [File, Executable, Symlink, Gitlink, Tree, File]);
        let second = entries(&data, 20).nth(1).expect("a second entry").expect("valid");
        assert_eq!(second.name, b"b \xff");
        assert_eq!(second.id, Oid::from_bytes(&[2; 20]).expect("20 bytes"));
    }

    #[test]
    fn malformed_bytes_give_one_error_and_end_the_iteration() {
        let good = raw("100644", b"a", 1);
        let cut = [good.clone(), raw("100644", b"b", 2)[..20].to_vec()].concat();
        for (data, at) in [
            (b"100644".to_vec(), 0),
            (b" a\0".to_vec(), 0),
            (raw("100648", b"a", 1), 0),
            (raw("100644", b"", 1), 0),
            (raw("1006440000000000", b"x", 1), 0),
            (cut, good.len()),
        ] {
            let all: Vec<_> = entries(&data, 20).collect();
            assert_eq!(all.last(), Some(&Err(MalformedTree { at })), "{data:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_parsed_without_panic(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = entries(&data, 20).count() + entries(&data, 32).count();
        }
    }
}

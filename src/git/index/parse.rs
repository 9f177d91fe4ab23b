//! Parses one index file: header, entries, extensions.

use super::cached_tree::CachedTree;
use super::cursor::Cursor;
use super::entries::Entries;
use super::error::IndexError;
use super::split::Link;
use crate::git::odb::oid::HashAlgorithm;
use crate::git::odb::pack::FileBytes;

/// The content of one file. With a `link` it is one part of a split index, whose replacing entries have no path.
pub(super) struct Parsed {
    pub(super) entries: Entries,
    pub(super) cached_tree: Option<CachedTree>,
    pub(super) link: Option<Link>,
}

/// Parses the bytes of one file. The checksum at their end is not verified.
pub(super) fn parse(data: FileBytes, algorithm: HashAlgorithm) -> Result<Parsed, IndexError> {
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
            // A sparse index: its folded directories are entries.
            b"sdir" => {}
            // An extension whose name starts with an upper-case letter is optional.
            [b'A'..=b'Z', ..] => {}
            other => {
                let name = String::from_utf8_lossy(other).escape_default().to_string();
                return Err(IndexError::Unsupported(format!("extension '{name}'")));
            }
        }
    }
    Ok(parsed)
}

//! The split index (`link` extension): a small file of changes upon a large shared one.

use std::collections::HashSet;

use super::ewah;
use super::parse::Cursor;
use super::{IndexEntry, IndexError};
use crate::git::oid::{HashAlgorithm, Oid};

/// What the small file says about the shared one.
pub(super) struct Link {
    /// Names the shared file; `None` when there is none after all.
    pub(super) base: Option<Oid>,
    /// The two bitmaps, still packed: only the shared file tells how long they may be.
    bitmaps: Vec<u8>,
}

impl Link {
    pub(super) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Link, IndexError> {
        let mut cursor = Cursor(content);
        let base = Some(cursor.id(algorithm)?).filter(|id| !id.is_zero());
        Ok(Link { base, bitmaps: cursor.0.to_vec() })
    }
}

/// The whole index: `base` without what was deleted, with what was replaced, plus what was added.
/// Replacements are the entries of `own` without a path, in the order of the entries they replace.
pub(super) fn join(
    mut base: Vec<IndexEntry>,
    own: Vec<IndexEntry>,
    link: &Link,
) -> Result<Vec<IndexEntry>, IndexError> {
    let (mut delete, mut replace) = (Vec::new(), Vec::new());
    if !link.bitmaps.is_empty() {
        let mut cursor = Cursor(&link.bitmaps);
        delete = ewah::read(&mut cursor, base.len())?;
        replace = ewah::read(&mut cursor, base.len())?;
    }
    let (replacing, added): (Vec<_>, Vec<_>) = own.into_iter().partition(|entry| entry.path.is_empty());
    if replacing.len() != replace.len() {
        return Err(IndexError::Corrupt("the shared index does not fit"));
    }
    for (at, entry) in replace.into_iter().zip(replacing) {
        let path = std::mem::take(&mut base[at].path);
        base[at] = IndexEntry { path, ..entry };
    }
    let mut keep = vec![true; base.len()];
    delete.into_iter().for_each(|at| keep[at] = false);
    // An added entry takes the place of one with the same path and stage.
    let added_at: HashSet<(&[u8], u8)> =
        added.iter().map(|entry| (entry.path.as_slice(), entry.stage)).collect();
    let mut joined: Vec<IndexEntry> = base
        .into_iter()
        .zip(keep)
        .filter(|(entry, keep)| *keep && !added_at.contains(&(entry.path.as_slice(), entry.stage)))
        .map(|(entry, _)| entry)
        .collect();
    joined.extend(added);
    joined.sort_by(|left, right| left.path.cmp(&right.path).then(left.stage.cmp(&right.stage)));
    Ok(joined)
}

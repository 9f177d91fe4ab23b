//! The split index (`link` extension): a small file of changes to a large shared one.
//!
//! Format: the section "Split index" of git's `gitformat-index`.

use std::collections::HashSet;

use super::cursor::Cursor;
use super::entries;
use super::entries::Entries;
use super::error::IndexError;
use super::ewah;
use crate::git::odb::oid::{HashAlgorithm, Oid};
use crate::git::odb::pack::FileBytes;

/// The `link` extension of the small file.
pub(super) struct Link {
    /// The id in the name of the shared file; `None` when there is no shared file.
    pub(super) base: Option<Oid>,
    /// The two bitmaps, not yet decoded: their maximum length depends on the shared file.
    bitmaps: Vec<u8>,
}

impl Link {
    pub(super) fn parse(content: &[u8], algorithm: HashAlgorithm) -> Result<Link, IndexError> {
        let mut cursor = Cursor(content);
        let base = Some(cursor.id(algorithm)?).filter(|id| !id.is_zero());
        Ok(Link { base, bitmaps: cursor.0.to_vec() })
    }
}

/// Joins both files to one list: the entries of `base` without the deleted ones, with the replaced ones, plus the
/// added ones. Replacements are the entries of `own` without a path, in the order of the entries that they replace.
///
/// # Errors
/// The bitmaps are invalid, or do not match the entries.
pub(super) fn join(
    base: &Entries,
    own: &Entries,
    link: &Link,
    algorithm: HashAlgorithm,
) -> Result<Entries, IndexError> {
    let (mut delete, mut replace) = (Vec::new(), Vec::new());
    if !link.bitmaps.is_empty() {
        let mut cursor = Cursor(&link.bitmaps);
        delete = ewah::read(&mut cursor, base.len())?;
        replace = ewah::read(&mut cursor, base.len())?;
    }
    let (replacing, added): (Vec<usize>, Vec<usize>) =
        (0..own.len()).partition(|&at| own.get(at).path.is_empty());
    if replacing.len() != replace.len() {
        return Err(IndexError::Corrupt("the shared index does not fit"));
    }
    // The current entry at each position of the base: its list, and its position there.
    let mut current: Vec<Option<(&Entries, usize)>> = (0..base.len()).map(|at| Some((base, at))).collect();
    replace.into_iter().zip(replacing).for_each(|(at, by)| current[at] = Some((own, by)));
    delete.into_iter().for_each(|at| current[at] = None);
    // An added entry replaces one with the same path and stage.
    let key = |at: usize| (own.get(at).path, own.get(at).stage);
    let added_keys: HashSet<(&[u8], u8)> = added.iter().map(|&at| key(at)).collect();
    let kept = current.into_iter().enumerate().filter_map(|(at, current)| {
        let (list, number) = current?;
        let (path, stage) = (base.get(at).path, list.get(number).stage);
        (!added_keys.contains(&(path, stage))).then_some((path, list.raw(number)))
    });
    let mut data = Vec::new();
    let mut count = 0;
    for (path, raw) in kept.chain(added.iter().map(|&at| (own.get(at).path, own.raw(at)))) {
        entries::write(&mut data, path, raw);
        count += 1;
    }
    let body = data.len();
    Ok(Entries::find(FileBytes::Owned(data), body, 0, count, 3, algorithm)?.0)
}

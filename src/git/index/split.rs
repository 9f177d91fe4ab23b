//! The split index (`link` extension): a small file of changes upon a large shared one.

use std::collections::HashSet;

use super::entries;
use super::entries::{Bytes, Entries};
use super::parse::Cursor;
use super::{IndexError, ewah};
use crate::git::odb::oid::{HashAlgorithm, Oid};

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
    // What stands at each place of the base now: of which list, and where in it.
    let mut now: Vec<Option<(&Entries, usize)>> = (0..base.len()).map(|at| Some((base, at))).collect();
    replace.into_iter().zip(replacing).for_each(|(at, by)| now[at] = Some((own, by)));
    delete.into_iter().for_each(|at| now[at] = None);
    // An added entry takes the place of one with the same path and stage.
    let key = |at: usize| (own.get(at).path, own.get(at).stage);
    let added_at: HashSet<(&[u8], u8)> = added.iter().map(|&at| key(at)).collect();
    let kept = now.into_iter().enumerate().filter_map(|(at, now)| {
        let (list, number) = now?;
        let (path, stage) = (base.get(at).path, list.get(number).stage);
        (!added_at.contains(&(path, stage))).then_some((path, list.raw(number)))
    });
    let mut data = Vec::new();
    let mut count = 0;
    for (path, raw) in kept.chain(added.iter().map(|&at| (own.get(at).path, own.raw(at)))) {
        entries::write(&mut data, path, raw);
        count += 1;
    }
    let body = data.len();
    Ok(Entries::find(Bytes::Owned(data), body, 0, count, 3, algorithm)?.0)
}

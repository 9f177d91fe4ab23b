//! Lists of unscanned entries of one kind: files kept in git-lfs, and submodules.

use std::collections::BTreeSet;

use crate::git::Oid;
use crate::git::attribution::Attribution;
use crate::model::{RepoPath, Unscanned};
use crate::scan::blob::blob_scanner::BlobScanner;
use crate::scan::outcome::Outcome;
use crate::source::unscanned::unscanned_lfs_file;

/// How many entries of one kind are listed one by one.
const MAX_LISTED: usize = 50;

/// Lists the files that are kept in git-lfs: each path once, for all its versions.
pub(super) fn list_lfs_pointers(
    scanner: &BlobScanner<'_>,
    attribution: &Attribution,
    pointers: &[Oid],
    prefix: &[u8],
    outcome: &mut Outcome,
) {
    let mut paths: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut without_path: BTreeSet<Oid> = BTreeSet::new();
    for id in pointers {
        let history = attribution.get(id);
        let introductions =
            history.into_iter().flat_map(|blob| blob.introduction.iter().chain(&blob.later_introductions));
        let mut found = introductions.flat_map(|introduction| &introduction.paths).peekable();
        if found.peek().is_none() {
            without_path.insert(*id);
        }
        paths.extend(found.map(|(path, _)| path.clone()));
    }
    let is_scanned = |path: &Vec<u8>| !scanner.is_skipped(&RepoPath::new([prefix, path].concat()));
    let file = |path| unscanned_lfs_file(RepoPath::new(path).to_text());
    list_unscanned(paths.into_iter().filter(is_scanned), file, outcome);
    list_unscanned(without_path.into_iter(), |id| unscanned_lfs_file(format!("object {id}")), outcome);
}

/// Adds an entry for each of the `items`; beyond [`MAX_LISTED`], one entry with their number.
pub(super) fn list_unscanned<I>(
    items: impl Iterator<Item = I>,
    entry: impl Fn(I) -> Unscanned,
    outcome: &mut Outcome,
) {
    let items: Vec<I> = items.collect();
    let more = items.len().saturating_sub(MAX_LISTED);
    let entries: Vec<Unscanned> = items.into_iter().take(MAX_LISTED).map(entry).collect();
    if let (true, Some(last)) = (more > 0, entries.last()) {
        outcome.unscanned.push(Unscanned { what: format!("{more} more"), ..last.clone() });
    }
    outcome.unscanned.extend(entries);
}

//! The names of refs, files and directories that contain values.

use std::collections::HashSet;

use crate::git::Oid;
use crate::git::attribution::{Query, TreeIndex};
use crate::source::history::History;
use crate::source::view::RepoView;

use super::fingerprint_scan::{FingerprintScanner, Values};

/// A ref whose name contains values.
pub(super) struct RefNameValues<'i, 'h> {
    /// The full name.
    pub(super) name: &'h str,
    /// Whether the ref exists; else only its reflog is left.
    pub(super) exists: bool,
    pub(super) values: Values<'i>,
}

/// Returns the names of refs and reflogs that contain values.
pub(super) fn ref_names_with_values<'i, 'h>(
    scanner: &mut FingerprintScanner<'i, '_>,
    history: &'h History,
) -> Vec<RefNameValues<'i, 'h>> {
    let refs = history.ref_and_reflog_names();
    let names: Vec<&[u8]> = refs.iter().map(|(name, _)| name.as_bytes()).collect();
    let found = names_with_values(scanner, &names).into_iter();
    let with_ref = found.filter_map(|(bytes, values)| {
        let (name, exists) = refs.iter().find(|(name, _)| name.as_bytes() == bytes)?;
        Some(RefNameValues { name, exists: *exists, values })
    });
    with_ref.collect()
}

/// Loads the trees that contain the blobs, names with values, or submodules, and returns these names.
///
/// Names and submodules are known only when all trees were read. Few repositories have any, so they are read a
/// second time for these.
pub(super) fn index_trees<'i>(
    view: &RepoView,
    scanner: &mut FingerprintScanner<'i, '_>,
    blobs: HashSet<Oid>,
    threads: usize,
) -> (TreeIndex, Vec<(Vec<u8>, Values<'i>)>) {
    let query = Query { blobs, all_names: true, ..Query::default() };
    let trees = TreeIndex::load(&view.objects, &query, threads);
    let found = names_with_values(scanner, &trees.all_names());
    let found: Vec<(Vec<u8>, Values<'i>)> =
        found.into_iter().map(|(name, values)| (name.to_vec(), values)).collect();
    if found.is_empty() && (trees.has_paths() || !trees.has_submodules()) {
        return (trees, found);
    }
    let names = found.iter().map(|(name, _)| name.clone()).collect();
    let query = Query { blobs: query.blobs, names, submodules: true, all_names: false };
    (TreeIndex::load(&view.objects, &query, threads), found)
}

/// Returns the `names` that contain values. All are scanned together first, as most lists contain none.
fn names_with_values<'i, 'n>(
    scanner: &mut FingerprintScanner<'i, '_>,
    names: &[&'n [u8]],
) -> Vec<(&'n [u8], Values<'i>)> {
    if names.is_empty() || scanner.scan_names(&names.join(&b'\n'), || "names".to_owned()).is_none() {
        return Vec::new();
    }
    let scan = |name: &&'n [u8]| {
        let what = || format!("name {}", String::from_utf8_lossy(name));
        scanner.scan_names(name, what).map(|values| (*name, values))
    };
    names.iter().filter_map(scan).collect()
}

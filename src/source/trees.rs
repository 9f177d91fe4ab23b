//! Searches in the trees of commits.

use std::collections::HashSet;

use crate::git::odb::tree::{Mode, entries, read_tree};
use crate::git::{Oid, ReadObjects};

/// Returns the `wanted` blobs that one of the `trees` contains at a path for which `counts` is true. For a
/// directory that has several paths, one of them decides. Stops when `is_out_of_time` is true.
pub(crate) fn blobs_in_trees<R: ReadObjects>(
    objects: &R,
    trees: &[Oid],
    wanted: &HashSet<Oid>,
    counts: impl Fn(&[u8]) -> bool,
    is_out_of_time: impl Fn() -> bool,
) -> HashSet<Oid> {
    let mut found = HashSet::new();
    let mut open: Vec<(Vec<u8>, Oid)> = trees.iter().map(|tree| (Vec::new(), *tree)).collect();
    let mut seen: HashSet<Oid> = trees.iter().copied().collect();
    while let Some((path, id)) = open.pop() {
        if is_out_of_time() {
            break;
        }
        // The entries of an unreadable tree are unknown and count as absent.
        let Ok(data) = read_tree(objects, &id) else { continue };
        for entry in entries(&data, id.as_bytes().len()).map_while(Result::ok) {
            match entry.mode {
                Mode::Tree if seen.insert(entry.id) => {
                    open.push(([&path, entry.name, b"/"].concat(), entry.id));
                }
                mode if mode.is_blob()
                    && wanted.contains(&entry.id)
                    && counts(&[&path, entry.name].concat()) =>
                {
                    found.insert(entry.id);
                }
                _ => {}
            }
        }
    }
    found
}

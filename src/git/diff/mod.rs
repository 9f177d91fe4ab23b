//! What a commit, or the index, has that its parents lack.
//!
//! Compares ids only: no attributes, filters or diff settings have a say, and a pure mode change or
//! an entry that equals any one parent's is no change. Renames are not paired here: the deleted
//! entries are listed, so that whoever compares content can.

mod index;
mod listing;
mod trees;

pub use index::{diff_index, diff_index_merging};
pub use trees::{TreeDiffs, diff_trees};

use super::odb::object::ObjectError;
use super::odb::oid::Oid;
use super::odb::tree::Mode;

/// One path whose content differs from that of every parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path from the root.
    pub path: Vec<u8>,
    /// What is there now; for a deletion, what was there.
    pub mode: Mode,
    /// The blob there now (gitlink: a commit elsewhere); `None` when the path was deleted.
    pub new: Option<Oid>,
    /// The blobs that the parents have at this path, each once.
    pub olds: Vec<Oid>,
}

/// All changes of one comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// Sorted by path.
    pub changes: Vec<Change>,
    /// Trees that could not be read, with their paths; each was taken as empty.
    pub problems: Vec<(Vec<u8>, ObjectError)>,
    /// Paths in conflict, sorted (index only); their two sides are among the changes.
    pub conflicted: Vec<Vec<u8>>,
}

impl Diff {
    fn sorted(mut self) -> Diff {
        self.changes.sort_by(|left, right| {
            (&left.path, left.new.is_none(), left.new).cmp(&(&right.path, right.new.is_none(), right.new))
        });
        self.changes.dedup();
        self.conflicted.sort();
        self.conflicted.dedup();
        self
    }
}

#[cfg(all(test, unix))]
mod tests;

#[cfg(test)]
mod properties;

//! The result of a comparison.

use crate::git::odb::object::ObjectError;
use crate::git::odb::oid::Oid;
use crate::git::odb::tree::Mode;

/// One path whose content differs from that of every parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Path from the root.
    pub path: Vec<u8>,
    /// The new mode; for a deletion, the old one.
    pub mode: Mode,
    /// The new blob (gitlink: a commit of another repository); `None` when the path was deleted.
    pub new: Option<Oid>,
    /// The blobs of the parents at this path, each once.
    pub old_blobs: Vec<Oid>,
}

/// All changes of one comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Diff {
    /// Sorted by path.
    pub changes: Vec<Change>,
    /// Trees that could not be read, with their paths. Each was compared as an empty tree.
    pub problems: Vec<(Vec<u8>, ObjectError)>,
    /// What was not compared, because a few trees that repeat each other have more paths than are followed.
    pub omitted: Option<OmittedPaths>,
    /// Whether the deadline passed before everything was compared.
    pub is_out_of_time: bool,
    /// Paths in conflict, sorted (index only). Both of their sides are among the changes.
    pub conflicted: Vec<Vec<u8>>,
}

/// Directories that were not compared at all of their paths. Each was compared at one path at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OmittedPaths {
    /// One of them.
    pub path: Vec<u8>,
    /// Their number, without those below them.
    pub count: usize,
}

impl Diff {
    /// Sorts all lists and removes duplicates.
    pub(super) fn sorted(mut self) -> Diff {
        self.changes.sort_by(|left, right| {
            (&left.path, left.new.is_none(), left.new).cmp(&(&right.path, right.new.is_none(), right.new))
        });
        self.changes.dedup();
        self.conflicted.sort();
        self.conflicted.dedup();
        self
    }
}

//! What a [`TreeIndex`](super::TreeIndex) is built for: blobs, entry names and submodules.

use std::collections::HashSet;

use crate::git::odb::oid::Oid;

/// What is searched for in the trees of an object store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Blobs.
    pub blobs: HashSet<Oid>,
    /// Names of tree entries, without duplicates.
    pub names: Vec<Vec<u8>>,
    /// Whether submodules are searched for. They always are when there are `blobs` or `names`.
    pub submodules: bool,
    /// Whether to collect the names of all tree entries, except those too short to contain a secret.
    pub all_names: bool,
}

impl Query {
    /// A query for these blobs only.
    pub(crate) fn from_blobs(blobs: HashSet<Oid>) -> Query {
        Query { blobs, ..Query::default() }
    }

    /// Whether the paths of anything are queried.
    pub(crate) fn has_targets(&self) -> bool {
        self.submodules || !self.blobs.is_empty() || !self.names.is_empty()
    }
}

/// What contains a value: one of the blobs or names of a [`Query`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// A blob.
    Blob(Oid),
    /// A name, by its position in [`Query::names`].
    Name(usize),
}

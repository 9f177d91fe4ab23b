//! Git objects, the errors of reading one, and the trait that reads them by id.

use std::collections::HashMap;

use thiserror::Error;

use super::oid::Oid;

/// The generation of a commit that is in no commit-graph file. It is higher than all stored ones, like git's
/// `GENERATION_NUMBER_V1_INFINITY`.
pub(crate) const GENERATION_INFINITY: u32 = u32::MAX;

/// The four kinds of git object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A commit.
    Commit,
    /// A directory.
    Tree,
    /// A file's bytes, or a symlink's target.
    Blob,
    /// An annotated tag.
    Tag,
}

/// One object: its kind and its inflated, undeltified bytes without the loose header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// The kind of the object.
    pub kind: Kind,
    /// The content.
    pub data: Vec<u8>,
}

/// Why one object could not be read. Other objects of the store are not affected.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum ObjectError {
    /// No pack, loose file or alternate contains it (partial clone, damaged repository).
    #[error("object {id} is missing")]
    Missing {
        /// The requested id.
        id: Oid,
    },
    /// It is stored, but cannot be decoded.
    #[error("object {id} is corrupt: {why}")]
    Corrupt {
        /// The requested id.
        id: Oid,
        /// What is wrong with the stored bytes.
        why: String,
    },
    /// It is larger than the caller accepts.
    #[error("object {id} has {size} bytes, over the limit of {limit}")]
    TooLarge {
        /// The requested id.
        id: Oid,
        /// Its inflated size in bytes.
        size: u64,
        /// The caller's limit in bytes.
        limit: u64,
    },
    /// It, its delta base, its delta or a pack that may contain it does not fit in memory.
    #[error("there is not enough memory for object {id} ({what})")]
    NoMemory {
        /// The requested id.
        id: Oid,
        /// What does not fit.
        what: String,
    },
}

impl ObjectError {
    /// The requested id.
    pub fn id(&self) -> &Oid {
        match self {
            ObjectError::Missing { id }
            | ObjectError::Corrupt { id, .. }
            | ObjectError::TooLarge { id, .. }
            | ObjectError::NoMemory { id, .. } => id,
        }
    }
}

/// Reads single objects by id.
pub(crate) trait ReadObjects: Sync {
    /// Returns the complete object `id`.
    ///
    /// # Errors
    /// The object is missing, corrupt, or larger than the limit of the store.
    fn read(&self, id: &Oid) -> Result<Object, ObjectError>;

    /// Returns the generation number of the commit `id`, which is higher than those of all its ancestors;
    /// `GENERATION_INFINITY` where git has not stored one. The number may be wrong: no commit may be missed
    /// because of it.
    fn generation(&self, _id: &Oid) -> u32 {
        GENERATION_INFINITY
    }
}

/// Objects in memory, for tests of the layers above the store.
impl ReadObjects for HashMap<Oid, Object> {
    fn read(&self, id: &Oid) -> Result<Object, ObjectError> {
        self.get(id).cloned().ok_or(ObjectError::Missing { id: *id })
    }
}

/// Returns the error that the object `id`, which a tree or index lists as a file, is of another kind.
pub(crate) fn not_a_file(id: Oid) -> ObjectError {
    corrupt(id, &"used as a file, but is none")
}

/// Returns the error that the object `id`, which a commit or tree lists as a tree, is of another kind.
pub(crate) fn not_a_tree(id: Oid) -> ObjectError {
    corrupt(id, &"used as a tree, but is not one")
}

/// Returns the error that `size` bytes cannot be allocated for the object `id`.
pub(crate) fn no_memory(id: Oid, size: u64) -> ObjectError {
    ObjectError::NoMemory { id, what: format!("{size} bytes") }
}

/// Returns the error that the object `id` is corrupt because of `why`.
pub(crate) fn corrupt(id: Oid, why: &impl ToString) -> ObjectError {
    ObjectError::Corrupt { id, why: why.to_string() }
}

//! Errors of opening a repository and of resolving names in it.

use std::path::PathBuf;

use thiserror::Error;

use crate::git::index::IndexError;
use crate::git::odb::object::ObjectError;

/// Why a repository could not be opened, or a name in it not be resolved. Nothing was scanned.
#[derive(Debug, Error)]
pub enum RepoError {
    /// There is no repository at or above the path.
    #[error("{} is not in a git repository", .path.display())]
    NotARepository {
        /// The path at which the search began.
        path: PathBuf,
    },
    /// It belongs to another user, and no `safe.directory` setting allows it.
    #[error("the repository at {} belongs to another user", .path.display())]
    UnsafeOwnership {
        /// The root of the repository, or the path at which the search began if the root is unknown.
        path: PathBuf,
    },
    /// A revision does not name a commit of this repository.
    #[error("unknown revision '{rev}'")]
    UnknownRevision {
        /// As the user wrote it.
        rev: String,
    },
    /// A range has no dots.
    #[error("'{spec}' is not a range of the form A..B")]
    NotARange {
        /// As the user wrote it.
        spec: String,
    },
    /// The ends of `A...B` have no merge base, or a shallow clone does not contain it.
    #[error("'{left}' and '{right}' have no merge base in this repository")]
    NoMergeBase {
        /// The left end as the user wrote it.
        left: String,
        /// The right end as the user wrote it.
        right: String,
    },
    /// The repository uses a feature that is not supported.
    #[error("unsupported repository: {what}")]
    UnsupportedRepository {
        /// The extension or version.
        what: String,
    },
    /// An object that is needed to resolve a revision could not be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The index could not be read.
    #[error("cannot read the index: {0}")]
    Index(#[from] IndexError),
    /// A file of the repository could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// Any other error of libgit2.
    #[error("{}", .0.message())]
    Git(#[from] git2::Error),
}

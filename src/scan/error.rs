//! Why a run could not start.

use std::path::PathBuf;

use thiserror::Error;

#[cfg(feature = "git")]
use crate::git::repo::RepoError;

/// Why nothing was scanned.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The repository could not be opened, or a revision in it could not be resolved.
    #[cfg(feature = "git")]
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// The rule set is empty.
    #[error("no rule is active, so nothing would be found")]
    NoRules,
    /// A path glob of a rule does not compile.
    #[error("rule {rule}: '{glob}' is not a path glob: {reason}")]
    Glob {
        /// The rule's id.
        rule: String,
        /// The glob as written.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A pattern of a rule cannot be built within the engine's limits: it would match nothing.
    #[error("rule {rule}: the pattern cannot be built: {reason}")]
    Pattern {
        /// The rule's id.
        rule: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A path to scan does not exist.
    #[error("{}: no such file or folder", .path.display())]
    NoSuchPath {
        /// The path as the user gave it.
        path: PathBuf,
    },
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    Stdin(#[source] std::io::Error),
}

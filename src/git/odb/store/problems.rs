//! Problems of a store that are not the error of one object: files and directories that cannot be read.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A file or directory of the store that cannot be used, or is inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreProblem {
    /// The file or directory.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.why)
    }
}

/// Collects the problems that all parts of the store find, each once.
#[derive(Debug, Default)]
pub(super) struct ProblemLog(Mutex<Vec<StoreProblem>>);

impl ProblemLog {
    pub(super) fn add(&self, path: &Path, why: impl Into<String>) {
        let problem = StoreProblem { path: path.to_owned(), why: why.into() };
        let mut problems = self.lock();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<StoreProblem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

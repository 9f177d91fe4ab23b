//! Problems of a store that are not the error of one object: files and directories that cannot be read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Why a file or directory of the store cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemCause {
    /// It is damaged, or cannot be read.
    Damage,
    /// There is not enough memory for it.
    NoMemory,
}

impl From<&io::Error> for ProblemCause {
    fn from(error: &io::Error) -> ProblemCause {
        match error.kind() {
            io::ErrorKind::OutOfMemory => ProblemCause::NoMemory,
            _ => ProblemCause::Damage,
        }
    }
}

/// A file or directory of the store that cannot be used, or is inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreProblem {
    /// The file or directory.
    pub path: PathBuf,
    /// Why it cannot be used.
    pub cause: ProblemCause,
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
        self.push(StoreProblem { path: path.to_owned(), cause: ProblemCause::Damage, why: why.into() });
    }

    pub(super) fn push(&self, problem: StoreProblem) {
        let mut problems = self.lock();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// Whether there was not enough memory for some part of the store.
    pub(super) fn have_no_memory(&self) -> bool {
        self.lock().iter().any(|problem| problem.cause == ProblemCause::NoMemory)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Vec<StoreProblem>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

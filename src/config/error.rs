//! Errors in the configuration.

use std::path::PathBuf;

use super::origin::Origin;
use crate::rules::LimitError;

/// Error in the configuration. Nothing is scanned then.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that exists, or that an option names, cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The file is not YAML, or has unknown keys or values of the wrong type.
    #[error("{}{}: {message}", path.display(), position(*.at))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// 1-based line and column, if they are known.
        at: Option<(usize, usize)>,
        /// What is wrong, and what is expected.
        message: String,
    },
    /// The file exceeds a limit.
    #[error("{}: {source}", path.display())]
    Limit {
        /// The file.
        path: PathBuf,
        /// The limit, and what to do.
        source: LimitError,
    },
    /// There are two configuration files.
    #[error("both {} and {} exist; keep one of them", first.display(), second.display())]
    TwoFiles {
        /// The one that [`FILE_NAMES`](super::FILE_NAMES) lists first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A value is well-formed but not valid, such as an unknown rule id.
    #[error("{origin}: {message}")]
    Value {
        /// Where the value is set.
        origin: Origin,
        /// What is wrong with the value.
        message: String,
    },
}

fn position(at: Option<(usize, usize)>) -> String {
    at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default()
}

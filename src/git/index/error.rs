//! Why an index cannot be read.

use std::path::PathBuf;

use thiserror::Error;

/// Why an index could not be read.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The index, or its shared index.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The bytes are not a valid index.
    #[error("index is corrupt: {0}")]
    Corrupt(&'static str),
    /// A version or extension that must be supported to read the file correctly.
    #[error("unsupported index: {0}")]
    Unsupported(String),
}

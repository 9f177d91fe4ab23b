//! In: the bytes of `stopleak.yaml`, and what environment and flags say. Out: settings, each with its origin.
//! Never: the environment itself, or a decision about a finding.
//!
//! A file can come from anywhere: a folder, the index, a commit. [`Config::from_bytes`] reads no other file.

mod discover;
mod file;
mod hooks;
mod layers;
mod nearest;
mod size;

use std::path::PathBuf;

pub use discover::{FILE_NAMES, find};
pub use file::{Config, Item};
pub use hooks::{Budget, HookKeys, HookLayer, Unsure};
pub use layers::{Layer, Origin, Resolved, Value};
pub use nearest::nearest;
pub use size::ByteSize;

/// What is wrong with the configuration. All of them mean that nothing is scanned.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is there, or was asked for, and cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no YAML, or not the YAML that is expected.
    #[error("{}{}: {message}", path.display(), place(*.at))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line and column from 1, where they are known.
        at: Option<(usize, usize)>,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Two files could be meant.
    #[error("both {} and {} are there; keep one of them", first.display(), second.display())]
    TwoFiles {
        /// The one that is looked for first.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A value is well-formed and means nothing.
    #[error("{origin}: {message}")]
    Value {
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it.
        message: String,
    },
}

fn place(at: Option<(usize, usize)>) -> String {
    at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default()
}

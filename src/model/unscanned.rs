//! What should have been read and was not. "Not looked at" is never printed as "clean".

use serde::{Deserialize, Serialize};

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverageKind {
    /// The file system refused.
    Unreadable,
    /// The object is stored and does not read back.
    Corrupt,
    /// The object is referred to and is not there.
    Missing,
    /// Larger than `--max-blob-size`.
    TooLarge,
    /// History is cut off: a shallow clone.
    Shallow,
    /// Work on it was ended by a limit or a fault of our own.
    Aborted,
    /// The time that was allowed ended first.
    OutOfTime,
    /// The content is kept elsewhere (a git-lfs pointer, a submodule). Said; does not make a run incomplete.
    Elsewhere,
}

impl CoverageKind {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            CoverageKind::Unreadable => "unreadable",
            CoverageKind::Corrupt => "corrupt",
            CoverageKind::Missing => "missing",
            CoverageKind::TooLarge => "too-large",
            CoverageKind::Shallow => "shallow",
            CoverageKind::Aborted => "aborted",
            CoverageKind::OutOfTime => "out-of-time",
            CoverageKind::Elsewhere => "elsewhere",
        }
    }

    /// Whether an entry of this kind makes the run incomplete (exit 3).
    pub fn is_gap(self) -> bool {
        self != CoverageKind::Elsewhere
    }
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coverage {
    /// Why.
    pub kind: CoverageKind,
    /// What: a path, an object id, a repository. Escaped text, ready for machine formats.
    pub what: String,
    /// What happened, in one sentence without a full stop.
    pub reason: String,
    /// What a person can do about it, if anything.
    pub remedy: Option<String>,
}

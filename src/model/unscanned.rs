//! What was not read. A run with such entries is never reported as clean, except for content that is stored elsewhere.

use serde::{Deserialize, Serialize};

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnscannedKind {
    /// The file system returned an error.
    Unreadable,
    /// The object is stored but damaged.
    Corrupt,
    /// The object is referenced but not stored.
    Missing,
    /// Larger than `--max-blob-size`.
    TooLarge,
    /// The history is incomplete: a shallow clone.
    Shallow,
    /// The scan of it was stopped by a limit or an internal error.
    Aborted,
    /// The time limit was reached first.
    OutOfTime,
    /// The content is stored elsewhere (a git-lfs pointer, a submodule). Reported, but the run is complete.
    Elsewhere,
}

impl UnscannedKind {
    /// The lower-case word used in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            UnscannedKind::Unreadable => "unreadable",
            UnscannedKind::Corrupt => "corrupt",
            UnscannedKind::Missing => "missing",
            UnscannedKind::TooLarge => "too-large",
            UnscannedKind::Shallow => "shallow",
            UnscannedKind::Aborted => "aborted",
            UnscannedKind::OutOfTime => "out-of-time",
            UnscannedKind::Elsewhere => "elsewhere",
        }
    }

    /// Whether an entry of this kind makes the run incomplete (exit 3).
    pub fn is_incomplete(self) -> bool {
        self != UnscannedKind::Elsewhere
    }
}

/// One thing that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unscanned {
    /// Why it was not read.
    pub kind: UnscannedKind,
    /// A path, an object id or a repository. Escaped text for machine formats.
    pub what: String,
    /// What happened: one sentence without a full stop.
    pub reason: String,
    /// What the user can do about it, if anything.
    pub remedy: Option<String>,
}

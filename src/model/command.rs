//! The commands that scan, as every report names them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The command whose run a report describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// Files, directories, standard input, or text that is not stored yet.
    Scan,
    /// The content of the index.
    Staged,
    /// A range of commits.
    Range,
    /// The commits of a pull request or a push, in CI.
    Ci,
    /// Every object of a repository.
    History,
}

impl Command {
    /// The lower-case word used on the command line and in every format.
    pub fn as_str(self) -> &'static str {
        match self {
            Command::Scan => "scan",
            Command::Staged => "staged",
            Command::Range => "range",
            Command::Ci => "ci",
            Command::History => "history",
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

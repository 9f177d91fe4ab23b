//! What a run can scan.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::ContentKind;

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Files and directories.
    Paths {
        /// Relative paths are below [`Settings::directory`](super::Settings::directory).
        paths: Vec<PathBuf>,
        /// Whether files that git ignores are read too.
        no_ignore: bool,
    },
    /// Standard input.
    Stdin {
        /// The path that findings get.
        name: String,
    },
    /// The content that the next `git commit` records.
    Staged,
    /// The commits of a push: those reachable from the pushed refs and not yet on the remote, with the tags among them.
    Push {
        /// Hexadecimal ids of the pushed objects: commits or tags.
        to: Vec<String>,
        /// Hexadecimal ids that the remote already has. Ids that are not in this repository are ignored.
        known: Vec<String>,
        /// Names of refs that are new on the remote.
        names: Vec<Vec<u8>>,
        /// The remote's name. Commits reachable from its remote-tracking branches are on it already.
        remote: String,
        /// The remote's address. A push to an address without a name uses the remotes that have the same address.
        address: String,
    },
    /// The commits that a repository receives: those reachable from the new refs and from no existing ref, with the
    /// tags among them.
    Receive {
        /// Hexadecimal ids of the objects that refs are set to: commits or tags.
        to: Vec<String>,
        /// Names of refs that are new in this repository.
        names: Vec<Vec<u8>>,
    },
    /// Texts that are not stored anywhere yet.
    Texts {
        /// Each is scanned separately.
        texts: Vec<Text>,
    },
    /// Every object of a repository.
    History {
        /// The repository, or a path inside it.
        repo: PathBuf,
        /// Whether every object is scanned whole, instead of only the bytes in which it differs from its delta base.
        /// The findings are the same.
        full: bool,
        /// Whether the histories of submodules are scanned too.
        recurse: bool,
    },
}

/// A text that is not stored anywhere yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// The path that findings get; for a file its path below [`Settings::root`](super::Settings::root).
    pub name: String,
    /// What the text is. `skip-paths` and path globs of rules apply to files only.
    pub content_kind: ContentKind,
    /// The bytes to scan.
    pub content: Vec<u8>,
    /// The byte ranges of `content` in which it differs from the last of `before`, in order of position; `None` if they
    /// are not known. Values far from them are not reported.
    pub changed: Option<Vec<Range<usize>>>,
    /// The versions that the text replaces: values in them are not new. Texts that share them are compared with them
    /// together.
    pub before: Arc<[Vec<u8>]>,
}

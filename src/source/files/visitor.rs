//! What a walk passes to the scan: files, and what could not be read.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use crate::model::{ContentKind, RepoPath, Unscanned, UnscannedKind};

/// One file to scan.
#[derive(Debug)]
pub(crate) struct File {
    /// The path as the user would write it: below the path that was given.
    pub path: RepoPath,
    /// The path that rules and policy use: below [`WalkOptions::root`](super::WalkOptions::root).
    pub policy_path: RepoPath,
    /// A file, a symbolic link, or standard input.
    pub content_kind: ContentKind,
}

/// Receives files from several threads, one visitor per thread.
pub(crate) trait FileVisitor: Send {
    /// Whether to read the file with this [`File::policy_path`]. Called before it is opened.
    fn should_read(&mut self, policy_path: &RepoPath) -> bool;
    /// Reads one file from `content`; that of a symbolic link is its target path.
    fn visit(&mut self, file: File, content: &mut dyn Read);
    /// Receives the entry for something that could not be read.
    fn unscanned(&mut self, entry: Unscanned);
}

/// Whether nothing exists at `path`, not even a symbolic link: the user mistyped it.
pub(crate) fn is_absent(path: &Path) -> bool {
    let absent =
        |error: io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    fs::symlink_metadata(path).is_err_and(absent)
}

/// Returns the entry for what the file system refused to read.
pub(crate) fn unreadable(what: String, error: &io::Error) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Unreadable,
        what,
        reason: format!("cannot be read: {error}"),
        remedy: None,
    }
}

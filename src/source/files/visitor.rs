//! What a walk passes to the scan: files, and what could not be read.

use std::fs::{self, FileType};
use std::io::{self, Read};
use std::path::Path;

use crate::model::{ContentKind, RepoPath, Unscanned, UnscannedKind};
use crate::source::unscanned::MEMORY_REMEDY;

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

/// Returns what a path is if it is neither file, directory nor symbolic link. Opening it could wait forever.
pub(super) fn special_kind(kind: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        match kind {
            kind if kind.is_fifo() => return Some("a named pipe"),
            kind if kind.is_socket() => return Some("a socket"),
            kind if kind.is_char_device() => return Some("a character device"),
            kind if kind.is_block_device() => return Some("a block device"),
            _ => {}
        }
    }
    let is_known = kind.is_file() || kind.is_dir() || kind.is_symlink();
    (!is_known).then_some("a special file")
}

/// Returns the entry for what a walk met and [`special_kind`] names.
pub(super) fn unscanned_special(what: String, kind: &str) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Unreadable,
        what,
        reason: format!("{kind}, not a file: it was not opened"),
        remedy: Some("if it needs no scan, list it under skip-paths or in .gitignore".to_owned()),
    }
}

/// Returns the entry for what the file system refused to read.
pub(crate) fn unreadable(what: String, error: &io::Error) -> Unscanned {
    let (kind, remedy) = match error.kind() {
        io::ErrorKind::OutOfMemory => (UnscannedKind::Aborted, Some(MEMORY_REMEDY)),
        _ => (UnscannedKind::Unreadable, None),
    };
    Unscanned { kind, what, reason: format!("cannot be read: {error}"), remedy: remedy.map(str::to_owned) }
}

//! File-system paths as bytes and as text of reports.

use std::path::Path;

use crate::model::RepoPath;

/// Returns the path as text for reports: invalid UTF-8 and control characters as [`RepoPath::to_text`] writes them.
pub(crate) fn path_text(path: &Path) -> String {
    RepoPath::from_path(path).to_text()
}

/// Returns the bytes of the path, with `/` between its components on every system.
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    RepoPath::from_path(path).into_bytes()
}

//! A directory of a walk, and the paths in it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::model::RepoPath;

use super::work_tree::Folder;

/// A directory to walk.
pub(super) struct Directory {
    /// The real path.
    pub(super) path: PathBuf,
    /// What comes before the names in it in reports: with a `/` at the end, or empty.
    pub(super) prefix: Vec<u8>,
    /// The same for rules and policy.
    pub(super) policy_prefix: Vec<u8>,
    /// Whether all files are read, also those that git ignores.
    pub(super) no_ignore: bool,
    /// The directory in its work tree; `None` outside of work trees.
    pub(super) git: Option<Arc<Folder>>,
}

impl Directory {
    /// Returns the path of the file `name` in reports.
    pub(super) fn file_path(&self, name: &OsStr) -> RepoPath {
        join(&self.prefix, name)
    }

    /// Returns the path of the file `name` for rules and policy.
    pub(super) fn file_policy_path(&self, name: &OsStr) -> RepoPath {
        join(&self.policy_prefix, name)
    }
}

fn join(prefix: &[u8], name: &OsStr) -> RepoPath {
    let name = name.as_encoded_bytes();
    let mut path = Vec::with_capacity(prefix.len() + name.len());
    path.extend_from_slice(prefix);
    path.extend_from_slice(name);
    RepoPath::new(path)
}

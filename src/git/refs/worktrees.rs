//! The git directories of the worktrees of a repository, and which refs each has of its own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::git::repo::{Repo, RepoError};

/// Returns the git directories of all worktrees, each with the prefix of its ref names; that of this worktree first.
pub(super) fn worktree_git_dirs(repo: &Repo) -> Result<Vec<(String, PathBuf)>, RepoError> {
    let own = repo.git_dir();
    let mut dirs = vec![(String::new(), own.to_path_buf())];
    if own != repo.common_dir() {
        dirs.push(("main-worktree/".into(), repo.common_dir().to_path_buf()));
    }
    let real = own.canonicalize().ok();
    for (name, dir, is_dir) in read_dir(&repo.common_dir().join("worktrees"))? {
        if is_dir && dir.canonicalize().ok() != real {
            dirs.push((format!("worktrees/{name}/"), dir));
        }
    }
    Ok(dirs)
}

/// Whether each worktree has a ref of this name of its own.
pub(super) fn is_per_worktree(name: &str) -> bool {
    ["refs/bisect/", "refs/worktree/", "refs/rewritten/"].iter().any(|directory| name.starts_with(directory))
}

/// Returns the name and path of each entry of `dir`, and whether it is a directory. A missing directory is empty.
pub(super) fn read_dir(dir: &Path) -> Result<Vec<(String, PathBuf, bool)>, RepoError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    let failed = |source| RepoError::Io { path: dir.into(), source };
    let entries = match fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(Vec::new()),
        result => result.map_err(failed)?,
    };
    let mut all = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let is_dir = entry.file_type().map_err(failed)?.is_dir();
        all.push((entry.file_name().to_string_lossy().into_owned(), entry.path(), is_dir));
    }
    Ok(all)
}

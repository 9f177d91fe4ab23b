//! Report entries for parts of a repository that are not scanned.

use crate::git::diff::{MAX_REPEATED_PATHS, OmittedPaths};
use crate::git::{ObjectError, StoreProblem};
use crate::model::{RepoPath, Unscanned, UnscannedKind};

use super::paths::path_text;

/// Returns the entry for an object that cannot be read. `path` is its path, where known.
pub(crate) fn unscanned_object(error: &ObjectError, path: Option<&[u8]>) -> Unscanned {
    let (kind, id) = match error {
        ObjectError::Missing { id } => (UnscannedKind::Missing, id),
        ObjectError::Corrupt { id, .. } => (UnscannedKind::Corrupt, id),
        ObjectError::TooLarge { id, .. } => (UnscannedKind::TooLarge, id),
        ObjectError::NoMemory { id, .. } => (UnscannedKind::Aborted, id),
    };
    let remedy = match kind {
        UnscannedKind::Missing => {
            "fetch the missing objects (in a partial clone: git fetch --refetch --no-filter)"
        }
        UnscannedKind::TooLarge => "raise --max-blob-size to read it",
        UnscannedKind::Aborted => MEMORY_REMEDY,
        _ => "git fsck --full shows the damage; fetch the object again from another clone",
    };
    Unscanned {
        kind,
        what: match path.filter(|path| !path.is_empty()) {
            Some(path) => format!("{} (object {id})", RepoPath::new(path).to_text()),
            None => format!("object {id}"),
        },
        reason: error.to_string(),
        remedy: Some(remedy.to_owned()),
    }
}

/// Returns the entry for a file with refs that is damaged. The commits are scanned, but may count as unreachable.
pub(crate) fn unscanned_refs(problem: &StoreProblem) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Corrupt,
        what: path_text(&problem.path),
        reason: problem.why.clone(),
        remedy: Some(
            "restore the file from a backup, or clone again; git fsck --lost-found lists commits that no ref names"
                .to_owned(),
        ),
    }
}

/// Returns the entry for the paths of repeated directories that were not followed.
pub(crate) fn omitted_paths(omitted: &OmittedPaths) -> Unscanned {
    let path = RepoPath::new(omitted.path.as_slice()).to_text();
    let more = match omitted.count - 1 {
        0 => String::new(),
        more => format!(" and {more} more directories"),
    };
    Unscanned {
        kind: UnscannedKind::TooLarge,
        what: format!("{path}{more}"),
        reason: format!(
            "equal directories have more than {MAX_REPEATED_PATHS} paths, the limit; their content was scanned at other \
             paths"
        ),
        remedy: Some("find out who made these directories contain each other: git ls-tree".to_owned()),
    }
}

/// Returns the entry for a submodule that is not scanned. The run stays complete: a submodule is a separate repository.
pub(crate) fn unscanned_submodule(path: &[u8]) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Elsewhere,
        what: RepoPath::new(path).to_text(),
        reason: "a submodule: its content is in another repository".to_owned(),
        remedy: Some(
            "run stopleak inside the submodule; history --recurse-submodules reads its history".to_owned(),
        ),
    }
}

/// Returns the entry for the folder of a submodule that is not fetched. The run stays complete, as for
/// [`unscanned_submodule`].
pub(crate) fn unfetched_submodule(path: &[u8]) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Elsewhere,
        what: RepoPath::new(path).to_text(),
        reason: "a submodule that is not fetched: its content is in another repository".to_owned(),
        remedy: Some("git submodule update --init --recursive, then scan again".to_owned()),
    }
}

/// Returns the entry for the file at `path`, if `bytes` are a git-lfs pointer.
pub(crate) fn unscanned_lfs_pointer(bytes: &[u8], path: &RepoPath) -> Option<Unscanned> {
    is_lfs_pointer(bytes).then(|| unscanned_lfs_file(path.to_text()))
}

/// Whether `bytes` are a git-lfs pointer: a small text in place of a file that is stored elsewhere.
pub(crate) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// Returns the entry for a file that is stored in git-lfs; `what` is its path or the id of the pointer.
pub(crate) fn unscanned_lfs_file(what: String) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Elsewhere,
        what,
        reason: "a git-lfs pointer: the content is not in this repository".to_owned(),
        remedy: Some("scan a checkout with the LFS files present: stopleak scan --no-ignore".to_owned()),
    }
}

/// What to do where there is not enough memory.
pub(crate) const MEMORY_REMEDY: &str =
    "allow more memory (ulimit -v, the limit of the job or container), or use fewer --threads";

/// How to complete a shallow clone, where there is no more specific advice.
pub(crate) const SHALLOW_REMEDY: &str = "git fetch --unshallow (in CI: fetch-depth: 0)";

/// Returns the entry for commits that a shallow clone does not have; `what` names the boundary.
pub(crate) fn unscanned_history(what: &str) -> Unscanned {
    Unscanned {
        kind: UnscannedKind::Shallow,
        what: what.to_owned(),
        reason:
            "history is cut off here: earlier commits were not scanned, and everything in this one seems new"
                .to_owned(),
        remedy: Some(SHALLOW_REMEDY.to_owned()),
    }
}

//! The changes that the next `git commit` records: the index that git uses, compared with HEAD.

use crate::git::Oid;
use crate::git::diff::{Change, diff_index, diff_index_with_parents};
use crate::git::index::Index;
use crate::git::odb::tree::Mode;
use crate::git::repo::RepoError;
use crate::model::{RepoPath, Unscanned};

use super::unscanned::{omitted_paths, unscanned_object, unscanned_submodule};
use super::view::RepoView;

/// The staged changes.
#[derive(Debug)]
pub(crate) struct StagedChanges {
    /// Sorted by path, without submodules.
    pub changes: Vec<Change>,
    /// The root trees that the index was compared with.
    pub parent_trees: Vec<Oid>,
    /// What could not be compared.
    pub unscanned: Vec<Unscanned>,
    /// A note on paths in conflict.
    pub notes: Vec<String>,
    /// Why there is nothing to compare, where that is so.
    pub nothing_scanned: Option<String>,
}

/// Compares the index with HEAD, and during a merge with the commits being merged. On an unborn branch everything
/// in the index is new.
///
/// # Errors
///
/// If HEAD or the index cannot be read.
pub(crate) fn staged_changes(view: &RepoView) -> Result<StagedChanges, RepoError> {
    let repo = &view.repo;
    let index_file = repo.index_file();
    let index = Index::read(&index_file, repo.git_dir(), repo.algorithm())?;
    let mut unscanned = view.unscanned_store_parts();
    let mut trees = Vec::new();
    for parent in repo.head()?.into_iter().chain(repo.merge_heads()?) {
        match view.tree_of(&parent) {
            Ok(tree) => trees.push(tree),
            Err(error) => unscanned.push(unscanned_object(&error, None)),
        }
    }
    let diff = match trees.as_slice() {
        [] => diff_index(&view.objects, &index, None),
        trees => diff_index_with_parents(&view.objects, &index, trees),
    };
    unscanned.extend(diff.problems.iter().map(|(path, error)| unscanned_object(error, Some(path))));
    unscanned.extend(diff.omitted.as_ref().map(omitted_paths));
    let notes = conflict_note(&diff.conflicted).into_iter().collect();
    let why = match diff.conflicted.as_slice() {
        _ if repo.is_bare() && !index_file.exists() => "a bare repository without an index",
        [] => "nothing is staged",
        _ => "both sides of each conflict are committed already",
    };
    let nothing_scanned = (diff.changes.is_empty() && unscanned.is_empty()).then(|| why.to_owned());
    let is_submodule = |change: &Change| change.mode == Mode::Gitlink && change.new.is_some();
    unscanned.extend(
        diff.changes
            .iter()
            .filter(|change| is_submodule(change))
            .map(|change| unscanned_submodule(&change.path)),
    );
    let changes = diff.changes.into_iter().filter(|change| change.mode != Mode::Gitlink).collect();
    Ok(StagedChanges { changes, parent_trees: trees, unscanned, notes, nothing_scanned })
}

/// Returns the note on paths in conflict, if there are any.
fn conflict_note(paths: &[Vec<u8>]) -> Option<String> {
    /// Most paths that are listed.
    const MAX_LISTED: usize = 3;
    let names: Vec<String> =
        paths.iter().take(MAX_LISTED).map(|path| RepoPath::new(path.as_slice()).to_text()).collect();
    let more = match paths.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!paths.is_empty()).then(|| {
        format!(
            "in conflict: {}{more}; both sides were compared, the resolution is not staged yet: resolve the conflict \
             and git add the file",
            names.join(", ")
        )
    })
}

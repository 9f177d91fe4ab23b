//! What `git commit` is about to record: the index that git names, against HEAD.

use crate::git::Oid;
use crate::git::diff::{Change, diff_index, diff_index_merging};
use crate::git::index::Index;
use crate::git::odb::tree::Mode;
use crate::git::repo::RepoError;
use crate::model::{Coverage, RepoPath};

use super::view::{RepoView, object_gap, submodule};

/// The staged changes.
#[derive(Debug)]
pub struct Staged {
    /// Sorted by path; submodules are left out of it and said in `coverage`.
    pub changes: Vec<Change>,
    /// The root trees that the index was compared with.
    pub parent_trees: Vec<Oid>,
    /// What could not be compared.
    pub coverage: Vec<Coverage>,
    /// What is to be known of paths in conflict.
    pub notes: Vec<String>,
    /// Why there is nothing to compare, where that is so.
    pub nothing: Option<String>,
}

/// Compares the index with HEAD, and with the commits being merged where a merge is under way. On
/// an unborn branch everything in the index is new.
pub fn staged(view: &RepoView) -> Result<Staged, RepoError> {
    let repo = &view.repo;
    let index_file = repo.index_file();
    let index = Index::read(&index_file, repo.git_dir(), repo.algorithm())?;
    let mut coverage = view.store_gaps();
    let mut trees = Vec::new();
    for parent in repo.head()?.into_iter().chain(repo.merge_heads()?) {
        match view.tree_of(&parent) {
            Ok(tree) => trees.push(tree),
            Err(error) => coverage.push(object_gap(&error, None)),
        }
    }
    let diff = match trees.as_slice() {
        [] => diff_index(&view.objects, &index, None),
        trees => diff_index_merging(&view.objects, &index, trees),
    };
    coverage.extend(diff.problems.iter().map(|(path, error)| object_gap(error, Some(path))));
    let notes = conflict(&diff.conflicted).into_iter().collect();
    let why = match diff.conflicted.as_slice() {
        _ if repo.is_bare() && !index_file.exists() => "a bare repository without an index",
        [] => "nothing is staged",
        _ => "both sides of each conflict are committed already",
    };
    let nothing = (diff.changes.is_empty() && coverage.is_empty()).then(|| why.to_owned());
    let is_submodule = |change: &Change| change.mode == Mode::Gitlink && change.new.is_some();
    coverage.extend(
        diff.changes.iter().filter(|change| is_submodule(change)).map(|change| submodule(&change.path)),
    );
    let changes = diff.changes.into_iter().filter(|change| change.mode != Mode::Gitlink).collect();
    Ok(Staged { changes, parent_trees: trees, coverage, notes, nothing })
}

/// What to say of paths in conflict.
fn conflict(paths: &[Vec<u8>]) -> Option<String> {
    /// So many are named.
    const NAMED: usize = 3;
    let names: Vec<String> =
        paths.iter().take(NAMED).map(|path| RepoPath::new(path.as_slice()).to_text()).collect();
    let more = match paths.len().saturating_sub(NAMED) {
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

//! What `git commit` is about to record: the index that git names, against HEAD.

use crate::git::Oid;
use crate::git::diff::{Change, diff_index, diff_index_merging};
use crate::git::index::Index;
use crate::git::repo::RepoError;
use crate::git::tree::Mode;
use crate::model::{Coverage, CoverageKind, RepoPath};

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
}

/// Compares the index with HEAD, and with the commits being merged where a merge is under way. On
/// an unborn branch everything in the index is new.
pub fn staged(view: &RepoView) -> Result<Staged, RepoError> {
    let repo = &view.repo;
    let index = Index::read(&repo.index_file(), repo.git_dir(), repo.algorithm())?;
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
    coverage.extend(diff.conflicted.iter().map(|path| Coverage {
        kind: CoverageKind::Elsewhere,
        what: RepoPath::new(path.as_slice()).to_text(),
        reason: "in conflict: both sides were scanned, the resolution is not staged yet".to_owned(),
        remedy: Some("resolve the conflict and git add the file".to_owned()),
    }));
    let is_submodule = |change: &Change| change.mode == Mode::Gitlink && change.new.is_some();
    coverage.extend(
        diff.changes.iter().filter(|change| is_submodule(change)).map(|change| submodule(&change.path)),
    );
    let changes = diff.changes.into_iter().filter(|change| change.mode != Mode::Gitlink).collect();
    Ok(Staged { changes, parent_trees: trees, coverage })
}

//! An open repository with its object store.

use std::path::Path;

use crate::git::commits::commit::Commit;
use crate::git::env::GitEnv;
use crate::git::odb::store::ObjectStore;
use crate::git::repo::{Repo, RepoError};
use crate::git::{Kind, ObjectError, Oid, ProblemCause, ReadObjects, StoreProblem};
use crate::model::{CommitFacts, Unscanned, UnscannedKind};

use super::paths::path_text;
use super::unscanned::MEMORY_REMEDY;

/// An open repository.
pub(crate) struct RepoView {
    /// Refs, index and configuration.
    pub repo: Repo,
    /// All objects, those of alternates included.
    pub objects: ObjectStore,
}

impl RepoView {
    /// Opens the repository that git would use in `directory` with the environment variables `env`. Objects of more
    /// than `max_blob_size` bytes are not read.
    ///
    /// # Errors
    ///
    /// If there is no repository, or git would refuse it.
    pub(crate) fn open(directory: &Path, env: &GitEnv, max_blob_size: u64) -> Result<RepoView, RepoError> {
        Ok(RepoView::from_repo(Repo::with_env(directory, env.clone())?, max_blob_size))
    }

    /// Opens the object store of a repository that is open already.
    pub(crate) fn from_repo(repo: Repo, max_blob_size: u64) -> RepoView {
        let objects = ObjectStore::open(&repo.objects_dirs(), repo.algorithm()).with_limit(max_blob_size);
        RepoView { repo, objects }
    }

    /// Opens the repository at `path`, or the one that contains `path`.
    ///
    /// # Errors
    ///
    /// If there is no repository.
    pub(crate) fn discover(path: &Path, max_blob_size: u64) -> Result<RepoView, RepoError> {
        let repo = Repo::open(path).or_else(|_| Repo::discover(path))?;
        Ok(RepoView::from_repo(repo, max_blob_size))
    }

    /// Opens the repository at `path`, not one that contains it.
    ///
    /// # Errors
    ///
    /// If `path` is no repository.
    pub(crate) fn open_exact(path: &Path, max_blob_size: u64) -> Result<RepoView, RepoError> {
        Ok(RepoView::from_repo(Repo::open(path)?, max_blob_size))
    }

    /// Returns the parts of the object store that could not be opened so far.
    pub(crate) fn unscanned_store_parts(&self) -> Vec<Unscanned> {
        let entry = |problem: StoreProblem| {
            let (kind, remedy) = match problem.cause {
                ProblemCause::Damage => (
                    UnscannedKind::Corrupt,
                    "git fsck --full shows the damage; fetch the objects again from another clone",
                ),
                ProblemCause::NoMemory => (UnscannedKind::Aborted, MEMORY_REMEDY),
            };
            Unscanned {
                kind,
                what: path_text(&problem.path),
                reason: problem.why,
                remedy: Some(remedy.to_owned()),
            }
        };
        self.objects.problems().into_iter().map(entry).collect()
    }

    /// Returns the root tree of a commit.
    ///
    /// # Errors
    ///
    /// If the object cannot be read or is not a commit.
    pub(crate) fn tree_of(&self, commit: &Oid) -> Result<Oid, ObjectError> {
        let object = self.objects.read(commit)?;
        let parsed = Commit::parse(&object.data);
        match (object.kind, parsed) {
            (Kind::Commit, Ok(parsed)) => Ok(parsed.tree),
            (_, Err(error)) => Err(ObjectError::Corrupt { id: *commit, why: error.to_string() }),
            _ => Err(ObjectError::Corrupt { id: *commit, why: "is no commit".to_owned() }),
        }
    }

    /// Returns author, dates and summary of a commit; they are empty if it cannot be read. `is_shallow`: its
    /// parents are missing because of a shallow clone; `head`: the commit at HEAD.
    pub(crate) fn commit_facts(&self, id: &Oid, is_shallow: bool, head: Option<Oid>) -> CommitFacts {
        let object = self.objects.read(id).ok();
        let commit = object.as_ref().and_then(|object| Commit::parse(&object.data).ok());
        CommitFacts {
            id: id.to_string(),
            author: commit.as_ref().map(|commit| commit.author().name_and_email()).unwrap_or_default(),
            date: commit.as_ref().map(|commit| commit.author().date()).unwrap_or_default(),
            committer: commit.as_ref().map(|commit| commit.committer().name_and_email()).unwrap_or_default(),
            committed: commit.as_ref().map(|commit| commit.committer().date()).unwrap_or_default(),
            summary: commit.as_ref().map(Commit::summary).unwrap_or_default(),
            is_pushed: false,
            is_head: head == Some(*id),
            is_merge: commit.as_ref().is_some_and(|commit| commit.parents.len() > 1),
            is_shallow,
        }
    }
}

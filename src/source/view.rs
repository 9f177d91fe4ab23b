//! A repository with its objects, and what of it could not be opened.

use std::collections::HashSet;
use std::path::Path;

use crate::git::commits::commit::Commit;
use crate::git::env::GitEnv;
use crate::git::odb::store::ObjectStore;
use crate::git::odb::tree;
use crate::git::odb::tree::Mode;
use crate::git::repo::{Repo, RepoError};
use crate::git::{Kind, ObjectError, Oid, ReadObjects};
use crate::model::{CommitFacts, Coverage, CoverageKind, RepoPath};

/// One repository, ready to be read.
pub struct RepoView {
    /// The door: refs, index, settings.
    pub repo: Repo,
    /// All its objects.
    pub objects: ObjectStore,
}

impl RepoView {
    /// Opens the repository that git would use in `directory` under `env`.
    pub fn open(directory: &Path, env: &GitEnv, max_blob_size: u64) -> Result<RepoView, RepoError> {
        Ok(RepoView::of_repo(Repo::with_env(directory, env.clone())?, max_blob_size))
    }

    /// Opens the store of a repository.
    pub fn of_repo(repo: Repo, max_blob_size: u64) -> RepoView {
        let objects = ObjectStore::open(&repo.objects_dirs(), repo.algorithm()).with_limit(max_blob_size);
        RepoView { repo, objects }
    }

    /// Opens the repository at `path` itself or around it.
    pub fn at(path: &Path, max_blob_size: u64) -> Result<RepoView, RepoError> {
        let repo = Repo::open(path).or_else(|_| Repo::discover(path))?;
        Ok(RepoView::of_repo(repo, max_blob_size))
    }

    /// Opens the repository at `path` itself.
    pub fn exactly_at(path: &Path, max_blob_size: u64) -> Result<RepoView, RepoError> {
        Ok(RepoView::of_repo(Repo::open(path)?, max_blob_size))
    }

    /// Parts of the store that could not be opened, so far.
    pub fn store_gaps(&self) -> Vec<Coverage> {
        let gap = |problem: crate::git::odb::store::StoreProblem| Coverage {
            kind: CoverageKind::Corrupt,
            what: path_text(&problem.path),
            reason: problem.why,
            remedy: Some(
                "git fsck --full shows the damage; fetch the objects again from another clone".to_owned(),
            ),
        };
        self.objects.problems().into_iter().map(gap).collect()
    }

    /// The root tree of a commit.
    pub fn tree_of(&self, commit: &Oid) -> Result<Oid, ObjectError> {
        let object = self.objects.read(commit)?;
        let parsed = Commit::parse(&object.data);
        match (object.kind, parsed) {
            (Kind::Commit, Ok(parsed)) => Ok(parsed.tree),
            (_, Err(error)) => Err(ObjectError::Corrupt { id: *commit, why: error.to_string() }),
            _ => Err(ObjectError::Corrupt { id: *commit, why: "is no commit".to_owned() }),
        }
    }

    /// What a person needs to recognise the commit. `shallow`: its parents are cut off; `head`: the commit at HEAD.
    pub fn facts(&self, id: &Oid, shallow: bool, head: Option<Oid>) -> CommitFacts {
        let object = self.objects.read(id).ok();
        let commit = object.as_ref().and_then(|object| Commit::parse(&object.data).ok());
        CommitFacts {
            id: id.to_string(),
            author: commit.as_ref().map(|commit| commit.author().name_and_mail()).unwrap_or_default(),
            date: commit.as_ref().map(|commit| commit.author().date()).unwrap_or_default(),
            committer: commit.as_ref().map(|commit| commit.committer().name_and_mail()).unwrap_or_default(),
            committed: commit.as_ref().map(|commit| commit.committer().date()).unwrap_or_default(),
            summary: commit.as_ref().map(Commit::summary).unwrap_or_default(),
            is_pushed: false,
            is_head: head == Some(*id),
            merge: commit.as_ref().is_some_and(|commit| commit.parents.len() > 1),
            shallow,
        }
    }
}

/// Those of the `wanted` blobs that one of the `trees` holds at a path that `counts`. A directory that
/// stands at several paths is judged by one of them.
pub fn held_by_trees<R: ReadObjects>(
    objects: &R,
    trees: &[Oid],
    wanted: &HashSet<Oid>,
    counts: impl Fn(&[u8]) -> bool,
) -> HashSet<Oid> {
    let mut held = HashSet::new();
    let mut open: Vec<(Vec<u8>, Oid)> = trees.iter().map(|tree| (Vec::new(), *tree)).collect();
    let mut seen: HashSet<Oid> = trees.iter().copied().collect();
    while let Some((path, id)) = open.pop() {
        // A tree that cannot be read holds nothing that we know of.
        let Ok(data) = tree::read_tree(objects, &id) else { continue };
        for entry in tree::entries(&data, id.as_bytes().len()).map_while(Result::ok) {
            match entry.mode {
                Mode::Tree if seen.insert(entry.id) => {
                    open.push(([&path, entry.name, b"/"].concat(), entry.id));
                }
                mode if mode.is_blob()
                    && wanted.contains(&entry.id)
                    && counts(&[&path, entry.name].concat()) =>
                {
                    held.insert(entry.id);
                }
                _ => {}
            }
        }
    }
    held
}

/// The coverage entry of an object that could not be read; `path` where it is known.
pub fn object_gap(error: &ObjectError, path: Option<&[u8]>) -> Coverage {
    let (kind, id) = match error {
        ObjectError::Missing { id } => (CoverageKind::Missing, id),
        ObjectError::Corrupt { id, .. } => (CoverageKind::Corrupt, id),
        ObjectError::TooLarge { id, .. } => (CoverageKind::TooLarge, id),
    };
    let remedy = match kind {
        CoverageKind::Missing => {
            "fetch the missing objects (in a partial clone: git fetch --refetch --no-filter)"
        }
        CoverageKind::TooLarge => "raise --max-blob-size to read it",
        _ => "git fsck --full shows the damage; fetch the object again from another clone",
    };
    Coverage {
        kind,
        what: match path.filter(|path| !path.is_empty()) {
            Some(path) => format!("{} (object {id})", RepoPath::new(path).to_text()),
            None => format!("object {id}"),
        },
        reason: error.to_string(),
        remedy: Some(remedy.to_owned()),
    }
}

/// The entry for a submodule: said, and no gap, because it is a repository of its own.
pub fn submodule(path: &[u8]) -> Coverage {
    Coverage {
        kind: CoverageKind::Elsewhere,
        what: RepoPath::new(path).to_text(),
        reason: "a submodule: its content is in a repository of its own".to_owned(),
        remedy: Some(
            "run stopleak inside the submodule; history --recurse-submodules reads its history".to_owned(),
        ),
    }
}

/// The entry for a git-lfs pointer, if `bytes` are one.
pub fn lfs_pointer(bytes: &[u8], path: &RepoPath) -> Option<Coverage> {
    is_lfs_pointer(bytes).then(|| lfs(path.to_text()))
}

/// Whether `bytes` stand for a file that git-lfs keeps elsewhere.
pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/")
}

/// The entry for a git-lfs pointer at the place `what`.
pub fn lfs(what: String) -> Coverage {
    Coverage {
        kind: CoverageKind::Elsewhere,
        what,
        reason: "a git-lfs pointer: the content is not in this repository".to_owned(),
        remedy: Some("scan a checkout with the LFS files present: stopleak scan --no-ignore".to_owned()),
    }
}

/// A file-system path as report text.
pub fn path_text(path: &Path) -> String {
    RepoPath::new(path_bytes(path)).to_text()
}

/// The bytes of a file-system path, with `/` between its parts.
pub fn path_bytes(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes();
    if cfg!(windows) {
        bytes.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect()
    } else {
        bytes.to_vec()
    }
}

//! The door to a repository: where things are, and what names mean.
//!
//! libgit2 does discovery, configuration and revision syntax here. It reads no index, diffs nothing
//! and hands out no blobs: those paths are hot, and this crate has its own readers for them.

use std::collections::HashSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use git2::{Direction, ErrorCode, ObjectFormat, ObjectType, Repository, RepositoryOpenFlags};
use thiserror::Error;

use super::env::GitEnv;
use super::odb::object::ObjectError;
use super::odb::oid::{HashAlgorithm, Oid};
use super::plumbing::Plumbing;
use super::refs::tracking::Remote;
use super::safe_open::{allow_extensions, open};

/// Why a repository, or a name in it, could not be had. Nothing was scanned.
#[derive(Debug, Error)]
pub enum RepoError {
    /// There is no repository at or above the path.
    #[error("{} is not in a git repository", .path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// It belongs to another user, and no `safe.directory` setting allows it.
    #[error("the repository at {} belongs to another user", .path.display())]
    UnsafeOwnership {
        /// Where the search began.
        path: PathBuf,
    },
    /// A revision that does not name a commit of this repository.
    #[error("unknown revision '{rev}'")]
    UnknownRevision {
        /// As the user wrote it.
        rev: String,
    },
    /// A range without its two dots.
    #[error("'{spec}' is not a range of the form A..B")]
    NotARange {
        /// As the user wrote it.
        spec: String,
    },
    /// `A...B` whose two sides share no history (that is there).
    #[error("'{left}' and '{right}' have no common ancestor here")]
    NoMergeBase {
        /// The left side as the user wrote it.
        left: String,
        /// The right side as the user wrote it.
        right: String,
    },
    /// It uses something that cannot be read (yet).
    #[error("unsupported repository: {what}")]
    UnsupportedRepository {
        /// The extension or version in the way.
        what: String,
    },
    /// An object that had to be read to know what a revision names.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The index does not read.
    #[error("the index does not read: {0}")]
    Index(#[from] super::index::IndexError),
    /// A file of the repository could not be read.
    #[error("cannot read {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Anything else that libgit2 says.
    #[error("{}", .0.message())]
    Git(#[from] git2::Error),
}

/// One repository, seen from one work tree (or from none).
pub struct Repo {
    git: Repository,
    env: GitEnv,
    base: PathBuf,
    work_tree: Option<PathBuf>,
    /// Whether refs are in the format that libgit2 cannot read.
    reftable: bool,
}

/// A repository that was opened already, for the first who asks: opening it again would read all of git's
/// configuration once more. Empty unless somebody put one in.
#[derive(Clone, Default)]
pub struct OpenedRepo(Arc<Mutex<Option<Repo>>>);

impl OpenedRepo {
    /// Takes the repository out.
    pub fn take(&self) -> Option<Repo> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl From<Repo> for OpenedRepo {
    fn from(repo: Repo) -> OpenedRepo {
        OpenedRepo(Arc::new(Mutex::new(Some(repo))))
    }
}

impl fmt::Debug for OpenedRepo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedRepo")
    }
}

impl Repo {
    /// The repository that git means here: as its variables say where they are set (always so in a
    /// hook), else the one at or above `start`.
    pub fn from_env(start: &Path) -> Result<Repo, RepoError> {
        Repo::with_env(start, GitEnv::capture())
    }

    /// The same with a given environment. Relative paths in it are relative to `start`.
    pub fn with_env(start: &Path, env: GitEnv) -> Result<Repo, RepoError> {
        allow_extensions();
        let base =
            std::path::absolute(start).map_err(|source| RepoError::Io { path: start.into(), source })?;
        let git = match &env.git_dir {
            Some(dir) => open(&base.join(dir), RepositoryOpenFlags::NO_SEARCH, &env)?,
            None => open(&base, RepositoryOpenFlags::CROSS_FS, &env)?,
        };
        let own = env.object_directory.iter().map(|dir| base.join(dir));
        for dir in own.chain(env.alternate_dirs(&base)) {
            // A quarantine that libgit2 cannot add costs name resolution only, which says so.
            let _ = git.odb().map(|odb| dir.to_str().map(|dir| odb.add_disk_alternate(dir)));
        }
        let work_tree = match (&env.work_tree, &env.git_dir) {
            (Some(dir), _) => Some(base.join(dir)),
            // git takes the current directory when only GIT_DIR is set.
            (None, Some(_)) if !git.is_bare() && !has_work_tree_setting(&git) => Some(base.clone()),
            _ => git.workdir().map(Path::to_path_buf),
        };
        let reftable = has_reftable(&git)?;
        Ok(Repo { git, env, base, work_tree, reftable })
    }

    /// The repository at or above `path`, whatever the environment says.
    pub fn discover(path: &Path) -> Result<Repo, RepoError> {
        Repo::with_env(path, GitEnv::default())
    }

    /// The repository at `path` itself: a work tree, a `.git` directory or a bare repository.
    pub fn open(path: &Path) -> Result<Repo, RepoError> {
        allow_extensions();
        let env = GitEnv::default();
        let base = std::path::absolute(path).map_err(|source| RepoError::Io { path: path.into(), source })?;
        let git = open(&base, RepositoryOpenFlags::NO_SEARCH, &env).or_else(|error| match error {
            // The files may be gone that `core.worktree` names, as a removed submodule's are.
            RepoError::NotARepository { .. } if base.join("HEAD").is_file() => {
                open(&base, RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::BARE, &env)
            }
            error => Err(error),
        })?;
        let work_tree = git.workdir().map(Path::to_path_buf);
        let reftable = has_reftable(&git)?;
        Ok(Repo { git, env, base, work_tree, reftable })
    }

    /// This work tree's own directory: HEAD, index and pseudo-refs live there.
    pub fn git_dir(&self) -> &Path {
        self.git.path()
    }

    /// What all work trees share: objects, refs, configuration.
    pub fn common_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// The root of the checked-out files; `None` in a bare repository.
    pub fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// Whether there is no work tree.
    pub fn is_bare(&self) -> bool {
        self.work_tree.is_none()
    }

    /// The index that the running git command works on; may be missing, then nothing is staged.
    pub fn index_file(&self) -> PathBuf {
        match &self.env.index_file {
            Some(file) => self.work_tree().unwrap_or(&self.base).join(file),
            None => self.git_dir().join("index"),
        }
    }

    /// Where objects are, the directory for new ones first. Each may have an `info/alternates`.
    pub fn objects_dirs(&self) -> Vec<PathBuf> {
        let own = match &self.env.object_directory {
            Some(dir) => self.base.join(dir),
            None => self.common_dir().join("objects"),
        };
        let mut dirs = vec![own];
        dirs.extend(self.env.alternate_dirs(&self.base));
        dirs
    }

    /// What names the objects.
    pub fn algorithm(&self) -> HashAlgorithm {
        match self.git.object_format() {
            ObjectFormat::Sha1 => HashAlgorithm::Sha1,
            _ => HashAlgorithm::Sha256,
        }
    }

    /// The commit that HEAD names; `None` on a branch without commits.
    pub fn head(&self) -> Result<Option<Oid>, RepoError> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.id("HEAD");
        }
        match self.git.head() {
            Ok(head) => Ok(head.target().and_then(own_id)),
            Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The commits being merged into HEAD: `MERGE_HEAD`, or before that is written what the
    /// environment says. Empty unless a merge is under way.
    pub fn merge_heads(&self) -> Result<Vec<Oid>, RepoError> {
        let lines = read_if_there(&self.git_dir().join("MERGE_HEAD"))?;
        let ids = lines.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii()));
        let written: Vec<Oid> = ids.collect();
        if !written.is_empty() {
            return Ok(written);
        }
        // The variables may be left from a merge in another repository, from whose editor we were called.
        let is_here = |id: &&Oid| their_id(**id).is_ok_and(|id| self.git.find_commit(id).is_ok());
        Ok(self.env.merging.iter().filter(is_here).copied().collect())
    }

    /// The object that HEAD or a ref names, with the beginning of its name or without; nothing is read.
    pub(crate) fn named(&self, name: &str) -> Option<Oid> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.named(name).ok().flatten();
        }
        let named = self.git.resolve_reference_from_short_name(name).and_then(|found| found.resolve());
        named.ok().and_then(|found| found.target()).and_then(own_id)
    }

    /// The commit that a revision names in any way that git knows; `None` when it names none.
    pub(crate) fn asked_of_git(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        match self.git().resolve(rev) {
            // There may be no git.
            Err(_) if !self.reftable => {
                let commit = self.git.revparse_single(rev).and_then(|found| found.peel(ObjectType::Commit));
                Ok(commit.ok().and_then(|commit| own_id(commit.id())))
            }
            answer => answer,
        }
    }

    /// The commits whose parents a shallow clone left out; empty in a whole one.
    pub fn shallow(&self) -> Result<HashSet<Oid>, RepoError> {
        let file = match &self.env.shallow_file {
            Some(file) => self.base.join(file),
            None => self.common_dir().join("shallow"),
        };
        let lines = read_if_there(&file)?;
        Ok(lines.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii())).collect())
    }

    /// Whether objects may be missing by design, left on a promising remote.
    pub fn is_partial(&self) -> Result<bool, RepoError> {
        let config = self.git.config()?;
        if config.get_entry("extensions.partialclone").is_ok() {
            return Ok(true);
        }
        let mut entries = config.entries(Some("^remote\\..*\\.promisor$"))?;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if !entry.has_value()
                || entry.value().is_ok_and(|value| git2::Config::parse_bool(value) == Ok(true))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The branch that is the default of `remote`, where the clone wrote that down.
    pub fn remote_head(&self, remote: &str) -> Option<String> {
        let head = self.git.find_reference(&format!("refs/remotes/{remote}/HEAD")).ok()?;
        let target = head.symbolic_target().ok()??.to_owned();
        target.strip_prefix(&format!("refs/remotes/{remote}/")).map(str::to_owned)
    }

    /// Where git looks for this repository's hooks; the directory need not exist. `None` when a setting says
    /// nowhere. git itself is asked: it knows files and variables with settings that libgit2 does not read.
    pub fn hooks_dir(&self) -> Result<Option<PathBuf>, RepoError> {
        let what = || "git does not say where its hooks are (core.hooksPath)".to_owned();
        let setting = self.git().path_setting("core.hooksPath");
        match setting.ok_or_else(|| RepoError::UnsupportedRepository { what: what() })? {
            Some(path) if path.as_os_str().is_empty() => Ok(None),
            Some(path) => Ok(Some(self.work_tree().unwrap_or(self.git_dir()).join(path))),
            None => Ok(Some(self.common_dir().join("hooks"))),
        }
    }

    /// The remotes.
    pub fn remotes(&self) -> Result<Vec<Remote>, RepoError> {
        let names = self.git.remotes()?;
        let names = names.iter_bytes().map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(names.map(|name| self.remote(name)).collect())
    }

    /// Of one that libgit2 cannot make sense of, the name alone is known.
    fn remote(&self, name: String) -> Remote {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Ok(remote) = self.git.find_remote(&name) else {
            return Remote { name, address: String::new(), fetches: Vec::new() };
        };
        let address = text(remote.pushurl_bytes().unwrap_or_else(|| remote.url_bytes()));
        let fetches = remote.refspecs().filter(|spec| spec.direction() == Direction::Fetch);
        let fetches = fetches.map(|spec| (text(spec.src_bytes()), text(spec.dst_bytes()))).collect();
        Remote { name, address, fetches }
    }

    /// All refs with the objects they name, tags not peeled. Symbolic refs to nothing are left out
    /// (the HEAD of a remote whose branch was deleted).
    pub fn refs(&self) -> Result<Vec<(String, Oid)>, RepoError> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.refs();
        }
        let mut refs = Vec::new();
        for reference in self.git.references()? {
            let reference = reference?;
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            // Resolving one that names an object looks it up once more.
            let target =
                reference.target().or_else(|| reference.resolve().ok().and_then(|direct| direct.target()));
            refs.extend(target.and_then(own_id).map(|id| (name, id)));
        }
        Ok(refs)
    }

    /// git itself, where libgit2 cannot read the refs.
    pub(crate) fn plumbing(&self) -> Option<Plumbing<'_>> {
        self.reftable.then(|| self.git())
    }

    /// git itself.
    pub(crate) fn git(&self) -> Plumbing<'_> {
        Plumbing { git_dir: self.git_dir(), base: &self.base, env: &self.env }
    }
}

/// Whether refs are in tables; an unknown format is an error.
fn has_reftable(git: &Repository) -> Result<bool, RepoError> {
    match git.config()?.get_string("extensions.refstorage") {
        Ok(format) if format == "reftable" => Ok(true),
        Ok(format) if format != "files" => {
            Err(RepoError::UnsupportedRepository { what: format!("ref storage '{format}'") })
        }
        _ => Ok(false),
    }
}

fn has_work_tree_setting(git: &Repository) -> bool {
    git.is_worktree() || git.config().is_ok_and(|config| config.get_entry("core.worktree").is_ok())
}

pub(crate) fn read_if_there(path: &Path) -> Result<Vec<u8>, RepoError> {
    match std::fs::read(path) {
        Ok(data) => Ok(data),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(source) => Err(RepoError::Io { path: path.into(), source }),
    }
}

fn own_id(id: git2::Oid) -> Option<Oid> {
    Oid::from_bytes(id.as_bytes())
}

fn their_id(id: Oid) -> Result<git2::Oid, RepoError> {
    Ok(git2::Oid::from_bytes(id.as_bytes())?)
}

#[cfg(all(test, unix))]
mod tests;

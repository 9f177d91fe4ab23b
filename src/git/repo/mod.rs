//! Opens a repository, and resolves its directories, refs and configuration.
//!
//! libgit2 is used for discovery, configuration and the syntax of revisions. It is not used for reading the index,
//! diffs and objects: these operations are performance-critical, and this crate has its own implementations.

mod error;
mod remote;

use std::collections::HashSet;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use git2::{Direction, ErrorCode, ObjectFormat, ObjectType, Repository, RepositoryOpenFlags};

use super::env::GitEnv;
use super::odb::oid::{HashAlgorithm, Oid};
use super::odb::pack::regular_file_len;
use super::plumbing::Plumbing;
use super::safe_open::{allow_extensions, open};
pub(crate) use error::RepoError;
pub(crate) use remote::Remote;

/// A repository and, unless it is bare, one of its worktrees.
pub(crate) struct Repo {
    git: Repository,
    env: GitEnv,
    /// The directory to which relative paths of the environment are relative.
    base: PathBuf,
    work_tree: Option<PathBuf>,
    /// Whether refs are in the reftable format, which libgit2 cannot read.
    has_reftable: bool,
}

/// An optional repository that was opened before, to be taken once: opening it again would read git's configuration a
/// second time.
#[derive(Clone, Default)]
pub(crate) struct OpenedRepo(Arc<Mutex<Option<Repo>>>);

impl OpenedRepo {
    /// Takes the repository; `None` if there is none or it was taken before.
    pub(crate) fn take(&self) -> Option<Repo> {
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
    /// Opens the repository that git would use: the one that `env` names, as it always does in a hook, otherwise the one at
    /// or above `start`. Relative paths in `env` are relative to `start`.
    pub(crate) fn with_env(start: &Path, env: GitEnv) -> Result<Repo, RepoError> {
        allow_extensions();
        let base =
            std::path::absolute(start).map_err(|source| RepoError::Io { path: start.into(), source })?;
        let git = match &env.git_dir {
            Some(dir) => open(&base.join(dir), RepositoryOpenFlags::NO_SEARCH, &env)?,
            None => open(&base, RepositoryOpenFlags::CROSS_FS, &env)?,
        };
        let own = env.object_directory.iter().map(|dir| base.join(dir));
        for dir in own.chain(env.alternate_dirs(&base)) {
            // If libgit2 cannot add a quarantine directory, only names in it do not resolve, which is an error then.
            let _ = git.odb().map(|odb| dir.to_str().map(|dir| odb.add_disk_alternate(dir)));
        }
        let work_tree = match (&env.work_tree, &env.git_dir) {
            (Some(dir), _) => Some(base.join(dir)),
            // If only GIT_DIR is set, git uses the current directory as the working tree.
            (None, Some(_)) if !git.is_bare() && !has_work_tree_setting(&git) => Some(base.clone()),
            _ => git.workdir().map(Path::to_path_buf),
        };
        let has_reftable = uses_reftable(&git)?;
        Ok(Repo { git, env, base, work_tree, has_reftable })
    }

    /// Opens the repository at or above `path`, without the environment.
    pub(crate) fn discover(path: &Path) -> Result<Repo, RepoError> {
        Repo::with_env(path, GitEnv::default())
    }

    /// Opens the repository at `path` itself: a working tree, a `.git` directory or a bare repository.
    pub(crate) fn open(path: &Path) -> Result<Repo, RepoError> {
        allow_extensions();
        let env = GitEnv::default();
        let base = std::path::absolute(path).map_err(|source| RepoError::Io { path: path.into(), source })?;
        let git = open(&base, RepositoryOpenFlags::NO_SEARCH, &env).or_else(|error| match error {
            // The directory in `core.worktree` may not exist, as in the repository of a removed submodule.
            RepoError::NotARepository { .. } if base.join("HEAD").is_file() => {
                open(&base, RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::BARE, &env)
            }
            error => Err(error),
        })?;
        let work_tree = git.workdir().map(Path::to_path_buf);
        let has_reftable = uses_reftable(&git)?;
        Ok(Repo { git, env, base, work_tree, has_reftable })
    }

    /// The git directory of this worktree (`$GIT_DIR`), with HEAD, index and pseudo-refs.
    pub(crate) fn git_dir(&self) -> &Path {
        self.git.path()
    }

    /// The git directory that all worktrees share (`$GIT_COMMON_DIR`), with objects, refs and configuration.
    pub(crate) fn common_dir(&self) -> &Path {
        self.git.commondir()
    }

    /// The root of the working tree; `None` in a bare repository.
    pub(crate) fn work_tree(&self) -> Option<&Path> {
        self.work_tree.as_deref()
    }

    /// Whether there is no working tree.
    pub(crate) fn is_bare(&self) -> bool {
        self.work_tree.is_none()
    }

    /// The index file of the running git command. It may not exist; then nothing is staged.
    pub(crate) fn index_file(&self) -> PathBuf {
        match &self.env.index_file {
            Some(file) => self.work_tree().unwrap_or(&self.base).join(file),
            None => self.git_dir().join("index"),
        }
    }

    /// The object directories, the one for new objects first. Each may have an `info/alternates` file.
    pub(crate) fn objects_dirs(&self) -> Vec<PathBuf> {
        let own = match &self.env.object_directory {
            Some(dir) => self.base.join(dir),
            None => self.common_dir().join("objects"),
        };
        let mut dirs = vec![own];
        dirs.extend(self.env.alternate_dirs(&self.base));
        dirs
    }

    /// The hash algorithm of object ids.
    pub(crate) fn algorithm(&self) -> HashAlgorithm {
        match self.git.object_format() {
            ObjectFormat::Sha1 => HashAlgorithm::Sha1,
            _ => HashAlgorithm::Sha256,
        }
    }

    /// The commit at HEAD; `None` on an unborn branch.
    pub(crate) fn head(&self) -> Result<Option<Oid>, RepoError> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.rev_parse("HEAD");
        }
        match self.git.head() {
            Ok(head) => Ok(head.target().and_then(from_git2)),
            Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The commits that are being merged into HEAD: those in `MERGE_HEAD`, or in the environment if that file is not
    /// yet written. Empty unless a merge is in progress.
    pub(crate) fn merge_heads(&self) -> Result<Vec<Oid>, RepoError> {
        let lines = read_if_exists(&self.git_dir().join("MERGE_HEAD"))?;
        let ids = lines.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii()));
        let heads: Vec<Oid> = ids.collect();
        if !heads.is_empty() {
            return Ok(heads);
        }
        // The variables may come from a merge in another repository, if this process was started from its editor.
        let is_here = |id: &&Oid| to_git2(**id).is_ok_and(|id| self.git.find_commit(id).is_ok());
        Ok(self.env.merge_heads.iter().filter(is_here).copied().collect())
    }

    /// The object that HEAD or a ref names; the ref name may be abbreviated (`main`, `origin/main`). The object is not
    /// read.
    pub(crate) fn resolve_ref(&self, name: &str) -> Option<Oid> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.resolve_ref(name).ok().flatten();
        }
        let reference = self.git.resolve_reference_from_short_name(name).and_then(|found| found.resolve());
        reference.ok().and_then(|found| found.target()).and_then(from_git2)
    }

    /// The commit that a revision names, resolved by running git, or by libgit2 if that fails; `None` when it names no
    /// commit.
    pub(crate) fn rev_parse_with_git(&self, rev: &str) -> Result<Option<Oid>, RepoError> {
        match self.git().rev_parse_commit(rev) {
            // The git command may not be installed.
            Err(_) if !self.has_reftable => {
                let commit = self.git.revparse_single(rev).and_then(|found| found.peel(ObjectType::Commit));
                Ok(commit.ok().and_then(|commit| from_git2(commit.id())))
            }
            result => result,
        }
    }

    /// The commits at the boundary of a shallow clone, whose parents are missing; empty in a complete clone.
    pub(crate) fn shallow_commits(&self) -> Result<HashSet<Oid>, RepoError> {
        let file = match &self.env.shallow_file {
            Some(file) => self.base.join(file),
            None => self.common_dir().join("shallow"),
        };
        let lines = read_if_exists(&file)?;
        Ok(lines.split(|&byte| byte == b'\n').filter_map(|line| Oid::from_hex(line.trim_ascii())).collect())
    }

    /// Whether it is a partial clone, in which objects may be missing because a promisor remote has them.
    #[cfg(test)]
    pub(crate) fn is_partial_clone(&self) -> Result<bool, RepoError> {
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

    /// The default branch of `remote`, if `refs/remotes/REMOTE/HEAD` exists.
    pub(crate) fn remote_head(&self, remote: &str) -> Option<String> {
        let head = self.git.find_reference(&format!("refs/remotes/{remote}/HEAD")).ok()?;
        let target = head.symbolic_target().ok()??.to_owned();
        target.strip_prefix(&format!("refs/remotes/{remote}/")).map(str::to_owned)
    }

    /// The hooks directory of the repository, which may not exist. `None` when `core.hooksPath` is empty. The
    /// configuration is read by running git, because libgit2 does not read all of its files and variables.
    pub(crate) fn hooks_dir(&self) -> Result<Option<PathBuf>, RepoError> {
        let what = || "git could not read the setting core.hooksPath".to_owned();
        let setting = self.git().config_path("core.hooksPath");
        match setting.ok_or_else(|| RepoError::UnsupportedRepository { what: what() })? {
            Some(path) if path.as_os_str().is_empty() => Ok(None),
            Some(path) => Ok(Some(self.work_tree().unwrap_or(self.git_dir()).join(path))),
            None => Ok(Some(self.common_dir().join("hooks"))),
        }
    }

    /// The configured remotes.
    pub(crate) fn remotes(&self) -> Result<Vec<Remote>, RepoError> {
        let names = self.git.remotes()?;
        let names = names.iter_bytes().map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(names.map(|name| self.remote(name)).collect())
    }

    /// A remote; only the name is known if libgit2 cannot parse its configuration.
    fn remote(&self, name: String) -> Remote {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let Ok(remote) = self.git.find_remote(&name) else {
            return Remote { name, push_url: String::new(), fetch_refspecs: Vec::new() };
        };
        let push_url = text(remote.pushurl_bytes().unwrap_or_else(|| remote.url_bytes()));
        let fetch_refspecs = remote.refspecs().filter(|spec| spec.direction() == Direction::Fetch);
        let fetch_refspecs =
            fetch_refspecs.map(|spec| (text(spec.src_bytes()), text(spec.dst_bytes()))).collect();
        Remote { name, push_url, fetch_refspecs }
    }

    /// All refs with the ids of their objects, tags not peeled. Dangling symbolic refs are left out (the HEAD of a
    /// remote whose branch was deleted).
    pub(crate) fn refs(&self) -> Result<Vec<(String, Oid)>, RepoError> {
        if let Some(plumbing) = self.plumbing() {
            return plumbing.refs();
        }
        let mut refs = Vec::new();
        for reference in self.git.references()? {
            let reference = reference?;
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            // Resolving a direct ref would look it up again.
            let target =
                reference.target().or_else(|| reference.resolve().ok().and_then(|direct| direct.target()));
            refs.extend(target.and_then(from_git2).map(|id| (name, id)));
        }
        Ok(refs)
    }

    /// The git command, if libgit2 cannot read the refs of this repository.
    pub(crate) fn plumbing(&self) -> Option<Plumbing<'_>> {
        self.has_reftable.then(|| self.git())
    }

    /// The git command for this repository.
    pub(crate) fn git(&self) -> Plumbing<'_> {
        Plumbing { git_dir: self.git_dir(), base: &self.base, env: &self.env }
    }
}

/// Whether refs are in the reftable format. An unknown format is an error.
///
/// `Config::get_string` must not be used: when a configuration file cannot be read any more, libgit2 1.9 frees an entry
/// there that it has not initialised.
fn uses_reftable(git: &Repository) -> Result<bool, RepoError> {
    let config = git.config()?;
    match config.get_entry("extensions.refstorage") {
        Ok(entry) => match entry.value_bytes() {
            b"reftable" => Ok(true),
            b"files" => Ok(false),
            format => {
                let format = String::from_utf8_lossy(format);
                Err(RepoError::UnsupportedRepository { what: format!("ref storage '{format}'") })
            }
        },
        Err(error) if error.code() == ErrorCode::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn has_work_tree_setting(git: &Repository) -> bool {
    git.is_worktree() || git.config().is_ok_and(|config| config.get_entry("core.worktree").is_ok())
}

/// Reads a file; one that does not exist is empty.
pub(crate) fn read_if_exists(path: &Path) -> Result<Vec<u8>, RepoError> {
    match regular_file_len(path).and_then(|_| std::fs::read(path)) {
        Ok(data) => Ok(data),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(source) => Err(RepoError::Io { path: path.into(), source }),
    }
}

fn from_git2(id: git2::Oid) -> Option<Oid> {
    Oid::from_bytes(id.as_bytes())
}

fn to_git2(id: Oid) -> Result<git2::Oid, RepoError> {
    Ok(git2::Oid::from_bytes(id.as_bytes())?)
}

#[cfg(all(test, unix))]
mod tests;

//! Opens repositories with the checks of git: repositories that libgit2 refuses needlessly are opened, those that git
//! would refuse are not.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use git2::{ConfigLevel, ErrorClass, ErrorCode, Repository, RepositoryOpenFlags};

use super::blocking_files;
use super::env::GitEnv;
use super::plumbing;
use super::repo::RepoError;

/// Opens the repository at `path`, or above it unless `flags` contain `NO_SEARCH`.
pub(crate) fn open(path: &Path, flags: RepositoryOpenFlags, env: &GitEnv) -> Result<Repository, RepoError> {
    let ceiling_dirs: Vec<PathBuf> = env.ceiling_dirs.iter().flat_map(std::env::split_paths).collect();
    if let Some(path) = blocking_files::find(path, !flags.contains(RepositoryOpenFlags::NO_SEARCH)) {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "not a regular file");
        return Err(RepoError::Io { path, source });
    }
    let open = || Repository::open_ext(path, flags, &ceiling_dirs);
    let lock = OpenLock::acquire();
    let opened = open().or_else(|error| match error.class() {
        ErrorClass::Config if error.message().starts_with("failed to stat") => {
            lock.ignore_inaccessible_home();
            open()
        }
        // libgit2 takes a `.git` that it fails to stat for a missing one.
        _ if error.code() == ErrorCode::NotFound
            && path.ancestors().any(|dir| dir.join(".git/HEAD").is_file()) =>
        {
            open()
        }
        _ if error.code() == ErrorCode::Owner => lock.open_if_trusted(path, env, &open).unwrap_or(Err(error)),
        _ => Err(error),
    });
    opened.map_err(|error| {
        let what = error.message().to_owned();
        match error.code() {
            ErrorCode::NotFound => RepoError::NotARepository { path: path.into() },
            ErrorCode::Owner => RepoError::UnsafeOwnership { path: repository_root(path) },
            _ if what.starts_with("unsupported") || what.starts_with("unknown object format") => {
                RepoError::UnsupportedRepository { what }
            }
            _ => error.into(),
        }
    })
}

/// Returns the root of the repository at or above `path`, determined by its files; `path` itself if there is none.
fn repository_root(path: &Path) -> PathBuf {
    let is_root = |dir: &&Path| dir.join(".git").exists() || dir.join("HEAD").is_file();
    path.ancestors().find(is_root).unwrap_or(path).to_path_buf()
}

/// A lock that is held while a repository is opened: the search path of libgit2's configuration and its check of
/// ownership are global settings.
struct OpenLock(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl OpenLock {
    fn acquire() -> OpenLock {
        static LOCK: Mutex<()> = Mutex::new(());
        OpenLock(LOCK.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ignores the global configuration if the home directory cannot be entered, for example when a service runs as
    /// another user than the one who started it and whose home is in the environment. git ignores it too, whereas
    /// libgit2 then fails to open any repository.
    fn ignore_inaccessible_home(&self) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            #[expect(unsafe_code, reason = "libgit2 keeps the path in a global without a lock")]
            // SAFETY: the lock excludes other threads, and the path is read only while a repository is opened.
            let set = unsafe { git2::opts::set_search_path(ConfigLevel::Global, "") };
            set.expect("an empty path is accepted");
        });
    }

    /// Opens a repository of another user if git trusts it: `safe.directory` may be set in variables and files that
    /// libgit2 does not read. `None` if git does not trust it.
    fn open_if_trusted(
        &self,
        path: &Path,
        env: &GitEnv,
        open: &dyn Fn() -> Result<Repository, git2::Error>,
    ) -> Option<Result<Repository, git2::Error>> {
        let trusted = plumbing::trusted_git_dir(path, env)?;
        let set_validation = |is_enabled: bool| {
            #[expect(unsafe_code, reason = "libgit2 keeps the setting in a global without a lock")]
            // SAFETY: the lock excludes other threads, and the setting is read only while a repository is opened.
            let set = unsafe { git2::opts::set_verify_owner_validation(is_enabled) };
            set.expect("both values are accepted");
        };
        set_validation(false);
        let opened = open();
        set_validation(true);
        let is_trusted =
            |repo: &Repository| std::fs::canonicalize(repo.path()).is_ok_and(|path| path == trusted);
        Some(opened).filter(|opened| opened.as_ref().map_or(true, is_trusted))
    }
}

/// Allows repository extensions that libgit2 refuses by default. `partialclone`: missing objects are reported when they
/// are read, and no object is ever fetched. `refstorage`: refs that libgit2 cannot read are read by running git.
/// `relativeworktrees`: libgit2 resolves relative paths to worktrees as it does those of submodules.
pub(crate) fn allow_extensions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "libgit2 keeps the list in a global without a lock")]
        // SAFETY: `Once` excludes other threads, and every use of libgit2 in this crate begins with opening a
        // repository after this call.
        let set = unsafe {
            git2::opts::set_extensions(&[
                "partialclone",
                "refstorage",
                "relativeworktrees",
                "compatobjectformat",
            ])
        };
        set.expect("a short list of plain names is accepted");
    });
}

//! Which repositories are opened: what libgit2 refuses without need is let in, what git itself would refuse is not.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use git2::{ConfigLevel, ErrorClass, ErrorCode, Repository, RepositoryOpenFlags};

use super::env::GitEnv;
use super::plumbing;
use super::repo::RepoError;

/// Opens what is at `path`, or unless `flags` say otherwise around it.
pub(crate) fn open(path: &Path, flags: RepositoryOpenFlags, env: &GitEnv) -> Result<Repository, RepoError> {
    let ceilings: Vec<PathBuf> = env.ceilings.iter().flat_map(std::env::split_paths).collect();
    let open = || Repository::open_ext(path, flags, &ceilings);
    let gate = Gate::enter();
    let opened = open().or_else(|error| match error.class() {
        ErrorClass::Config if error.message().starts_with("failed to stat") => {
            gate.forget_closed_home();
            open()
        }
        _ if error.code() == ErrorCode::Owner => gate.open_if_trusted(path, env, &open).unwrap_or(Err(error)),
        _ => Err(error),
    });
    opened.map_err(|error| {
        let what = error.message().to_owned();
        match error.code() {
            ErrorCode::NotFound => RepoError::NotARepository { path: path.into() },
            ErrorCode::Owner => RepoError::UnsafeOwnership { path: root_around(path) },
            _ if what.starts_with("unsupported") || what.starts_with("unknown object format") => {
                RepoError::UnsupportedRepository { what }
            }
            _ => error.into(),
        }
    })
}

/// The repository at or above `path`, as far as its files tell; `path` itself where they do not.
fn root_around(path: &Path) -> PathBuf {
    let is_root = |dir: &&Path| dir.join(".git").exists() || dir.join("HEAD").is_file();
    path.ancestors().find(is_root).unwrap_or(path).to_path_buf()
}

/// Whoever opens a repository holds this: libgit2 keeps in globals where settings are and whether it looks at the
/// owner.
struct Gate(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Gate {
    fn enter() -> Gate {
        static GATE: Mutex<()> = Mutex::new(());
        Gate(GATE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A home that may not be entered, as that of the user who started a service in another's name, holds no
    /// settings: git sees it so too, while libgit2 opens nothing then.
    fn forget_closed_home(&self) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            #[expect(unsafe_code, reason = "libgit2 keeps the path in a global without a lock")]
            // SAFETY: the gate lets one thread in, and the path is read where a repository is opened.
            let set = unsafe { git2::opts::set_search_path(ConfigLevel::Global, "") };
            set.expect("an empty path is accepted");
        });
    }

    /// Opens a repository of another user which git trusts: `safe.directory` may stand in variables and files that
    /// libgit2 does not read. `None` when it does not.
    fn open_if_trusted(
        &self,
        path: &Path,
        env: &GitEnv,
        open: &dyn Fn() -> Result<Repository, git2::Error>,
    ) -> Option<Result<Repository, git2::Error>> {
        let trusted = plumbing::trusted(path, env)?;
        let check = |check: bool| {
            #[expect(unsafe_code, reason = "libgit2 keeps the setting in a global without a lock")]
            // SAFETY: the gate lets one thread in, and the setting is read where a repository is opened.
            let set = unsafe { git2::opts::set_verify_owner_validation(check) };
            set.expect("either is accepted");
        };
        check(false);
        let opened = open();
        check(true);
        let is_it = |repo: &Repository| std::fs::canonicalize(repo.path()).is_ok_and(|path| path == trusted);
        Some(opened).filter(|opened| opened.as_ref().map_or(true, is_it))
    }
}

/// libgit2 refuses these extensions unless told that its user copes: missing objects are counted by
/// whoever reads them, and no object is ever fetched; of refs that libgit2 cannot read, git is asked; relative
/// paths to work trees it reads as it reads those of submodules.
pub(crate) fn allow_extensions() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[expect(unsafe_code, reason = "libgit2 keeps the list in a global without a lock")]
        // SAFETY: `Once` lets one thread in, and every use of libgit2 in this crate begins by
        // opening a repository behind this call.
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

//! Which repositories are opened: what libgit2 refuses without need is let in, what git itself would refuse is not.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use git2::{ErrorCode, Repository, RepositoryOpenFlags};

use super::env::GitEnv;
use super::plumbing;
use super::repo::RepoError;

/// Opens what is at `path`, or unless `flags` say otherwise around it.
pub(super) fn open(path: &Path, flags: RepositoryOpenFlags, env: &GitEnv) -> Result<Repository, RepoError> {
    let opened = Gate::enter().open(path, flags, env, || {
        let is_searched = !flags.contains(RepositoryOpenFlags::NO_SEARCH);
        plumbing::is_trusted(path, env.git_dir.is_some(), is_searched)
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

/// Whoever opens a repository holds this: libgit2 keeps in a global whether it looks at the owner.
struct Gate(#[expect(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

impl Gate {
    fn enter() -> Gate {
        static GATE: Mutex<()> = Mutex::new(());
        Gate(GATE.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Opens the repository. One of another user is opened only where git would, which libgit2 cannot know: it
    /// hears no variables that set `safe.directory`, and no pattern in it.
    fn open(
        &self,
        path: &Path,
        flags: RepositoryOpenFlags,
        env: &GitEnv,
        is_trusted: impl Fn() -> bool,
    ) -> Result<Repository, git2::Error> {
        let ceilings: Vec<PathBuf> = env.ceilings.iter().flat_map(std::env::split_paths).collect();
        match Repository::open_ext(path, flags, &ceilings) {
            Err(error) if error.code() == ErrorCode::Owner && is_trusted() => {
                look_at_owners(false);
                let opened = Repository::open_ext(path, flags, &ceilings);
                look_at_owners(true);
                opened
            }
            opened => opened,
        }
    }
}

fn look_at_owners(look: bool) {
    #[expect(unsafe_code, reason = "libgit2 keeps the answer in a global without a lock")]
    // SAFETY: only whoever has passed the gate is here, and libgit2 reads the global only where a repository is
    // opened, which is behind the gate too.
    let set = unsafe { git2::opts::set_verify_owner_validation(look) };
    set.expect("a switch is accepted");
}

/// libgit2 refuses these extensions unless told that its user copes: missing objects are counted by
/// whoever reads them, and no object is ever fetched; of refs that libgit2 cannot read, git is asked; relative
/// paths to work trees it reads as it reads those of submodules.
pub(super) fn allow_extensions() {
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

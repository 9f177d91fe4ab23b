//! How a run scans: rules, policy, limits and where paths are relative to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::engine::Engine;
use crate::git::Oid;
use crate::git::env::GitEnv;
use crate::git::repo::{OpenedRepo, RepoError};
use crate::model::{Confidence, memory};
use crate::policy::Policy;
use crate::rules::RuleSet;
use crate::source::view::RepoView;

/// How to scan.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The rules that are searched for.
    pub rules: RuleSet,
    /// The engine for `rules`, to share it between runs. `None` builds one per run, when the first bytes are scanned.
    pub engine: Option<SharedEngine>,
    /// Paths to skip, baseline and allow comments.
    pub policy: Policy,
    /// Findings below this confidence are not reported.
    pub confidence: Confidence,
    /// New findings at or above this confidence decide the verdict.
    pub fail_on: Confidence,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
    /// Largest object of a repository that is read, in bytes: objects are held in memory. Larger ones are listed as
    /// unscanned.
    pub max_blob_size: u64,
    /// The same for files and standard input, in bytes. These are read in chunks, so there is no limit by default.
    pub max_file_size: Option<u64>,
    /// Base of relative paths, and where the search for a repository starts.
    pub directory: PathBuf,
    /// The folder that paths of rules and policy are relative to: the repository's root.
    pub root: PathBuf,
    /// The environment variables of git.
    pub env: GitEnv,
    /// When to stop reading commits and staged files; the rest is listed as unscanned. For receiving hooks, where a
    /// client waits for the answer.
    pub deadline: Option<Instant>,
    /// Whether to count how often each stage of the search is entered.
    pub stats: bool,
    /// The repository of `directory` under `env`, if it is already open.
    pub repo: OpenedRepo,
    /// The commit that `rules` and `policy` were read from; `None` where they come from files or from nowhere.
    pub policy_of: Option<Oid>,
    /// Notes of the caller for the report: sentences without a full stop.
    pub notes: Vec<String>,
}

/// An engine that several runs use. Building one takes longer than scanning a small text.
#[derive(Clone, Debug)]
pub(crate) struct SharedEngine {
    /// Digest of the rules that the engine was built for.
    ruleset: String,
    engine: Arc<Engine>,
}

/// Most threads of a run. More are no faster, each needs memory, and the system ends a process that starts too many.
pub(crate) const MAX_THREADS: usize = 256;

/// Bytes of address space without which one thread is used. The C library reserves up to 128 MiB for the memory of a second
/// thread; where it cannot (`ulimit -v`), it takes 4 KiB for each small piece, and soon there is none left.
const THREAD_MEMORY: usize = 256 << 20;

impl SharedEngine {
    /// Builds the engine for `rules`.
    #[cfg(test)]
    pub(crate) fn new(rules: &RuleSet) -> SharedEngine {
        SharedEngine::from_engine(rules, Arc::new(Engine::new(rules)))
    }

    /// Shares an engine that was built for `rules`.
    pub(super) fn from_engine(rules: &RuleSet, engine: Arc<Engine>) -> SharedEngine {
        SharedEngine { ruleset: rules.digest(), engine }
    }
}

impl Settings {
    /// Largest object of a repository that is read by default, in bytes.
    pub(crate) const DEFAULT_MAX_BLOB_SIZE: u64 = 100_000_000;

    /// Returns the defaults: confidence medium, one thread per core, and neither a policy nor git's environment
    /// variables. `root` is what paths of rules are relative to; relative paths start at the current directory.
    pub(crate) fn new(rules: RuleSet, root: PathBuf) -> Settings {
        Settings {
            rules,
            engine: None,
            policy: Policy::default(),
            confidence: Confidence::Medium,
            fail_on: Confidence::Medium,
            threads: 0,
            max_blob_size: Settings::DEFAULT_MAX_BLOB_SIZE,
            max_file_size: None,
            directory: PathBuf::from("."),
            root,
            env: GitEnv::default(),
            deadline: None,
            stats: false,
            repo: OpenedRepo::default(),
            policy_of: None,
            notes: Vec::new(),
        }
    }

    /// Returns the shared engine, if there is one and this run can use it: it must be built for the same rules, and a
    /// run with `stats` needs an engine that counts for this run only.
    pub(super) fn shared_engine(&self) -> Option<Arc<Engine>> {
        let shared = self.engine.as_ref().filter(|_| !self.stats)?;
        (shared.ruleset == self.rules.digest()).then(|| Arc::clone(&shared.engine))
    }

    /// Returns the number of threads to use.
    pub(super) fn thread_count(&self) -> usize {
        let threads = match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS),
            threads => threads.min(MAX_THREADS),
        };
        if threads > 1 && memory::check(THREAD_MEMORY).is_err() { 1 } else { threads }
    }

    /// Returns the number of threads for so many changed files. For a few, the number of cores is not determined:
    /// that alone reads several files.
    pub(super) fn thread_count_for(&self, changes: usize) -> usize {
        /// From this many changes on, more threads are worth starting.
        const PARALLEL_FROM: usize = 64;
        if changes < PARALLEL_FROM { 1 } else { self.thread_count() }
    }

    /// Opens the repository that git would use.
    pub(super) fn open_view(&self) -> Result<RepoView, RepoError> {
        match self.repo.take() {
            Some(repo) => Ok(RepoView::from_repo(repo, self.max_blob_size)),
            None => RepoView::open(&self.directory, &self.env, self.max_blob_size),
        }
    }
}

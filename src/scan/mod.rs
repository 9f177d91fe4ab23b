//! In: a target and settings. Out: a `ScanReport`. Never: a format, a stream, or a default of its own.
//!
//! Joins source, decode, engine and policy for one run: threads, order, limits. Each flow is one file. All
//! of them end in the same way: findings that are new, old or suppressed, what could not be read, and counts
//! of what was.

mod excerpt;
mod files;
mod history;
mod inspect;
mod parts;
mod pieces;
mod places;
mod range;
mod staged;
mod survey;

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;
use thiserror::Error;

use crate::git::env::GitEnv;
use crate::git::repo::{OpenedRepo, RepoError};
use crate::model::{
    Confidence, Counts, Coverage, CoverageKind, Effort, Finding, ScanHeader, ScanReport, Secret,
};
use crate::policy::Policy;
use crate::rules::RuleSet;
use crate::source::range::Commits;
use crate::source::view::RepoView;

use inspect::Inspector;

/// What to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Files and directories.
    Paths {
        /// Relative ones are below [`Settings::directory`].
        paths: Vec<PathBuf>,
        /// Read what git ignores too.
        no_ignore: bool,
    },
    /// Standard input.
    Stdin {
        /// The name that findings carry as their path.
        name: String,
    },
    /// What `git commit` is about to record.
    Staged,
    /// Every commit of one side of a range that the other lacks.
    Range {
        /// `A..B`, `A...B`, or a single revision: everything that it reaches.
        spec: String,
    },
    /// What a push brings to a remote: every commit that the pushed refs reach and the remote lacks, and
    /// the tags among them.
    Push {
        /// Ids of the objects that are pushed: commits or tags.
        to: Vec<String>,
        /// Ids that the remote has already. Those that nobody knows here are passed over.
        known: Vec<String>,
        /// The remote's name, whose remote-tracking branches tell what else it has.
        remote: String,
    },
    /// Every object of a repository.
    History {
        /// The repository, or a path inside it.
        repo: PathBuf,
        /// Scan every object whole, instead of what differs from the one it is stored as a delta of. The
        /// findings are the same.
        full: bool,
        /// Read the histories of submodules too.
        recurse: bool,
    },
}

/// How to scan.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What to look for.
    pub rules: RuleSet,
    /// What is allowed.
    pub policy: Policy,
    /// Findings below it are not reported.
    pub confidence: Confidence,
    /// New findings at or above it decide the verdict.
    pub fail_on: Confidence,
    /// Number of threads; 0 for one per core.
    pub threads: usize,
    /// Larger objects of a repository are not read, and said: they have to be held in memory. In bytes.
    pub max_blob_size: u64,
    /// The same for files and standard input, which are read in parts: for these only on request.
    pub max_file_size: Option<u64>,
    /// Where relative paths and the search for a repository begin.
    pub directory: PathBuf,
    /// The folder that the paths of rules and policy are relative to: the repository's root.
    pub root: PathBuf,
    /// What git's variables say.
    pub env: GitEnv,
    /// Whether to count how often each stage of the search is reached.
    pub stats: bool,
    /// The repository of `directory` under `env`, if it was opened before.
    pub repo: OpenedRepo,
}

impl Settings {
    fn threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }

    /// The repository that git would use.
    fn view(&self) -> Result<RepoView, RepoError> {
        match self.repo.take() {
            Some(repo) => Ok(RepoView::of_repo(repo, self.max_blob_size)),
            None => RepoView::open(&self.directory, &self.env, self.max_blob_size),
        }
    }

    /// For so many changed files. The cores are not counted for a few: that reads several files itself.
    fn threads_for(&self, changes: usize) -> usize {
        /// From so many on, more threads are worth starting.
        const PARALLEL_FROM: usize = 64;
        if changes < PARALLEL_FROM { 1 } else { self.threads() }
    }
}

/// Why nothing was scanned.
#[derive(Debug, Error)]
pub enum ScanError {
    /// The repository, or a name in it, could not be had.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// There is nothing to look for.
    #[error("no rule is active, so nothing would be found")]
    NoRules,
    /// A rule's path glob cannot be used.
    #[error("rule {rule}: '{glob}' is not a path glob: {reason}")]
    Glob {
        /// The rule's id.
        rule: String,
        /// As written.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A path to scan that is not there.
    #[error("{}: no such file or folder", .path.display())]
    NoSuchPath {
        /// As the user gave it.
        path: PathBuf,
    },
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    Stdin(#[source] std::io::Error),
}

/// What a flow found out.
#[derive(Debug, Default)]
struct Outcome {
    findings: Vec<Finding>,
    coverage: Vec<Coverage>,
    counts: Counts,
    refs: Vec<String>,
    effort: Effort,
}

impl Outcome {
    fn absorb(&mut self, other: Outcome) {
        self.findings.extend(other.findings);
        self.coverage.extend(other.coverage);
        self.counts += other.counts;
        self.effort += other.effort;
    }
}

/// Scans `target`. The report is the same whatever the number of threads.
pub fn run(target: &Target, settings: &Settings) -> Result<ScanReport, ScanError> {
    if settings.rules.is_empty() {
        return Err(ScanError::NoRules);
    }
    let inspector = Inspector::new(settings)?;
    let (command, name, outcome) = match target {
        Target::Paths { paths, no_ignore } => {
            let names: Vec<String> = paths.iter().map(|path| crate::source::view::path_text(path)).collect();
            ("scan", names.join(" "), files::scan(&inspector, settings, paths, *no_ignore)?)
        }
        Target::Stdin { name } => ("scan", name.clone(), files::scan_stdin(&inspector, settings, name)?),
        Target::Staged => ("staged", String::new(), staged::scan(&inspector, settings)?),
        Target::Range { spec } => {
            let commits = Commits::Spec(spec.clone());
            ("range", spec.clone(), range::scan(&inspector, settings, &commits)?)
        }
        Target::Push { to, known, remote } => {
            let commits =
                Commits::NotOnRemote { to: to.clone(), known: known.clone(), remote: remote.clone() };
            let name = format!("{} --not --remotes={remote}", to.join(" "));
            ("range", name, range::scan(&inspector, settings, &commits)?)
        }
        Target::History { repo, full, recurse } => {
            let name = crate::source::view::path_text(repo);
            let options = history::Options { full: *full, recurse: *recurse };
            ("history", name, history::scan(&inspector, settings, repo, options)?)
        }
    };
    let header = ScanHeader {
        command: command.to_owned(),
        target: name,
        ruleset: settings.rules.digest(),
        rules: settings.rules.len(),
        refs: outcome.refs.clone(),
        shard: None,
    };
    Ok(report(outcome, header, settings, &inspector))
}

fn report(
    outcome: Outcome,
    header: ScanHeader,
    settings: &Settings,
    inspector: &Inspector<'_>,
) -> ScanReport {
    let Outcome { mut findings, mut coverage, counts, mut effort, .. } = outcome;
    effort.stages = inspector.stages();
    findings.retain(|finding| finding.confidence >= settings.confidence);
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    coverage.sort();
    coverage.dedup();
    let in_names = inspector.values(&names(&header, &findings, &coverage));
    let mut in_names: Vec<Secret> = in_names.into_iter().collect();
    in_names.sort();
    ScanReport { header, findings, coverage, in_names, counts, effort, fail_on: settings.fail_on }
}

/// Every name that a report prints, a line each: somebody may have put a value into one.
fn names(header: &ScanHeader, findings: &[Finding], coverage: &[Coverage]) -> Vec<u8> {
    let mut names: BTreeSet<&[u8]> = BTreeSet::from([header.target.as_bytes()]);
    names.extend(header.refs.iter().map(String::as_bytes));
    for finding in findings {
        names.insert(finding.provenance.path.as_bytes());
        names.extend(finding.provenance.refs.iter().map(String::as_bytes));
        names.extend(finding.provenance.first_commit.iter().map(|commit| commit.author.as_bytes()));
        names.extend(finding.status_reason.iter().map(String::as_bytes));
    }
    for entry in coverage {
        names.extend([entry.what.as_bytes(), entry.reason.as_bytes()]);
        names.extend(entry.remedy.iter().map(String::as_bytes));
    }
    names.into_iter().collect::<Vec<_>>().join(&b'\n')
}

/// Applies `work` to all `items` on up to `threads` threads; the results keep the items' order.
fn map<I: Sync, O: Send>(items: &[I], threads: usize, work: impl Fn(&I) -> O + Sync + Send) -> Vec<O> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    match if threads > 1 { pool.build().ok() } else { None } {
        Some(pool) => pool.install(|| items.par_iter().map(&work).collect()),
        None => items.iter().map(work).collect(),
    }
}

/// The entry for work that a fault of our own ended.
fn aborted(what: String) -> Coverage {
    Coverage {
        kind: CoverageKind::Aborted,
        what,
        reason: "scanning it failed inside stopleak".to_owned(),
        remedy: Some("please report this with the stopleak version".to_owned()),
    }
}

#[cfg(test)]
mod tests;

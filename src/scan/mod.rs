//! In: a target and settings. Out: a `ScanReport`. Never: a format, a stream, or a default of its own.
//!
//! Joins source, decode, engine and policy for one run: threads, order, limits. Each flow is one file. All
//! of them end in the same way: findings that are new, old or suppressed, what could not be read, and counts
//! of what was.

mod blob;
mod deadline;
mod files;
mod history;

mod range;
mod staged;

mod texts;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;
use thiserror::Error;

use crate::git::Oid;
use crate::git::commits::rev_list::Limits;
use crate::git::env::GitEnv;
use crate::git::repo::{OpenedRepo, RepoError};
use crate::model::{
    Carrier, Confidence, Counts, Coverage, CoverageKind, Effort, Finding, RepoPath, ScanHeader, ScanReport,
};
use crate::policy::Policy;
use crate::rules::RuleSet;
pub use crate::source::selection::{Commits, Selection};
use crate::source::view::RepoView;

use blob::blob_scanner::Inspector;
use deadline::Late;

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
    /// What a push brings to a remote: every commit that the pushed refs reach and the remote lacks, and
    /// the tags among them.
    Push {
        /// Ids of the objects that are pushed: commits or tags.
        to: Vec<String>,
        /// Ids that the remote has already. Those that nobody knows here are passed over.
        known: Vec<String>,
        /// Names of refs that the remote has not yet.
        names: Vec<Vec<u8>>,
        /// The remote's name, whose remote-tracking branches tell what else it has.
        remote: String,
        /// Its address; where it has no name, remotes with the same one tell.
        address: String,
    },
    /// What a repository is being sent: every commit that the new refs reach and no ref of it does yet, and
    /// the tags among them.
    Receive {
        /// Ids of the objects that refs are to name: commits or tags.
        to: Vec<String>,
        /// Names of refs that it has not yet.
        names: Vec<Vec<u8>>,
    },
    /// Texts that nothing stores yet.
    Texts {
        /// Each is judged by itself.
        texts: Vec<Text>,
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

/// A text that nothing stores yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What findings carry as their path: of a file its path below [`Settings::root`].
    pub name: String,
    /// What it is. Only files have rules and exceptions by path.
    pub carrier: Carrier,
    /// The text.
    pub content: Vec<u8>,
    /// What it replaces: values in here are not new.
    pub before: Vec<Vec<u8>>,
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
    /// When to stop reading commits and staged files, finished or not; what is left then is a gap. For
    /// receiving hooks, where somebody waits.
    pub deadline: Option<Instant>,
    /// Whether to count how often each stage of the search is reached.
    pub stats: bool,
    /// The repository of `directory` under `env`, if it was opened before.
    pub repo: OpenedRepo,
    /// The commit that `rules` and `policy` were read from; `None` for the files, or for nowhere.
    pub policy_of: Option<Oid>,
    /// What the caller has to say of the run: sentences without a full stop.
    pub notes: Vec<String>,
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
    is_server: bool,
    effort: Effort,
    late: Late,
    notes: Vec<String>,
    nothing: Option<String>,
}

impl Outcome {
    fn absorb(&mut self, other: Outcome) {
        self.findings.extend(other.findings);
        self.coverage.extend(other.coverage);
        self.counts += other.counts;
        self.effort += other.effort;
        self.late += other.late;
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
        Target::Push { to, known, names, remote, address } => {
            let (remote, address) = (remote.clone(), address.clone());
            let name = format!("{} --not --remotes={remote}", to.join(" "));
            let commits = Commits::NotOnRemote { to: to.clone(), known: known.clone(), remote, address };
            let outcome = pushed(&inspector, settings, &commits, &name, names)?;
            ("range", name, outcome)
        }
        Target::Receive { to, names } => {
            let name = format!("{} --not --all", to.join(" "));
            let commits = Commits::NotInRefs { to: to.clone() };
            let mut outcome = pushed(&inspector, settings, &commits, &name, names)?;
            outcome.is_server = true;
            ("range", name, outcome)
        }
        Target::Texts { texts } => ("scan", String::new(), texts::scan(&inspector, texts)),
        Target::History { repo, full, recurse } => {
            let name = crate::source::view::path_text(repo);
            let options = history::Options { full: *full, recurse: *recurse };
            ("history", name, history::scan(&inspector, settings, repo, options)?)
        }
    };
    Ok(report(command, name, outcome, settings, &inspector))
}

/// What a push brings: `commits`, called `name`, and the names of new refs. Mostly that is nothing to speak of: then
/// commits that are not new are no harm, and nobody waits for the proof that they are. Whatever would be said is said
/// of new commits only.
fn pushed(
    inspector: &Inspector<'_>,
    settings: &Settings,
    commits: &Commits,
    name: &str,
    refs: &[Vec<u8>],
) -> Result<Outcome, ScanError> {
    let proving = Limits { deadline: settings.deadline, patience: None };
    let likely = Limits { patience: Some(Limits::MANY), ..proving };
    let selection = Selection::within(settings.view()?, commits, likely)?;
    let mut outcome = range::scan(inspector, settings, &selection, name);
    let is_told = outcome.findings.iter().any(|finding| finding.confidence >= settings.confidence)
        || outcome.coverage.iter().any(|entry| entry.kind.is_gap());
    let in_time = |outcome: &Outcome| outcome.late == Late::default();
    if is_told && selection.walked.unproved && in_time(&outcome) {
        let selection = Selection::within(selection.view, commits, proving)?;
        let proved = range::scan(inspector, settings, &selection, name);
        // Without the time for the proof, what was found stands.
        if in_time(&proved) {
            outcome = proved;
        }
    }
    outcome.absorb(blob::names::scan_ref_names(inspector, refs));
    Ok(outcome)
}

/// Scans commits that were selected before: `command` says why, `name` what they are.
pub fn run_selected(
    selection: Selection,
    command: &str,
    name: &str,
    settings: &Settings,
) -> Result<ScanReport, ScanError> {
    if settings.rules.is_empty() {
        return Err(ScanError::NoRules);
    }
    let inspector = Inspector::new(settings)?;
    let selection = selection.with_limit(settings.max_blob_size);
    let outcome = range::scan(&inspector, settings, &selection, name);
    Ok(report(command, name.to_owned(), outcome, settings, &inspector))
}

/// The report of a run that could read nothing, because of `gap`.
pub fn unread(
    command: &str,
    name: &str,
    gap: Coverage,
    settings: &Settings,
) -> Result<ScanReport, ScanError> {
    let inspector = Inspector::new(settings)?;
    let outcome = Outcome { coverage: vec![gap], ..Outcome::default() };
    Ok(report(command, name.to_owned(), outcome, settings, &inspector))
}

/// The report of a run that had nothing to read.
pub fn nothing(command: &str, name: &str, why: String, settings: &Settings) -> Result<ScanReport, ScanError> {
    let inspector = Inspector::new(settings)?;
    let outcome = Outcome { nothing: Some(why), ..Outcome::default() };
    Ok(report(command, name.to_owned(), outcome, settings, &inspector))
}

fn report(
    command: &str,
    target: String,
    outcome: Outcome,
    settings: &Settings,
    inspector: &Inspector<'_>,
) -> ScanReport {
    let Outcome {
        mut findings,
        mut coverage,
        counts,
        refs,
        mut effort,
        notes: own,
        nothing,
        late,
        is_server,
    } = outcome;
    coverage.extend(late.gap());
    let header = ScanHeader {
        command: command.to_owned(),
        target,
        ruleset: settings.rules.digest(),
        rules: settings.rules.len(),
        refs,
        is_server,
        shard: None,
        policy: settings.policy_of.map(|commit| commit.to_string()),
    };
    effort.stages = inspector.stages();
    findings.retain(|finding| finding.confidence >= settings.confidence);
    findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    coverage.sort();
    coverage.dedup();
    let notes = [settings.notes.clone(), own].concat();
    let nothing = match findings.is_empty() && !coverage.iter().any(|entry| entry.kind.is_gap()) {
        true => nothing.or_else(|| nothing_read(command, &counts, !coverage.is_empty())),
        false => nothing,
    };
    let fail_on = settings.fail_on;
    let mut report = ScanReport {
        header,
        findings,
        coverage,
        in_names: Vec::new(),
        counts,
        effort,
        fail_on,
        notes,
        nothing,
    };
    report.in_names = inspector.values(&names(&report)).into_iter().collect();
    report.in_names.sort();
    report
}

/// Why nothing was read, if nothing was: who sees a verdict should know that it rests on nothing.
fn nothing_read(command: &str, counts: &Counts, is_elsewhere: bool) -> Option<String> {
    if (counts.commits, counts.objects, counts.files) != (0, 0, 0) {
        return None;
    }
    let why = match command {
        _ if counts.skipped > 0 => "the configuration leaves out every file",
        _ if is_elsewhere => "everything is kept elsewhere",
        "staged" => "nothing that is staged adds content",
        "history" => "the repository holds neither files nor commits",
        "scan" => "there are no files",
        _ => return None,
    };
    Some(why.to_owned())
}

/// Every name that a report prints, a line each: somebody may have put a value into one.
fn names(report: &ScanReport) -> Vec<u8> {
    let mut names: BTreeSet<&[u8]> = BTreeSet::from([report.header.target.as_bytes()]);
    names.extend(report.header.refs.iter().map(String::as_bytes));
    names.extend(report.notes.iter().chain(&report.nothing).map(String::as_bytes));
    let mut lists = HashSet::new();
    for finding in &report.findings {
        names.insert(finding.provenance.path.as_bytes());
        // Nearly all findings share one list.
        let list = finding.provenance.refs.list();
        if lists.insert(list.as_ptr()) {
            names.extend(list.iter().map(String::as_bytes));
        }
        names.extend(finding.provenance.kept_by.iter().map(String::as_bytes));
        names.extend(finding.provenance.moved_from.iter().map(RepoPath::as_bytes));
        if let Some(commit) = &finding.provenance.first_commit {
            names.extend([commit.author.as_bytes(), commit.committer.as_bytes()]);
        }
        names.extend(finding.status_reason.iter().map(String::as_bytes));
    }
    for entry in &report.coverage {
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

//! Runs the git hooks. Prints nothing when there is nothing to report; otherwise writes the report to stderr, where git
//! shows it.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};

use super::args::RunArgs;
use super::name::HookName;
use super::pushed::Push;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::ThresholdOptions;
use crate::cli::setup::Setup;
use crate::cli::{messages, output};
use crate::config::{Budget, OnIncomplete, Value};
use crate::git::commits::message::MessageCleanup;
use crate::git::repo::Repo;
use crate::model::{ContentKind, ScanReport, Status, UnscannedKind, Verdict};
use crate::policy::AllowComments;
use crate::rules::input::InputKind;
use crate::scan;
use crate::scan::{Target, Text};

/// The file with a commit message. `git commit --verbose` adds the whole diff to it.
const MESSAGE: InputKind = InputKind {
    name: "a commit message",
    megabytes: 256,
    remedy: "shorten the message, or commit without --verbose",
};

/// What git writes to the push hooks: at most a few hundred bytes for each ref.
const REFS: InputKind =
    InputKind { name: "a list of pushed refs", megabytes: 256, remedy: "push fewer refs at once" };

/// Maximal number of paths in the note about old findings.
const MAX_LISTED_PATHS: usize = 3;

/// Scans what `hook` guards and returns the exit code that lets git go on or makes it stop.
///
/// # Errors
///
/// A configuration error, unexpected arguments or input, or a report that could not be written.
pub(crate) fn run(hook: HookName, args: &RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let target = match hook {
        HookName::PreReceive => return receive(args, env),
        HookName::PreCommit | HookName::PreMergeCommit => Target::Staged,
        HookName::CommitMsg => {
            let Some(file) = args.arguments.first() else {
                bail!("commit-msg: expected the file with the message as an argument");
            };
            Target::Texts { texts: vec![message(Path::new(file), env)?] }
        }
        HookName::PrePush => {
            let Push { to, known, names } = Push::from_pre_push(&read_input()?)?;
            if to.is_empty() {
                return Ok(ExitCode::Complete);
            }
            let argument = |number: usize| {
                args.arguments.get(number).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
            };
            // For a remote without a name, git passes its URL twice.
            Target::Push { to, known, names, remote: argument(0), address: argument(1) }
        }
    };
    let setup = Setup::new(env, &env.directory, &args.rules, &ThresholdOptions::default())?;
    let settings = setup.scan_settings(env)?;
    let report = scan::run(&target, &settings)?;
    write_report(&report, env)?;
    Ok(ExitCode::from_verdict(report.verdict(), false))
}

/// Runs pre-receive: scans the pushed objects, which git keeps in a quarantine directory until the hook accepts them.
fn receive(args: &RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let Push { to, names, .. } = Push::from_pre_receive(&read_input()?)?;
    if to.is_empty() {
        return Ok(ExitCode::Complete);
    }
    let setup = Setup::for_receiving(env, &args.rules)?;
    let hooks = &setup.settings.hooks;
    let budget = args.budget.or(hooks.receive_budget.as_ref().map(|set| set.value));
    let unfinished = args.unfinished.or(hooks.receive_unfinished.as_ref().map(|set| set.value));
    let mut settings = setup.scan_settings(env)?;
    settings.deadline = Some(start + budget.unwrap_or(Budget::RECEIVE).duration());
    // Otherwise a pusher could suppress a finding with an allow comment next to the secret.
    settings.policy.allow_comments = match hooks.receive_marks {
        Some(Value { value: true, .. }) => AllowComments::Trusted,
        _ => AllowComments::Untrusted,
    };
    let report = scan::run(&Target::Receive { to, names }, &settings)?;
    if is_only_out_of_time(&report) && unfinished == Some(OnIncomplete::Warn) {
        for entry in report.unscanned.iter().filter(|entry| entry.kind == UnscannedKind::OutOfTime) {
            messages::warning(&format!("stopleak: {}: {}", entry.what, entry.reason));
        }
        if report.blocking().next().is_none() {
            return Ok(ExitCode::Complete);
        }
        output::write_to_stderr(&report, env)?;
        return Ok(ExitCode::Findings);
    }
    write_report(&report, env)?;
    Ok(ExitCode::from_verdict(report.verdict(), false))
}

/// Writes the report to stderr; of a clean one only the note about old findings.
fn write_report(report: &ScanReport, env: &Environment) -> anyhow::Result<()> {
    match report.verdict() {
        Verdict::Clean => note_old_findings(report),
        _ => output::write_to_stderr(report, env)?,
    }
    Ok(())
}

/// Returns whether the run is incomplete for no other reason than the time limit.
fn is_only_out_of_time(report: &ScanReport) -> bool {
    let mut incomplete = report.unscanned.iter().filter(|entry| entry.kind.is_incomplete()).peekable();
    incomplete.peek().is_some() && incomplete.all(|entry| entry.kind == UnscannedKind::OutOfTime)
}

/// Reads all of standard input, needed or not: git waits until the hook has read everything, or has ended.
fn read_input() -> anyhow::Result<Vec<u8>> {
    let input =
        REFS.read_from(io::stdin()).context("the list of pushed refs on standard input cannot be read")?;
    REFS.check_len(input.len()).context("standard input")?;
    Ok(input)
}

/// Returns the commit message as git is about to store it. git sets `GIT_EDITOR` to `:` when it opens no editor, which
/// changes the cleanup of the message.
fn message(file: &Path, env: &Environment) -> anyhow::Result<Text> {
    let name = || file.display().to_string();
    let written = MESSAGE.read(&env.directory.join(file)).with_context(name)?;
    MESSAGE.check_len(written.len()).with_context(name)?;
    let edited = env.get("GIT_EDITOR").is_none_or(|editor| editor != ":");
    let repo = Repo::with_env(&env.directory, env.git.clone())?;
    let content = match MessageCleanup::from_repo(&repo) {
        Some(cleanup) => cleanup.clean_up(&written, edited),
        None => written,
    };
    Ok(Text {
        name: String::new(),
        content_kind: ContentKind::Commit,
        content,
        changed: None,
        before: Arc::default(),
    })
}

/// Prints one line about old findings in the changed files: they do not block, but should not be forgotten.
fn note_old_findings(report: &ScanReport) {
    let old = report.findings.iter().filter(|finding| finding.status == Status::Old);
    let mut paths: Vec<String> = old.clone().map(|finding| finding.provenance.path.to_text()).collect();
    let count = match old.count() {
        0 => return,
        1 => "1 old finding".to_owned(),
        count => format!("{count} old findings"),
    };
    paths.dedup();
    let more = if paths.len() > MAX_LISTED_PATHS { ", …" } else { "" };
    paths.truncate(MAX_LISTED_PATHS);
    let paths = paths.join(", ");
    messages::note(&format!("stopleak: {count} in the changed files, not blocking ({paths}{more})"));
}

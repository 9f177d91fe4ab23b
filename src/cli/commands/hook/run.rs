//! What the git hooks do. Silent when there is nothing to say; otherwise the report goes to stderr, where
//! people look when git refuses something.

use std::io::{self, Read};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};

use super::pushed::Push;
use super::{HookName, RunArgs};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::GradeOptions;
use crate::cli::setup::Setup;
use crate::cli::{messages, output};
use crate::config::{Budget, Unsure, Value};
use crate::git::commits::message::MessageSettings;
use crate::git::repo::Repo;
use crate::model::{Carrier, CoverageKind, ScanReport, Status, Verdict};
use crate::policy::Marks;
use crate::scan;
use crate::scan::{Target, Text};

/// Paths named in the note about old findings.
const NAMED: usize = 3;

/// Does what `hook` does.
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
            let Push { to, known, names } = Push::sent(&read_input()?)?;
            if to.is_empty() {
                return Ok(ExitCode::Complete);
            }
            let argument = |number: usize| {
                args.arguments.get(number).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
            };
            // For a remote that has no name git gives its address twice.
            Target::Push { to, known, names, remote: argument(0), address: argument(1) }
        }
    };
    let setup = Setup::new(env, &env.directory, &args.rules, &GradeOptions::default())?;
    let settings = setup.scan_settings(env)?;
    let report = scan::run(&target, &settings)?;
    tell(&report, env)?;
    Ok(ExitCode::of(report.verdict(), false))
}

/// What a repository is being sent, which git keeps apart from it until the hook has agreed.
fn receive(args: &RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let start = Instant::now();
    let Push { to, names, .. } = Push::received(&read_input()?)?;
    if to.is_empty() {
        return Ok(ExitCode::Complete);
    }
    let setup = Setup::receiving(env, &args.rules)?;
    let hooks = &setup.settings.hooks;
    let budget = args.budget.or(hooks.receive_budget.as_ref().map(|set| set.value));
    let unfinished = args.unfinished.or(hooks.receive_unfinished.as_ref().map(|set| set.value));
    let mut settings = setup.scan_settings(env)?;
    settings.deadline = Some(start + budget.unwrap_or(Budget::RECEIVE).duration());
    // Whoever pushes could excuse a secret with a mark beside it.
    settings.policy.marks = match hooks.receive_marks {
        Some(Value { value: true, .. }) => Marks::Trusted,
        _ => Marks::Told,
    };
    let report = scan::run(&Target::Receive { to, names }, &settings)?;
    if is_only_late(&report) && unfinished == Some(Unsure::Warn) {
        for entry in report.coverage.iter().filter(|entry| entry.kind == CoverageKind::OutOfTime) {
            messages::warning(&format!("stopleak: {}: {}", entry.what, entry.reason));
        }
        if report.blocking().next().is_none() {
            return Ok(ExitCode::Complete);
        }
        output::tell(&report, env)?;
        return Ok(ExitCode::Findings);
    }
    tell(&report, env)?;
    Ok(ExitCode::of(report.verdict(), false))
}

/// A clean report is worth a line at most.
fn tell(report: &ScanReport, env: &Environment) -> anyhow::Result<()> {
    match report.verdict() {
        Verdict::Clean => say_what_is_old(report),
        _ => output::tell(report, env)?,
    }
    Ok(())
}

/// Whether time is all that was missing.
fn is_only_late(report: &ScanReport) -> bool {
    let mut gaps = report.coverage.iter().filter(|entry| entry.kind.is_gap()).peekable();
    gaps.peek().is_some() && gaps.all(|entry| entry.kind == CoverageKind::OutOfTime)
}

/// All of it, needed or not: git waits until its hook has read everything.
fn read_input() -> anyhow::Result<Vec<u8>> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).context("what git says is being pushed cannot be read")?;
    Ok(input)
}

/// The message that git is about to store. It says in `GIT_EDITOR` whether an editor was opened on it.
fn message(file: &Path, env: &Environment) -> anyhow::Result<Text> {
    let written = std::fs::read(env.directory.join(file)).with_context(|| file.display().to_string())?;
    let edited = env.get("GIT_EDITOR").is_none_or(|editor| editor != ":");
    let repo = Repo::with_env(&env.directory, env.git.clone())?;
    let content = match MessageSettings::of(&repo) {
        Some(settings) => settings.stored(&written, edited),
        None => written,
    };
    Ok(Text { name: String::new(), carrier: Carrier::Commit, content, before: Vec::new() })
}

/// One line about what was in the changed files before: it does not block, and should not be forgotten.
fn say_what_is_old(report: &ScanReport) {
    let old = report.findings.iter().filter(|finding| finding.status == Status::Old);
    let mut paths: Vec<String> = old.clone().map(|finding| finding.provenance.path.to_text()).collect();
    let (count, verb) = match old.count() {
        0 => return,
        1 => ("1 old finding".to_owned(), "was"),
        count => (format!("{count} old findings"), "were"),
    };
    paths.dedup();
    let more = if paths.len() > NAMED { ", …" } else { "" };
    paths.truncate(NAMED);
    let paths = paths.join(", ");
    messages::note(&format!(
        "stopleak: {count} in the changed files {verb} there before; not blocking ({paths}{more})"
    ));
}

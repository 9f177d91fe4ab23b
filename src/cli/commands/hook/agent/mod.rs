//! A call of an AI coding agent, judged before it is carried out.
//!
//! The agents run whatever returns neither 0 nor 2, so every failure of ours ends with 2 and says why.

mod answer;
mod call;
pub(crate) mod settings;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::RunArgs;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::GradeOptions;
use crate::cli::setup::Setup;
use crate::config::Unsure;
use crate::model::{Carrier, ScanReport};
use crate::scan;
use crate::scan::{Target, Text};

use answer::Form;
use call::{Call, Judged};

/// Values that a reason names; agents cut long answers off.
const LISTED: usize = 5;

/// Reads a call, judges it and answers.
pub(crate) fn run(args: &RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let mut input = Vec::new();
    let read = io::stdin().read_to_end(&mut input).context("the agent's call cannot be read");
    let call = match read.and_then(|_| Call::parse(&input, &env.directory)) {
        Ok(call) => call,
        Err(error) => return unreadable(error, args, env),
    };
    match judge(call.judged, &call.directory, args, env) {
        Ok(None) => {
            say(&call.form.allowed())?;
            Ok(ExitCode::Complete)
        }
        Ok(Some(reason)) => {
            let reason = messages::visible(&messages::masked(&reason));
            messages::note(&reason);
            say(&call.form.refused(&reason))?;
            Ok(if call.form == Form::Unknown { ExitCode::Usage } else { ExitCode::Complete })
        }
        // Not judged is not allowed.
        Err(error) => {
            say(&call.form.refused(&messages::visible(&messages::masked(&format!(
                "stopleak could not check this call: {error:#}"
            )))))?;
            Err(error)
        }
    }
}

/// A call that nobody understands.
fn unreadable(error: anyhow::Error, args: &RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let setup = Setup::new(env, &env.directory, &args.rules, &GradeOptions::default())?;
    if setup.settings.hooks.agent_unreadable.is_some_and(|set| set.value == Unsure::Warn) {
        messages::warning(&format!(
            "stopleak: {error:#}; nothing was checked (hooks: agent-unreadable: warn)"
        ));
        say(&Form::Unknown.allowed())?;
        return Ok(ExitCode::Complete);
    }
    say(&Form::Unknown.refused(&messages::visible(&messages::masked(&format!("stopleak: {error:#}")))))?;
    Err(error)
}

/// Why the call must not be carried out, if so.
fn judge(
    judged: Vec<Judged>,
    directory: &Path,
    args: &RunArgs,
    env: &Environment,
) -> anyhow::Result<Option<String>> {
    if judged.is_empty() {
        return Ok(None);
    }
    // The policy is that of the repository which holds the file; a command is judged where it runs.
    let start =
        judged.iter().find_map(|judged| judged.file.clone()).unwrap_or_else(|| directory.to_path_buf());
    let setup = Setup::new(env, &start, &args.rules, &GradeOptions::default())?;
    let settings = setup.scan_settings(env)?;
    let root = real(settings.root.clone());
    let texts = judged.into_iter().map(|judged| {
        let (name, carrier) = match &judged.file {
            Some(file) => {
                let file = real(file.clone());
                let path = file.strip_prefix(&root).unwrap_or(&file);
                (path.to_string_lossy().into_owned(), Carrier::File)
            }
            None => (judged.what.to_owned(), Carrier::Stdin),
        };
        Text { name, carrier, content: judged.content, before: judged.before }
    });
    let report = scan::run(&Target::Texts { texts: texts.collect() }, &settings)?;
    Ok(reason(&report).map(|reason| without_values(&reason, &report)))
}

/// Somebody may have put a value into the name of a file.
fn without_values(text: &str, report: &ScanReport) -> String {
    let values =
        report.in_names.iter().filter_map(|value| Some((value, std::str::from_utf8(value.expose()).ok()?)));
    values.fold(text.to_owned(), |text, (value, plain)| text.replace(plain, &value.redacted()))
}

/// A path with its links resolved as far as it exists: agents and repositories may name one place in two ways.
fn real(path: PathBuf) -> PathBuf {
    let known = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match known {
        Some((above, real)) => real.join(path.strip_prefix(above).unwrap_or(&path)),
        None => path,
    }
}

/// What the agent and its user are told. Values are masked.
fn reason(report: &ScanReport) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for finding in report.blocking() {
        let path = finding.provenance.path.to_text();
        let place = match finding.provenance.carrier {
            Carrier::File => format!("{path}:{}", finding.location.start_line),
            _ => path,
        };
        let line =
            format!("{} [{}] in {place} ({})", finding.rule.name, finding.rule.id, finding.secret.redacted());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        let what = if lines.len() == 1 { "a secret" } else { "secrets" };
        if let Some(more) = lines.len().checked_sub(LISTED).filter(|more| *more > 0) {
            lines.truncate(LISTED);
            lines.push(format!("and {more} more"));
        }
        return Some(format!(
            "stopleak: this call would pass on {what}: {}. Leave the value out: read it from the environment or a \
             secret store where it is needed.",
            lines.join("; ")
        ));
    }
    let gap = report.coverage.iter().find(|entry| entry.kind.is_gap())?;
    Some(format!("stopleak could not check all of this call: {}: {}", gap.what, gap.reason))
}

/// Writes the answer. One that cannot be delivered must not count as consent.
fn say(answer: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let text = format!("{answer}\n");
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        // Not as an I/O error: those of a closed stream end other commands quietly.
        .map_err(|error| anyhow!("the answer could not be written: {error}"))
}

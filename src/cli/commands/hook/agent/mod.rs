//! Scans a call of an AI coding agent before the agent carries it out.
//!
//! Agents carry out a call unless the hook exits with 2 or answers with a refusal, so every internal error exits with 2
//! and writes its reason.

mod answer;
mod call;
mod edit;
mod edit_batch;
pub(crate) mod settings;
mod time_limit;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

use super::args::RunArgs;
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::json_input;
use crate::cli::messages;
use crate::cli::options::ThresholdOptions;
use crate::cli::setup::Setup;
use crate::config::OnIncomplete;
use crate::model::{ContentKind, ScanReport};
use crate::scan;
use crate::scan::{Target, Text};

use answer::{Answer, ResponseFormat};
use call::{AmbiguousCall, Call, CallText};
use time_limit::Progress;

/// Maximal number of findings in an answer, because agents truncate long answers.
const MAX_LISTED: usize = 5;

/// Reads a call from standard input, scans it and writes the answer to stdout: exactly one, within the time limit.
///
/// # Errors
///
/// A call that cannot be read or scanned, for which a refusal is written, or an answer that could not be written.
pub(crate) fn run(args: RunArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let env = env.clone();
    let Answer { response, note, result } =
        time_limit::answer_in_time(args.budget, move |progress| answer(&args, &env, &progress));
    write_response(&response)?;
    if let Some(note) = note {
        messages::note(&note);
    }
    result
}

/// Reads and scans a call.
fn answer(args: &RunArgs, env: &Environment, progress: &Progress) -> Answer {
    let read = json_input::CALL.read_from(io::stdin()).context("the agent's call cannot be read");
    let checked = read.and_then(|input| json_input::check(json_input::CALL, &input).map(|()| input));
    let call = match checked.and_then(|input| Call::parse(&input, &env.directory)) {
        Ok(call) => call,
        Err(error) => return unreadable(error, args, env),
    };
    progress.set_format(call.format);
    match scan_texts(call.texts, &call.directory, args, env, progress) {
        Ok(None) => Answer::allow(call.format),
        Ok(Some(reason)) => Answer::deny(call.format, messages::shown(&reason)),
        // A call that was not scanned is refused.
        Err(error) => Answer::fail(call.format, "stopleak could not check this call", error),
    }
}

/// Answers a call that could not be parsed, as the key `agent-unreadable` of the configuration decides. A call with
/// several readings is always refused: the agent carries out one of them.
fn unreadable(error: anyhow::Error, args: &RunArgs, env: &Environment) -> Answer {
    let setup = match Setup::new(env, &env.directory, &args.rules, &ThresholdOptions::default()) {
        Ok(setup) => setup,
        Err(error) => return Answer::fail(ResponseFormat::Unknown, "stopleak", error),
    };
    let is_allowed = setup.settings.hooks.agent_unreadable.is_some_and(|set| set.value == OnIncomplete::Warn);
    if is_allowed && !error.is::<AmbiguousCall>() {
        messages::warning(&format!(
            "stopleak: {error:#}; nothing was checked (hooks: agent-unreadable: warn)"
        ));
        return Answer::allow(ResponseFormat::Unknown);
    }
    Answer::fail(ResponseFormat::Unknown, "stopleak", error)
}

/// Scans the texts of a call. Returns the reason to refuse it, or `None` to allow it.
fn scan_texts(
    texts: Vec<CallText>,
    directory: &Path,
    args: &RunArgs,
    env: &Environment,
    progress: &Progress,
) -> anyhow::Result<Option<String>> {
    if texts.is_empty() {
        return Ok(None);
    }
    // The effective policy is that of the repository that contains the file; for a command, that of the directory in
    // which it runs.
    let start = texts.iter().find_map(|text| text.file.clone()).unwrap_or_else(|| directory.to_path_buf());
    let setup = Setup::new(env, &start, &args.rules, &ThresholdOptions::default())?;
    if let Some(budget) = &setup.settings.hooks.agent_budget {
        progress.set_budget(budget.value);
    }
    let settings = setup.scan_settings(env)?;
    let root = resolve_links(settings.root.clone());
    let texts = texts.into_iter().map(|text| {
        let (name, content_kind) = match &text.file {
            Some(file) => {
                let file = resolve_links(file.clone());
                let path = file.strip_prefix(&root).unwrap_or(&file);
                (path.to_string_lossy().into_owned(), ContentKind::File)
            }
            None => (text.label.to_owned(), ContentKind::Stdin),
        };
        let CallText { content, changed, before, .. } = text;
        Text { name, content_kind, content, changed, before }
    });
    let report = scan::run(&Target::Texts { texts: texts.collect() }, &settings)?;
    Ok(reason(&report).map(|reason| without_values(&reason, &report)))
}

/// Masks the secrets that were found in file names.
fn without_values(text: &str, report: &ScanReport) -> String {
    let values =
        report.in_names.iter().filter_map(|value| Some((value, std::str::from_utf8(value.expose()).ok()?)));
    values.fold(text.to_owned(), |text, (value, plain)| text.replace(plain, &value.redacted()))
}

/// Resolves the symbolic links in the part of the path that exists, because an agent and git may name one file by two
/// paths.
fn resolve_links(path: PathBuf) -> PathBuf {
    let existing = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match existing {
        Some((above, resolved)) => resolved.join(path.strip_prefix(above).unwrap_or(&path)),
        None => path,
    }
}

/// Returns the reason to refuse the call, for the agent and its user; `None` if nothing blocks. Values are masked.
fn reason(report: &ScanReport) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for finding in report.blocking() {
        let path = finding.provenance.path.to_text();
        let location = match finding.provenance.content_kind {
            ContentKind::File => format!("{path}:{}", finding.location.start_line),
            _ => path,
        };
        let line = format!(
            "{} [{}] in {location} ({})",
            finding.rule.name,
            finding.rule.id,
            finding.secret.redacted()
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if !lines.is_empty() {
        let what = if lines.len() == 1 { "a secret" } else { "secrets" };
        if let Some(more) = lines.len().checked_sub(MAX_LISTED).filter(|more| *more > 0) {
            lines.truncate(MAX_LISTED);
            lines.push(format!("and {more} more"));
        }
        return Some(format!(
            "stopleak: this call contains {what}: {}. Remove the value: read it from the environment or a secret \
             store where it is needed.",
            lines.join("; ")
        ));
    }
    let entry = report.unscanned.iter().find(|entry| entry.kind.is_incomplete())?;
    Some(format!("stopleak could not check all of this call: {}: {}", entry.what, entry.reason))
}

/// Writes the answer. An error, because an agent could take a missing answer for permission.
fn write_response(response: &serde_json::Value) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let text = format!("{response}\n");
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        // Not as an I/O error: that of a closed pipe would end the program with exit code 0.
        .map_err(|error| anyhow!("the answer could not be written: {error}"))
}

/// Parses a call as [`run`] does, for its fuzz target.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse_agent_call(input: &[u8], directory: &Path) {
    if json_input::check(json_input::CALL, input).is_ok() {
        let _ = Call::parse(input, directory).map(|call| call.format.allow());
    }
}

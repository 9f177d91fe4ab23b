//! `stopleak rules test`: prints what one rule finds in one text.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::lookup::{find_rule, setup};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::messages;
use crate::cli::options::RuleOptions;
use crate::decode;
use crate::engine::authoring::explain::near_misses;
use crate::engine::{Engine, Match, resolve_overlaps};
use crate::model::{Evidence, Locator, Position, Secret, Span, Verdict};
use crate::rules::input::InputKind;
use crate::scan::{ReadMatch, merged_matches};

/// Print what one rule finds in a file, and why it rejects near misses
///
/// Includes matches of every confidence, and ignores allow comments, the baseline and other rules. Each near
/// miss is printed with every condition that it fails. Exit code 1 when the rule finds something.
#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,

    /// The file, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,

    #[command(flatten)]
    rules: RuleOptions,
}

pub(crate) fn run(args: &TestArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let known = setup(&args.rules, env)?.all_rules()?;
    let rule = find_rule(&known, &args.id)?;
    let mut rules = known.clone();
    rules.retain(|id| id == args.id);
    let (name, bytes) = read(&args.file)?;
    // A token can be part of a file name.
    let name = messages::masked(&name);
    let readings = decode::readings(&bytes)?;

    let engine = Engine::new(&rules);
    let found = resolved(merged_matches(&readings, |_, reading| engine.candidates(&reading.text)));
    let others = Engine::new(&known);
    let mut in_a_scan = merged_matches(&readings, |_, reading| others.candidates(&reading.text));
    in_a_scan.retain(|read| read.matched.rule.paths.is_empty() || read.matched.rule.id == args.id);
    let in_a_scan = resolved(in_a_scan);
    let mut locators: Vec<_> =
        readings.iter().map(|reading| Locator::new(&reading.text, Position::default())).collect();
    let mut out = io::stdout().lock();
    for ReadMatch { reading, span, matched: found } in &found {
        let place = locators[*reading].locate(*span);
        let value = Secret::new(span.slice(&readings[*reading].text)).redacted();
        let line = format!(
            "{name}:{}:{}: {value} ({} confidence, {} severity: {})",
            place.start_line,
            place.start_column,
            found.confidence,
            found.severity,
            Evidence::join(&found.why)
        );
        writeln!(out, "{}", messages::visible(&line))?;
        let winner = in_a_scan.iter().map(|read| &read.matched).find(|other| {
            other.rule.id != args.id && other.span.start < found.span.end && found.span.start < other.span.end
        });
        if let Some(winner) = winner {
            writeln!(out, "    a scan reports it by {} instead", messages::shown(&winner.rule.id))?;
        }
    }
    // The most exact reading shows best what is not a match.
    let (reading, shown) =
        readings.iter().enumerate().find(|(_, reading)| reading.is_plausible).expect("the stored bytes");
    let (text, locator) = (shown.text.as_ref(), &mut locators[reading]);
    let in_reading = found.iter().filter(|read| read.reading == reading);
    let in_reading: Vec<Match<'_>> =
        in_reading.map(|read| Match { span: read.span, ..read.matched.clone() }).collect();
    match near_misses(rule, text, &in_reading) {
        Ok(misses) => {
            for miss in &misses {
                let at = miss.value.unwrap_or(Span::new(miss.at, miss.at));
                let place = locator.locate(at);
                let value = miss.value.map(|value| Secret::new(value.slice(text)).redacted());
                let value = value.map(|value| format!(" {value}")).unwrap_or_default();
                let line = format!("{name}:{}:{}: not{value}:", place.start_line, place.start_column);
                writeln!(out, "{}", messages::visible(&line))?;
                let is_built_in = known.domain(&rule.id).is_some();
                let shown = if is_built_in { messages::visible } else { messages::shown };
                for condition in &miss.failed_conditions {
                    writeln!(out, "    {}", shown(condition))?;
                }
            }
        }
        Err(note) => messages::note(&note),
    }
    out.flush()?;
    if !rule.paths.is_empty() {
        messages::note(&format!("a scan applies {} only to these files: {}", args.id, rule.paths.join(", ")));
    }
    if found.is_empty() {
        messages::note(&format!("{} finds nothing in {name}", args.id));
        return Ok(ExitCode::Complete);
    }
    Ok(ExitCode::from_verdict(Verdict::Findings, false))
}

/// Keeps the best of the matches that overlap, like a scan.
fn resolved(matches: Vec<ReadMatch<'_>>) -> Vec<ReadMatch<'_>> {
    resolve_overlaps(matches, |read| &read.matched, |kept, other| kept.matched.raise(&other.matched))
}

/// A text to test a rule with.
const TEXT: InputKind = InputKind {
    name: "a text to test a rule with",
    megabytes: 256,
    remedy: "cut it, or search it with stopleak scan --only RULE",
};

fn read(file: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    if file.as_os_str() == "-" {
        let bytes = TEXT.read_from(io::stdin().lock()).context("cannot read standard input")?;
        TEXT.check_len(bytes.len()).context("standard input")?;
        return Ok(("stdin".to_owned(), bytes));
    }
    let name = || file.display().to_string();
    let bytes = TEXT.read(file).with_context(name)?;
    TEXT.check_len(bytes.len()).with_context(name)?;
    Ok((name(), bytes))
}

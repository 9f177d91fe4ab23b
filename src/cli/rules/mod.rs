//! `stopleak rules`.

mod check;
mod show;
mod test;

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::env::Environment;
use super::exit_code::ExitCode;
use super::options::{GradeOptions, RuleOptions};
use super::setup::{Setup, known_rule};
use super::talk;
use crate::engine::sample::{Draw, sample};
use crate::model::{Confidence, Severity};
use crate::rules::{Rule, RuleSet};

/// Look at the rules, try them, and write your own
#[derive(Subcommand, Debug)]
pub(crate) enum RulesCommand {
    /// Print the active rules
    List(ListArgs),
    /// Print what a rule finds, and how
    Show(show::ShowArgs),
    Test(test::TestArgs),
    Check(check::CheckArgs),
    Sample(SampleArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Format of the list
    #[arg(long, value_enum, value_name = "human|json", hide_possible_values = true, default_value_t)]
    format: ListFormat,

    #[command(flatten)]
    rules: RuleOptions,
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum ListFormat {
    #[default]
    Human,
    Json,
}

/// Print made-up values that a rule would find
///
/// Drawn from the rule's pattern, with a valid checksum where such a value has one: for tests and
/// documentation. No such value was ever issued to anybody.
#[derive(Args, Debug)]
pub(crate) struct SampleArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,

    /// How many
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u64,

    /// Equal seeds give equal values
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    rules: RuleOptions,
}

impl RulesCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            RulesCommand::List(args) => list(&args, env),
            RulesCommand::Show(args) => show::run(&args, env),
            RulesCommand::Test(args) => test::run(&args, env),
            RulesCommand::Check(args) => check::run(&args),
            RulesCommand::Sample(args) => draw(&args, env),
        }
    }
}

fn list(args: &ListArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let rules = setup(&args.rules, env)?.rules()?;
    // Identifiers make no findings: nobody looks for them here, and no count counts them.
    let listed: Vec<&Rule> = rules.iter().filter(|rule| !rule.identifier).collect();
    let text = match args.format {
        ListFormat::Human => table(&listed),
        ListFormat::Json => {
            let entries: Vec<_> = listed.iter().map(|rule| entry(rule)).collect();
            serde_json::to_string_pretty(&entries)? + "\n"
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::Complete)
}

fn entry(rule: &Rule) -> serde_json::Value {
    json!({
        "id": rule.id,
        "name": rule.name,
        "provider": rule.provider,
        "severity": rule.severity,
        "confidence": rule.confidence,
    })
}

fn table(rules: &[&Rule]) -> String {
    let width = |of: fn(&Rule) -> usize| rules.iter().map(|rule| of(rule)).max().unwrap_or(0);
    let id = width(|rule| rule.id.len());
    let issuer = width(|rule| provider(rule).chars().count());
    let severity = Severity::ALL.iter().map(|grade| grade.as_str().len()).max().unwrap_or(0);
    let confidence = Confidence::ALL.iter().map(|grade| grade.as_str().len()).max().unwrap_or(0);
    let mut text = String::new();
    for rule in rules {
        let _ = writeln!(
            text,
            "{:id$}  {:severity$}  {:confidence$}  {:issuer$}  {}",
            rule.id,
            rule.severity,
            rule.confidence,
            provider(rule),
            rule.name
        );
    }
    talk::visible(&text)
}

fn draw(args: &SampleArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let rules = setup(&args.rules, env)?.known_rules()?;
    let rule = named(&rules, &args.id)?;
    let mut draw = Draw::new(args.seed);
    let mut out = io::stdout().lock();
    let mut before: Option<Vec<u8>> = None;
    for _ in 0..args.count {
        let Some(value) = sample(rule, &mut draw) else { bail!("the pattern of {} does not parse", rule.id) };
        // A blank line between values of several lines, so that one can tell where they begin.
        if before.is_some_and(|before| before.contains(&b'\n') || value.contains(&b'\n')) {
            out.write_all(b"\n")?;
        }
        out.write_all(&value)?;
        if !value.ends_with(b"\n") {
            out.write_all(b"\n")?;
        }
        before = Some(value);
    }
    out.flush()?;
    Ok(ExitCode::Complete)
}

fn setup(rules: &RuleOptions, env: &Environment) -> anyhow::Result<Setup> {
    Setup::new(env, &env.directory, rules, &GradeOptions::default())
}

/// The rule with this id, active or not.
fn named<'r>(rules: &'r RuleSet, id: &str) -> anyhow::Result<&'r Rule> {
    known_rule(rules, id).map_err(|message| anyhow!(message))?;
    rules.get(id).ok_or_else(|| anyhow!("there is no rule `{id}`"))
}

fn provider(rule: &Rule) -> &str {
    rule.provider.as_deref().unwrap_or_default()
}

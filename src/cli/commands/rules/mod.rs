//! `stopleak rules`.

mod check;
mod list;
mod page;
mod recognised;
mod show;
mod test;

use std::io::{self, Write};

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::{GradeOptions, RuleOptions};
use crate::cli::setup::{Setup, known_rule};
use crate::engine::authoring::sample::{Draw, sample};
use crate::rules::{Rule, RuleSet};

/// Look at the rules, try them, and write your own
#[derive(Subcommand, Debug)]
pub(crate) enum RulesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Test(test::TestArgs),
    Check(check::CheckArgs),
    Sample(SampleArgs),
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
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
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
            RulesCommand::List(args) => list::run(&args, env),
            RulesCommand::Show(args) => show::run(&args, env),
            RulesCommand::Test(args) => test::run(&args, env),
            RulesCommand::Check(args) => check::run(&args),
            RulesCommand::Sample(args) => draw(&args, env),
        }
    }
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

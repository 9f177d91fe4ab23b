//! `stopleak rules sample`: made-up values that a rule finds.

use std::io::{self, Write};

use anyhow::bail;
use clap::Args;

use super::lookup::{find_rule, setup};
use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::RuleOptions;
use crate::engine::authoring::sample::{Draw, sample};

/// Print made-up values that a rule finds
///
/// Generated from the rule's pattern, with a valid checksum where such values have one: for tests and
/// documentation. They are random: no provider has issued them.
#[derive(Args, Debug)]
pub(crate) struct SampleArgs {
    /// The rule's id
    #[arg(value_name = "ID")]
    id: String,

    /// Number of values
    #[arg(long, short = 'n', value_name = "N", default_value_t = 1)]
    count: u64,

    /// Equal seeds give equal values
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,

    #[command(flatten)]
    rules: RuleOptions,
}

pub(crate) fn run(args: &SampleArgs, env: &Environment) -> anyhow::Result<ExitCode> {
    let rules = setup(&args.rules, env)?.all_rules()?;
    let rule = find_rule(&rules, &args.id)?;
    let mut draw = Draw::new(args.seed);
    let mut out = io::stdout().lock();
    let mut before: Option<Vec<u8>> = None;
    for _ in 0..args.count {
        let Some(value) = sample(rule, &mut draw) else { bail!("the pattern of {} does not parse", rule.id) };
        // A blank line between values of several lines shows where each begins.
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

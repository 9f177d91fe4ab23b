//! `stopleak rules`.

mod check;
mod conditions;
mod list;
mod lookup;
mod page;
mod sample;
mod show;
mod test;

use clap::Subcommand;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;

/// List, show, test and check rules, and print sample values
#[derive(Subcommand, Debug)]
pub(crate) enum RulesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Test(test::TestArgs),
    Check(check::CheckArgs),
    Sample(sample::SampleArgs),
}

impl RulesCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            RulesCommand::List(args) => list::run(&args, env),
            RulesCommand::Show(args) => show::run(&args, env),
            RulesCommand::Test(args) => test::run(&args, env),
            RulesCommand::Check(args) => check::run(&args),
            RulesCommand::Sample(args) => sample::run(&args, env),
        }
    }
}

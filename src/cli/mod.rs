//! In: arguments, environment, streams. Out: reports and an exit code. Never: a judgement about bytes.
//!
//! Only this folder reads the environment, talks on stderr and knows exit codes.

mod commands;

mod env;
mod exit_code;
mod hints;

mod options;
mod output;
mod policy_files;

mod messages;
mod range_scan;
mod setup;
mod stats;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use env::Environment;
use exit_code::ExitCode;

/// Finds hardcoded secrets before they leave a machine, and audits what already left
#[derive(Parser, Debug)]
#[command(name = "stopleak", version, max_term_width = 100, after_long_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// When to use colours
    #[arg(
        long,
        value_enum,
        global = true,
        value_name = "auto|always|never",
        hide_possible_values = true,
        default_value_t
    )]
    color: options::Color,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  complete, nothing at or above --fail-on
  1  complete, findings
  2  usage or configuration error; nothing was scanned
  3  incomplete: something that should have been read could not be; wins over 1";

#[derive(Subcommand, Debug)]
enum Command {
    Scan(commands::scanning::ScanArgs),
    Staged(commands::scanning::StagedArgs),
    Range(commands::scanning::RangeArgs),
    Ci(commands::ci::CiArgs),
    History(commands::scanning::HistoryArgs),
    #[command(subcommand)]
    Hook(commands::hook::HookCommand),
    #[command(subcommand)]
    Baseline(commands::baseline::BaselineCommand),
    #[command(subcommand)]
    Config(commands::config::ConfigCommand),
    #[command(subcommand)]
    Rules(commands::rules::RulesCommand),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}

/// The program, from its arguments to its exit code. A fault of our own counts as an incomplete run.
pub fn main() -> std::process::ExitCode {
    // The payload of a panic can hold input; the place in our source cannot.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!(" ({}:{})", place.file(), place.line()));
        messages::error(&anyhow::anyhow!("stopleak broke{}; this is a bug", place.unwrap_or_default()));
    }));
    std::panic::catch_unwind(run).unwrap_or(ExitCode::Incomplete).into()
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(env::arguments()) {
        Ok(cli) => cli,
        Err(error) => {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                // A closed stream ends nothing.
                let _ = error.print();
                return ExitCode::Complete;
            }
            messages::usage(&error);
            return ExitCode::Usage;
        }
    };
    cli.color.apply();
    match Environment::capture().and_then(|env| cli.command.run(&env)) {
        Ok(code) => code,
        Err(error) if messages::is_broken_pipe(&error) => ExitCode::Complete,
        Err(error) => {
            messages::error(&error);
            let done = error.chain().any(|cause| cause.is::<output::Undelivered>());
            if done { ExitCode::Incomplete } else { ExitCode::Usage }
        }
    }
}

impl Command {
    fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            Command::Scan(args) => args.run(env),
            Command::Staged(args) => args.run(env),
            Command::Range(args) => args.run(env),
            Command::Ci(args) => args.run(env),
            Command::History(args) => args.run(env),
            Command::Hook(command) => command.run(env),
            Command::Baseline(command) => command.run(env),
            Command::Config(command) => command.run(env),
            Command::Rules(command) => command.run(env),
            Command::Completions(args) => args.run(),
            Command::Man(args) => args.run(),
        }
    }
}

/// The whole command line, for completions and manual pages.
fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_formed() {
        super::command().debug_assert();
    }
}

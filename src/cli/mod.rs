//! In: arguments, environment, streams. Out: reports and an exit code. Never: a decision about scanned bytes.
//!
//! Only this folder reads the environment, writes to stderr and sets exit codes.

mod commands;

mod env;
mod exit_code;
mod hints;
mod json_input;

mod options;
mod output;
mod policy_files;

mod messages;
mod range_scan;
mod setup;
mod stats;
mod target_scan;

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
  0  scan complete, no new findings at or above --fail-on
  1  scan complete, findings
  2  usage or configuration error; nothing was scanned
  3  scan incomplete: something could not be read; takes precedence over 1";

/// Defines `Command` with one variant for each command, and the dispatch to the `run` method of its arguments. An
/// expression after the type of the arguments is an additional parameter of `run`.
macro_rules! commands {
    ($($(#[$attribute:meta])* $name:ident($arguments:ty $(, $parameter:expr)?),)+) => {
        #[derive(Subcommand, Debug)]
        enum Command {
            $($(#[$attribute])* $name($arguments),)+
        }

        impl Command {
            fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
                match self {
                    $(Command::$name(arguments) => arguments.run(env $(, $parameter)?),)+
                }
            }
        }
    };
}

// In the order of `stopleak --help`.
commands! {
    Scan(commands::scan::ScanArgs),
    Staged(commands::staged::StagedArgs),
    Range(commands::range::RangeArgs),
    Ci(commands::ci::CiArgs),
    History(commands::history::HistoryArgs),
    #[command(subcommand)]
    Hook(commands::hook::HookCommand),
    #[command(subcommand)]
    Baseline(commands::baseline::BaselineCommand),
    #[command(subcommand)]
    Config(commands::config::ConfigCommand),
    #[command(subcommand)]
    Rules(commands::rules::RulesCommand),
    Completions(commands::completions::CompletionsArgs, Cli::command()),
    Man(commands::man::ManArgs, Cli::command()),
}

/// Runs the program on the arguments and the environment of the process, and returns its exit code. A panic counts
/// as an incomplete run.
pub fn main() -> std::process::ExitCode {
    // The payload of a panic can contain scanned input; the location in the source code cannot.
    std::panic::set_hook(Box::new(|panic| {
        let location =
            panic.location().map(|location| format!(" at {}:{}", location.file(), location.line()));
        messages::error(&anyhow::anyhow!(
            "stopleak panicked{}; please report this bug",
            location.unwrap_or_default()
        ));
    }));
    std::panic::catch_unwind(run).unwrap_or(ExitCode::Incomplete).into()
}

fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(env::arguments()) {
        Ok(cli) => cli,
        Err(error) => {
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                // A closed stdout is not an error.
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
            let is_scanned = error.chain().any(|cause| cause.is::<output::DeliveryError>());
            if is_scanned { ExitCode::Incomplete } else { ExitCode::Usage }
        }
    }
}

/// Parses a call of an agent, for its fuzz target.
#[cfg(feature = "fuzzing")]
pub(crate) use commands::hook::parse_agent_call;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}

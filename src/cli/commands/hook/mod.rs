//! `stopleak hook`: installs itself into the hooks of a repository and of AI coding agents, and does what these hooks
//! call it for.

mod agent;
mod args;
mod install;
mod manager;
mod name;
mod pushed;
mod run;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Subcommand;

#[cfg(feature = "fuzzing")]
pub(crate) use agent::parse_agent_call;
use args::{Caller, InstallArgs, RunArgs, UninstallArgs};

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;

/// Install, remove, list or run hooks of git and of AI coding agents
#[derive(Subcommand, Debug)]
pub(crate) enum HookCommand {
    Install(InstallArgs),
    Uninstall(UninstallArgs),
    /// Show which hooks are installed
    Status,
    Run(RunArgs),
}

impl HookCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            HookCommand::Install(args) => install::install(&args, env),
            HookCommand::Uninstall(args) => install::uninstall(&args, env),
            HookCommand::Status => install::status(env),
            HookCommand::Run(args) => match args.hook.unwrap_or(Caller::Agent) {
                Caller::Git(hook) => run::run(hook, &args, env),
                // A panic must not end with an exit code that agents take for permission.
                Caller::Agent => {
                    catch_unwind(AssertUnwindSafe(|| agent::run(args, env))).unwrap_or(Ok(ExitCode::Usage))
                }
            },
        }
    }
}

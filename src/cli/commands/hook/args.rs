//! Arguments of `stopleak hook`.

use std::ffi::OsString;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};

use super::agent::settings::Agent;
use super::name::HookName;
use crate::cli::options::RuleOptions;
use crate::config::{Budget, OnIncomplete};

/// Install hooks into this repository
///
/// Writes them where git looks for them (core.hooksPath, linked worktrees). An existing hook is kept and runs too;
/// where another tool manages the hooks, the line to add to its configuration is shown instead.
#[derive(Args, Debug)]
pub(crate) struct InstallArgs {
    /// Hook to install; may be repeated [default: pre-commit and pre-merge-commit; in a bare repository
    /// pre-receive]
    #[arg(long = "hook", value_enum, value_name = "HOOK")]
    pub(crate) hooks: Vec<HookName>,

    /// AI coding agent whose calls are checked in this repository; may be repeated
    #[arg(long = "agent", value_enum, value_name = "AGENT")]
    pub(crate) agents: Vec<Agent>,
}

/// Remove the hooks that stopleak installed, and no others
///
/// Hooks that existed before are restored.
#[derive(Args, Debug)]
pub(crate) struct UninstallArgs {
    /// Remove stopleak from the settings of this AI coding agent, and keep the git hooks; may be repeated
    #[arg(long = "agent", value_enum, value_name = "AGENT")]
    pub(crate) agents: Vec<Agent>,
}

/// Run the check of a hook; git or an AI coding agent calls this
///
/// Prints nothing when there is nothing to report. Without HOOK, the call of an AI coding agent is read as JSON from
/// standard input, and the answer is the JSON that Claude Code and Cursor expect from their hooks.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// A git hook, or agent [default: agent]
    #[arg(value_name = "HOOK", value_parser = caller_parser())]
    pub(crate) hook: Option<Caller>,

    /// What git passes to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    pub(crate) arguments: Vec<OsString>,

    /// Time limit of pre-receive and of the call of an agent: 500ms, 30s, 2m [default: 60s; agent: 10s]
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<Budget>,

    /// What pre-receive does when it does not finish in time [default: refuse]
    #[arg(long, value_name = "refuse|warn")]
    pub(crate) unfinished: Option<OnIncomplete>,

    #[command(flatten)]
    pub(crate) rules: RuleOptions,
}

/// The program that runs a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// git, for this hook.
    Git(HookName),
    /// An AI coding agent.
    Agent,
}

fn caller_parser() -> ValueParser {
    let names = HookName::ALL.map(HookName::as_str).into_iter().chain(["agent"]);
    let caller = |name: String| match HookName::ALL.into_iter().find(|hook| hook.as_str() == name) {
        Some(hook) => Caller::Git(hook),
        None => Caller::Agent,
    };
    PossibleValuesParser::new(names).map(caller).into()
}

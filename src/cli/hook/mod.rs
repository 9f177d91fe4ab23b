//! `stopleak hook`: puts itself into a repository's hooks, and is what they call.

mod install;
mod run;
mod script;

use std::ffi::OsString;

use clap::{Args, Subcommand, ValueEnum};

use super::env::Environment;
use super::exit_code::ExitCode;

/// Install, remove, list or run git hooks
#[derive(Subcommand, Debug)]
pub(crate) enum HookCommand {
    Install(InstallArgs),
    /// Remove the hooks that stopleak installed, and no others
    Uninstall,
    /// Say which hooks are installed
    Status,
    Run(RunArgs),
}

/// Install hooks into this repository
///
/// Writes them where git looks for them (core.hooksPath, linked worktrees). A hook of another tool is never
/// overwritten.
#[derive(Args, Debug)]
pub(crate) struct InstallArgs {
    /// Hook to install; may be repeated [default: pre-commit and pre-merge-commit]
    #[arg(long = "hook", value_enum, value_name = "HOOK")]
    hooks: Vec<HookName>,
}

/// Do what a hook does; git calls this
///
/// Says nothing when there is nothing to say.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The hook
    #[arg(value_enum)]
    hook: HookName,

    /// What git hands to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

/// A git hook that stopleak can be.
#[expect(clippy::enum_variant_names, reason = "the names are git's")]
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookName {
    /// Before a commit: scans what is staged.
    PreCommit,
    /// Before the commit of a merge without conflicts, for which git does not run pre-commit.
    PreMergeCommit,
    /// Before a push: scans every commit that the remote lacks.
    PrePush,
}

impl HookName {
    /// Every hook.
    const ALL: [HookName; 3] = [HookName::PreCommit, HookName::PreMergeCommit, HookName::PrePush];

    /// What git calls it.
    fn as_str(self) -> &'static str {
        match self {
            HookName::PreCommit => "pre-commit",
            HookName::PreMergeCommit => "pre-merge-commit",
            HookName::PrePush => "pre-push",
        }
    }
}

impl HookCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            HookCommand::Install(args) => install::install(&args.hooks, env),
            HookCommand::Uninstall => install::uninstall(env),
            HookCommand::Status => install::status(env),
            HookCommand::Run(args) => run::run(args.hook, &args.arguments, env),
        }
    }
}

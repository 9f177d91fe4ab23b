//! `stopleak hook`: puts itself into a repository's hooks and into those of AI coding agents, and is what they
//! call.

mod agent;
mod install;
mod pushed;
mod run;
mod script;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Args, Subcommand, ValueEnum};

use agent::settings::Agent;

use crate::cli::env::Environment;
use crate::cli::exit_code::ExitCode;
use crate::cli::options::RuleOptions;
use crate::config::{Budget, Unsure};

/// Install, remove, list or run hooks of git and of AI coding agents
#[derive(Subcommand, Debug)]
pub(crate) enum HookCommand {
    Install(InstallArgs),
    Uninstall(UninstallArgs),
    /// Say which hooks are installed
    Status,
    Run(RunArgs),
}

/// Install hooks into this repository
///
/// Writes them where git looks for them (core.hooksPath, linked worktrees). A hook that is there already is
/// kept and runs too; where another tool manages the hooks, the line to add to its settings is shown instead.
#[derive(Args, Debug)]
pub(crate) struct InstallArgs {
    /// Hook to install; may be repeated [default: pre-commit and pre-merge-commit, in a bare repository
    /// pre-receive]
    #[arg(long = "hook", value_enum, value_name = "HOOK")]
    hooks: Vec<HookName>,

    /// AI coding agent whose calls are to be checked in this repository; may be repeated
    #[arg(long = "agent", value_enum, value_name = "AGENT")]
    agents: Vec<Agent>,
}

/// Remove the hooks that stopleak installed, and no others
///
/// Hooks that were there before are put back.
#[derive(Args, Debug)]
pub(crate) struct UninstallArgs {
    /// Take stopleak out of the settings of this AI coding agent, and leave the hooks of git; may be repeated
    #[arg(long = "agent", value_enum, value_name = "AGENT")]
    agents: Vec<Agent>,
}

/// Do what a hook does; git or an AI coding agent calls this
///
/// Says nothing when there is nothing to say. Without a hook, the call of an AI coding agent is read as JSON
/// from standard input, and the answer is the JSON that Claude Code and Cursor expect of their hooks.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// The hook: one of git, or agent [default: agent]
    #[arg(value_name = "HOOK", value_parser = hook_or_agent())]
    hook: Option<Called>,

    /// What git hands to the hook
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,

    /// Time that pre-receive may take: 500ms, 30s, 2m [default: 60s]
    #[arg(long, value_name = "TIME")]
    budget: Option<Budget>,

    /// What pre-receive does when it does not finish in time [default: refuse]
    #[arg(long, value_name = "refuse|warn")]
    unfinished: Option<Unsure>,

    #[command(flatten)]
    rules: RuleOptions,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Called {
    /// git, for this hook.
    Git(HookName),
    /// An AI coding agent.
    Agent,
}

fn hook_or_agent() -> ValueParser {
    let names = HookName::ALL.map(HookName::as_str).into_iter().chain(["agent"]);
    let called = |name: String| match HookName::ALL.into_iter().find(|hook| hook.as_str() == name) {
        Some(hook) => Called::Git(hook),
        None => Called::Agent,
    };
    PossibleValuesParser::new(names).map(called).into()
}

/// A git hook that stopleak can be.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HookName {
    /// Before a commit: scans what is staged.
    PreCommit,
    /// Before the commit of a merge without conflicts, for which git does not run pre-commit.
    PreMergeCommit,
    /// Before a commit: scans its message.
    CommitMsg,
    /// Before a push: scans every commit that the remote lacks.
    PrePush,
    /// In a repository that is pushed to: scans every commit that it lacks.
    PreReceive,
}

impl HookName {
    /// Every hook.
    const ALL: [HookName; 5] = [
        HookName::PreCommit,
        HookName::PreMergeCommit,
        HookName::CommitMsg,
        HookName::PrePush,
        HookName::PreReceive,
    ];

    /// What git calls it.
    fn as_str(self) -> &'static str {
        match self {
            HookName::PreCommit => "pre-commit",
            HookName::PreMergeCommit => "pre-merge-commit",
            HookName::CommitMsg => "commit-msg",
            HookName::PrePush => "pre-push",
            HookName::PreReceive => "pre-receive",
        }
    }

    /// Whether git tells it something on standard input.
    fn has_input(self) -> bool {
        matches!(self, HookName::PrePush | HookName::PreReceive)
    }

    /// Whether a hook beside us can change what we look at.
    fn can_change_what_is_recorded(self) -> bool {
        !self.has_input()
    }

    /// What git runs it for, and what it does not.
    fn when(self) -> &'static str {
        match self {
            HookName::PreCommit => {
                "git runs it for commit (also -a, --amend, a rebase's reword, and to conclude a merge, cherry-pick or \
                 revert by hand); not for automatic merges, cherry-pick and revert without conflicts, the other \
                 steps of a rebase (nor rebase --continue), am, stash, --no-verify, or commits made without git's \
                 own command (web pages, some IDEs)"
            }
            HookName::PreMergeCommit => {
                "git runs it for merges (also by pull) that need no hand; not for fast-forwards, for conflicts and \
                 --no-commit (pre-commit checks those), the merges of a rebase, --no-verify, or merges made on a \
                 web page"
            }
            HookName::CommitMsg => {
                "git runs it for commit, merge and a rebase's reword; not for cherry-pick and revert without \
                 conflicts, the other steps of a rebase, am, tags and notes, --no-verify, or commits made without \
                 git's own command"
            }
            HookName::PrePush => {
                "git runs it for push, so it also sees what cherry-pick, rebase and am brought; not for \
                 --no-verify, or pushes made without git's own command"
            }
            HookName::PreReceive => {
                "git runs it in this repository for every push that arrives here, and no option of the pusher \
                 skips it; not for what is fetched into it. Hosted services run none of your hooks"
            }
        }
    }
}

impl HookCommand {
    pub(crate) fn run(self, env: &Environment) -> anyhow::Result<ExitCode> {
        match self {
            HookCommand::Install(args) => install::install(&args, env),
            HookCommand::Uninstall(args) => install::uninstall(&args, env),
            HookCommand::Status => install::status(env),
            HookCommand::Run(args) => match args.hook.unwrap_or(Called::Agent) {
                Called::Git(hook) => run::run(hook, &args, env),
                // A fault of ours must not have a code that agents take for consent.
                Called::Agent => {
                    catch_unwind(AssertUnwindSafe(|| agent::run(&args, env))).unwrap_or(Ok(ExitCode::Usage))
                }
            },
        }
    }
}
